package gateway

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/dialect"
	v1 "github.com/muster-scim/muster/scim/v1"
)

// wire is one version of SCIM as it goes over the wire: all in which the versions differ. What
// lies behind it speaks SCIM 2.0.
type wire struct {
	version string // of SCIM
	table   table
	// enter looks at what only this version refuses or says in the form of a request, and
	// returns the path without it.
	enter     func(r *http.Request, path string) (string, error)
	mediaType func(accept []string) string
	renderer  func(base string) renderer
	failure   func(*scim.Error) []byte
	bulk      func([]scim.BulkResult) []byte
	// plain is a decoded body in plain SCIM 2.0, in which no vendor and no version is left.
	plain  func(k scim.Kind, method string, raw map[string]any, o scim.Options) (map[string]any, error)
	echoes bool // a PATCH of a group is answered with the group, when it is small
}

// renderer writes resources in a version's form.
type renderer interface {
	Location(k scim.Kind, id string) string
	Write(w io.Writer, res scim.Resource, p scim.Projection) error
	WriteList(w io.Writer, l scim.List, page []scim.Resource, p scim.Projection) error
}

// newest is the version in which whoever names none that is served is answered.
const newest = "v2"

// wires are the versions by the segment of the path that names them.
var wires = map[string]*wire{
	newest: {
		version:   "2.0",
		table:     newTable(routes, endpoints),
		enter:     func(_ *http.Request, path string) (string, error) { return path, nil },
		mediaType: mediaType,
		renderer:  func(base string) renderer { return scim.Renderer{Base: base} },
		failure:   (*scim.Error).JSON,
		bulk:      scim.BulkResponse,
		plain:     plain2,
	},
	"v1": {
		version:   "1.1",
		table:     newTable(routes1, endpoints1),
		enter:     enter1,
		mediaType: func([]string) string { return plainJSON },
		renderer:  func(base string) renderer { return v1.NewRenderer(base) },
		failure:   v1.Error,
		bulk:      v1.BulkResponse,
		plain:     plain1,
		echoes:    true,
	},
}

// wireOf is the version in which a path is answered that may be anything, and was not cleaned.
func wireOf(u *url.URL) *wire {
	segments := slices.DeleteFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "" })
	if len(segments) > 2 {
		if w, ok := wires[segments[2]]; ok {
			return w
		}
	}
	return wires[newest]
}

// at says where the connector's space is, in the request's version.
func (rq *request) at(base string) { rq.base, rq.renderer = base, rq.wire.renderer(base) }

// plain2 reads a body of SCIM 2.0, and a PATCH of 1.1 that was sent to the address of 2.0: IdPs
// are configured with the wrong one of two addresses. Strict connectors refuse it.
func plain2(k scim.Kind, method string, raw map[string]any, o scim.Options) (map[string]any, error) {
	if method == http.MethodPatch && !o.Strict && v1.IsPatch(k, raw) {
		return plain1(k, method, raw, o)
	}
	return dialect.Rewrite(k, method, raw), nil
}

// plain1 reads a body of SCIM 1.1. Only that of a PATCH has a form of its own.
func plain1(k scim.Kind, method string, raw map[string]any, _ scim.Options) (map[string]any, error) {
	if method == http.MethodPatch {
		var err error
		if raw, err = v1.Patch(k, raw); err != nil {
			return nil, err
		}
	}
	return dialect.Rewrite(k, method, raw), nil
}

// enter1 refuses XML, which SCIM 1.1 allows and Muster does not speak, to those who take nothing
// else. The format may also stand behind the path: /Users.json.
func enter1(r *http.Request, path string) (string, error) {
	if strings.HasSuffix(path, ".xml") || onlyXML(r.Header.Values("Accept")) {
		return "", scim.NewError(http.StatusNotAcceptable, "XML is not served; ask for application/json")
	}
	return strings.TrimSuffix(path, ".json"), nil
}

// onlyXML says whether an Accept header takes XML and no JSON.
func onlyXML(accept []string) bool {
	if len(accept) == 0 {
		return false
	}
	ranges := strings.Split(strings.Join(accept, ","), ",")
	takes := func(major, minor string) bool { return quality(ranges, major, minor) > 0 }
	if takes("application", "json") || takes("text", "json") || takes("application", "scim+json") {
		return false
	}
	return takes("application", "xml") || takes("text", "xml")
}
