package tenants

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim/canonical"
)

const (
	maxName = 256
	maxSlug = 63
)

// slugForm is a slug: it stands in URLs, look-up keys, metrics and JSON as it is.
var slugForm = regexp.MustCompile(`\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\z`)

// reservedSlugs could be mistaken for a part of the URL, or for a word of the product.
var reservedSlugs = []string{
	"admin", "api", "application", "auth", "bulk", "connectors", "directories", "discovery", "events", "groups",
	"health", "healthz", "jobs", "login", "logout", "me", "metrics", "muster", "new", "null", "openapi", "readyz",
	"resourcetypes", "schemas", "scim", "serviceproviderconfig", "status", "system", "tenants", "ui", "undefined",
	"users", "v1", "v2", "well-known",
}

// CheckSlug says whether slug may name a connector: lower-case letters, digits and hyphens, not
// at its ends, at most 63, no reserved word.
func CheckSlug(slug string) error {
	if len(slug) > maxSlug || !slugForm.MatchString(slug) {
		return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "slug",
			Detail: "a slug has 1 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen"}
	}
	if slices.Contains(reservedSlugs, slug) {
		return &Problem{Kind: ErrInvalid, Code: CodeSlugReserved, Field: "slug",
			Detail: fmt.Sprintf("the slug %q is reserved; choose another one, such as %s-1", slug, slug)}
	}
	return nil
}

// CheckName says whether name may be the name of a tenant, a connector or a credential.
func CheckName(field, name string) error {
	if err := canonical.Check(name, maxName); err != nil {
		return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: field + " " + err.Error()}
	}
	return nil
}

// CheckUsername says whether username may be the user name of a Basic pair.
func CheckUsername(field, username string) error {
	if err := CheckName(field, username); err != nil {
		return err
	}
	if strings.Contains(username, ":") {
		return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: field + " must not hold a colon, which ends it in Basic authentication"}
	}
	return nil
}

// pathForm is one further name under which resources are served.
var pathForm = regexp.MustCompile(`\A[A-Za-z][A-Za-z0-9_-]{0,63}\z`)

// servedPaths are the names that SCIM itself gives a meaning.
var servedPaths = []string{
	"users", "user", "groups", "group", "me", "bulk", "schemas", "resourcetypes", "serviceproviderconfig", "serviceproviderconfigs",
}

// check says whether the paths can be served beside the others.
func (p Paths) check() error {
	var seen []string
	for _, list := range []struct {
		field string
		names []string
	}{{"paths.users", p.Users}, {"paths.groups", p.Groups}} {
		for _, name := range list.names {
			key := canonical.Key(name)
			problem := ""
			switch {
			case !pathForm.MatchString(name):
				problem = "is no name of a path: letters, digits, _ and -, at most 64"
			case slices.Contains(servedPaths, key):
				problem = "is served already"
			case slices.Contains(seen, key):
				problem = "stands there twice"
			}
			if problem != "" {
				return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: list.field, Detail: fmt.Sprintf("%s: %q %s", list.field, name, problem)}
			}
			seen = append(seen, key)
		}
	}
	return nil
}

// check says whether the limits can be kept.
func (l Limits) check() error {
	const most = 1_000_000_000
	for _, limit := range []struct {
		field string
		value float64
	}{
		{"limits.rate", valueOf(l.Rate)}, {"limits.burst", float64(valueOf(l.Burst))},
		{"limits.concurrency", float64(valueOf(l.Concurrency))},
		{"limits.members", float64(l.Members)}, {"limits.groups", float64(l.Groups)},
	} {
		if !(limit.value >= 0 && limit.value <= most) {
			return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: limit.field, Detail: limit.field + " must be a number from 0 to a thousand million"}
		}
	}
	if l.Rate == nil {
		return nil
	}
	rate := Rate{PerSecond: *l.Rate, Burst: 1}
	if l.Burst != nil {
		rate.Burst = *l.Burst
	}
	if part, why := rate.unkept(); why != "" {
		return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "limits." + part, Detail: "limits." + part + " " + why}
	}
	return nil
}

// valueOf is what p points at; the zero value if it points at nothing.
func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
