package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// Sizes of bodies, over which a request is refused with 413.
const (
	bodyLimit  = 1 << 20
	bulkLimit  = scim.MaxBulkPayload
	groupLimit = 32 << 20
)

// route is one line of the table: a path and method, and what happens there.
type route struct {
	Method  string
	Pattern string    // "/Users/{id}"
	Kind    scim.Kind // of the resources there; "" if there are none
	Write   bool      // refused to read-only credentials
	Long    bool      // may take minutes, and may be sent slowly
	Limit   int64     // of the body in bytes; 0: no body is read
	Decode  *scim.Limits
	serve   handler
	change  changer // what Bulk may carry too; nil: nothing
}

// handler serves one request. An error it returns has not been answered.
type handler func(*Gateway, context.Context, *request) error

// named says whether the route is one resource's.
func (rt route) named() bool { return strings.HasSuffix(rt.Pattern, "/{id}") }

// routes is everything that is served below a connector's /v2.
var routes = slices.Concat(
	records(),
	[]route{
		search(scim.UserKind, (*Gateway).listUsers),
		search(scim.GroupKind, (*Gateway).listGroups),
		bulkRoute,
		{Method: http.MethodGet, Pattern: "/ServiceProviderConfig", serve: (*Gateway).serviceProviderConfig},
		{Method: http.MethodGet, Pattern: "/ResourceTypes", serve: (*Gateway).resourceTypes},
		{Method: http.MethodGet, Pattern: "/ResourceTypes/{id}", serve: (*Gateway).resourceType},
		{Method: http.MethodGet, Pattern: "/Schemas", serve: (*Gateway).schemas},
		{Method: http.MethodGet, Pattern: "/Schemas/{id}", serve: (*Gateway).schema},
		{Method: http.MethodPost, Pattern: "/.search", serve: unimplemented("searching users and groups at once is not offered; use /Users/.search or /Groups/.search")},
		{Method: http.MethodGet, Pattern: "/Me", serve: unimplemented(noMe)},
		{Method: http.MethodPost, Pattern: "/Me", Write: true, serve: unimplemented(noMe)},
		{Method: http.MethodPut, Pattern: "/Me", Write: true, serve: unimplemented(noMe)},
		{Method: http.MethodPatch, Pattern: "/Me", Write: true, serve: unimplemented(noMe)},
		{Method: http.MethodDelete, Pattern: "/Me", Write: true, serve: unimplemented(noMe)},
	},
)

// routes1 is everything that is served below a connector's /v1.
var routes1 = slices.Concat(
	records(),
	[]route{
		bulkRoute,
		{Method: http.MethodGet, Pattern: "/ServiceProviderConfigs", serve: (*Gateway).serviceProviderConfigs},
		{Method: http.MethodGet, Pattern: "/Schemas", serve: (*Gateway).schemas1},
		{Method: http.MethodGet, Pattern: "/Schemas/{id}", serve: (*Gateway).schema1},
	},
)

var bulkRoute = route{Method: http.MethodPost, Pattern: "/Bulk", Write: true, Long: true, Limit: bulkLimit, Decode: &scim.BulkBodyLimits, serve: (*Gateway).bulk}

const noMe = "/Me is not offered: a connector's credential is not a user"

type changers struct{ create, replace, patch, remove changer }

// records are the routes of users and groups.
func records() []route {
	return slices.Concat(
		resources(scim.UserKind, bodyLimit, &scim.BodyLimits, changers{
			create: (*Gateway).createUser, replace: (*Gateway).replaceUser, patch: (*Gateway).patchUser, remove: (*Gateway).deleteUser,
		}, (*Gateway).readUser, (*Gateway).listUsers),
		resources(scim.GroupKind, groupLimit, &scim.GroupBodyLimits, changers{
			create: (*Gateway).createGroup, replace: (*Gateway).replaceGroup, patch: (*Gateway).patchGroup, remove: (*Gateway).deleteGroup,
		}, (*Gateway).readGroup, (*Gateway).listGroups),
	)
}

// search is the route of a search by POST.
func search(k scim.Kind, list handler) route {
	return route{Method: http.MethodPost, Pattern: k.Endpoint() + "/.search", Kind: k, Limit: bodyLimit, Decode: &scim.BodyLimits, serve: list}
}

// resources are the routes of one kind.
func resources(k scim.Kind, limit int64, decode *scim.Limits, c changers, read, list handler) []route {
	all, one := k.Endpoint(), k.Endpoint()+"/{id}"
	long := limit > bodyLimit
	writing := func(method, pattern string, c changer) route {
		return route{Method: method, Pattern: pattern, Kind: k, Write: true, Long: long, Limit: limit, Decode: decode, serve: serveChange(c), change: c}
	}
	remove := writing(http.MethodDelete, one, c.remove)
	remove.Limit, remove.Long = 0, false
	return []route{
		{Method: http.MethodGet, Pattern: all, Kind: k, serve: list},
		{Method: http.MethodGet, Pattern: one, Kind: k, serve: read},
		writing(http.MethodPost, all, c.create),
		writing(http.MethodPut, one, c.replace),
		writing(http.MethodPatch, one, c.patch),
		remove,
	}
}

// table is the routes of a version by pattern and method, and the names of its endpoints.
type table struct {
	routes map[string]map[string]route
	names  map[string]string
}

func newTable(routes []route, names map[string]string) table {
	t := table{map[string]map[string]route{}, names}
	for _, rt := range routes {
		if t.routes[rt.Pattern] == nil {
			t.routes[rt.Pattern] = map[string]route{}
		}
		t.routes[rt.Pattern][rt.Method] = rt
	}
	return t
}

// find returns the route of a method and a path below the version, and the {id} in it. For a path
// that exists without the method it returns the pattern and a *methodError.
func (t table) find(paths tenants.Paths, method, path string) (route, string, error) {
	pattern, id := t.patternOf(paths, path)
	byMethod, ok := t.routes[pattern]
	if !ok {
		return route{Pattern: "unknown"}, "", errUnknownPath
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if rt, ok := byMethod[method]; ok {
		return rt, id, nil
	}
	return route{Pattern: pattern}, "", &methodError{allowed(byMethod)}
}

func allowed(byMethod map[string]route) (allow []string) {
	for _, method := range methods {
		as := method
		if method == http.MethodHead {
			as = http.MethodGet
		}
		if _, ok := byMethod[as]; ok {
			allow = append(allow, method)
		}
	}
	return allow
}

// patternOf returns the pattern that a path has and its {id}, "" for a path of no pattern's
// shape. Names are compared without case; ids are not.
func (t table) patternOf(paths tenants.Paths, path string) (pattern, id string) {
	name, rest, more := strings.Cut(path, "/")
	pattern = "/" + t.endpointOf(paths, name)
	switch {
	case pattern == "/Me": // and whatever is asked of it
		return pattern, ""
	case !more:
		return pattern, ""
	case strings.Contains(rest, "/"):
		return "", ""
	case canonical.Key(rest) == ".search":
		return pattern + "/.search", ""
	}
	return pattern + "/{id}", rest
}

// endpoints are the names that every connector serves, in key form. ServiceProviderConfigs is
// the name of SCIM 1.1, which some clients ask of either version.
var (
	endpoints = map[string]string{
		"users": "Users", "user": "Users",
		"groups": "Groups", "group": "Groups",
		"bulk": "Bulk", "me": "Me", ".search": ".search",
		"serviceproviderconfig": "ServiceProviderConfig", "serviceproviderconfigs": "ServiceProviderConfig",
		"resourcetypes": "ResourceTypes", "schemas": "Schemas",
	}
	endpoints1 = map[string]string{
		"users": "Users", "user": "Users",
		"groups": "Groups", "group": "Groups",
		"bulk": "Bulk", "serviceproviderconfigs": "ServiceProviderConfigs", "schemas": "Schemas",
	}
)

// endpointOf returns the endpoint that a path's first segment names on a connector, "" if none.
// The names every connector serves cannot be taken by an alias.
func (t table) endpointOf(paths tenants.Paths, name string) string {
	key := canonical.Key(name)
	if endpoint, ok := t.names[key]; ok {
		return endpoint
	}
	names := func(alias string) bool { return canonical.Key(alias) == key }
	switch {
	case key == "":
		return ""
	case slices.ContainsFunc(paths.Users, names):
		return "Users"
	case slices.ContainsFunc(paths.Groups, names):
		return "Groups"
	}
	return ""
}

// unimplemented answers 501 with a reason.
func unimplemented(detail string) handler {
	return func(*Gateway, context.Context, *request) error {
		return scim.NewError(http.StatusNotImplemented, "%s", detail)
	}
}
