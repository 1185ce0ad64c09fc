package web

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

// view is what an administrator who is limited to tenants may see: those tenants, their
// connectors, and the directories that these are bound to.
type view struct {
	tenants     map[string]bool // by name
	connectors  map[string]bool // by slug
	directories map[string]bool // by name
	others      map[string]bool // connectors that are not theirs, by slug: no text says one
	caller      administrators.Caller
}

// viewOf reads what the caller may see.
func (a *API) viewOf(ctx context.Context, caller administrators.Caller) (*view, error) {
	v := &view{tenants: map[string]bool{}, connectors: map[string]bool{}, directories: map[string]bool{}, others: map[string]bool{}, caller: caller}
	for _, t := range caller.Administrator.Tenants {
		v.tenants[t.Name] = true
	}
	if len(v.tenants) == 0 {
		return v, nil
	}
	all, err := a.tenants.Connectors(ctx, tenants.ConnectorFilter{})
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if caller.Owns(c.TenantID) {
			v.connectors[c.Slug], v.directories[c.Directory] = true, true
		} else {
			v.others[c.Slug] = true
		}
	}
	return v, nil
}

type viewKey struct{}

// into puts the view into the context: answers are narrowed by it, and storage lists only what is
// of the tenants.
func (v *view) into(ctx context.Context) context.Context {
	only := tenants.Only{}
	for _, t := range v.caller.Administrator.Tenants {
		only = append(only, t.ID)
	}
	return context.WithValue(tenants.WithOnly(ctx, only), viewKey{}, v)
}

// viewIn is the view of the context's caller; nil where nothing limits it.
func viewIn(ctx context.Context) *view {
	v, _ := ctx.Value(viewKey{}).(*view)
	return v
}

// connector says whether a connector is the caller's own. No connector at all is nobody's secret.
func (v *view) connector(slug string) bool { return slug == "" || v.connectors[slug] }

// own says whether a sentence names none but own connectors.
func (v *view) own(sentence string) bool {
	for word := range strings.FieldsFuncSeq(sentence, endsWord) {
		if v.others[strings.Trim(word, ".")] {
			return false
		}
	}
	return true
}

// endsWord says whether a letter is none of a slug or an address, so that an address of a domain
// that is called like a connector is a word of its own.
func endsWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.@", r)
}

// within says whether the limited caller may use an operation on what the path names. What is not
// its own is not there.
func (a *API) within(ctx context.Context, c huma.Context, v *view, who access) error {
	switch who.reach {
	case deployment:
		return forTheDeployment("This is for administrators of the whole deployment, and you are limited to tenants.")
	case theConnector:
		return v.ownConnector(c)
	case theDirectory:
		return v.ownDirectory(c)
	case theUser:
		if err := v.ownDirectory(c); err != nil {
			return err
		}
		if slug := c.Param("c"); slug != "" && !v.connectors[slug] {
			return directory.ErrNotFound
		}
		return a.ownUser(ctx, c, v)
	case theJob:
		id, err := parseID(c.Param("id"))
		if err != nil {
			return err
		}
		j, err := a.effective.ReadJob(ctx, id)
		if err == nil && !v.connectors[j.Slug] {
			err = directory.ErrNotFound
		}
		return err
	}
	return nil
}

func forTheDeployment(detail string) *Problem {
	return newProblem(http.StatusForbidden, "deploymentOnly", detail)
}

func (v *view) ownConnector(c huma.Context) error {
	slug := c.Param("c")
	if slug == "" {
		if slug = c.Query("connector"); slug == "" {
			return newProblem(http.StatusForbidden, "connectorNeeded",
				"You are limited to tenants: name one of your connectors with ?connector=. GET /api/v1/connectors lists them.")
		}
	}
	if !v.connectors[slug] {
		return directory.ErrNotFound
	}
	return nil
}

func (v *view) ownDirectory(c huma.Context) error {
	if !v.directories[c.Param("d")] {
		return directory.ErrNotFound
	}
	return nil
}

// ownUser says whether the user in the path has a record of an own tenant. One who has records of
// others too is seen and not changed.
func (a *API) ownUser(ctx context.Context, c huma.Context, v *view) error {
	id, err := parseID(c.Param("id"))
	if err != nil {
		return err
	}
	detail, err := a.effective.ReadUserDetail(ctx, c.Param("d"), id)
	if err != nil {
		return err
	}
	own := 0
	for _, r := range detail.Records {
		if v.tenants[r.Tenant] {
			own++
		}
	}
	switch {
	case own == 0:
		return directory.ErrNotFound
	case own < len(detail.Records) && c.Method() != http.MethodGet:
		return forTheDeployment("Other tenants have records of this user too, so only administrators of the whole deployment change it.")
	}
	return nil
}

// concealer is a part of an answer that may speak of what is not the caller's. conceal takes that
// out, and says whether anything is left to show.
type concealer interface{ conceal(v *view) (keep bool) }

// narrow takes out of an answer what is not for the context's caller; ErrNotFound when nothing is
// left. Whatever is reachable from the answer and is a concealer is asked, outer parts first.
func narrow(ctx context.Context, answer any) error {
	v := viewIn(ctx)
	if v == nil || answer == nil {
		return nil
	}
	if !v.narrow(reflect.ValueOf(answer)) {
		return directory.ErrNotFound
	}
	return nil
}

func (v *view) narrow(x reflect.Value) (keep bool) {
	switch x.Kind() {
	case reflect.Pointer:
		return x.IsNil() || v.narrow(x.Elem())
	case reflect.Interface:
		return v.narrowInside(x)
	case reflect.Struct:
		return v.narrowStruct(x)
	case reflect.Slice:
		v.narrowSlice(x)
	}
	return true
}

// narrowInside narrows what an interface holds: a body of one form or another.
func (v *view) narrowInside(x reflect.Value) (keep bool) {
	inner := x.Elem()
	switch inner.Kind() {
	case reflect.Pointer:
		return v.narrow(inner)
	case reflect.Struct, reflect.Slice:
		own := reflect.New(inner.Type()).Elem() // what an interface holds cannot be changed in place
		own.Set(inner)
		if keep = v.narrow(own); keep && x.CanSet() {
			x.Set(own)
		}
		return keep
	}
	return true
}

func (v *view) narrowStruct(x reflect.Value) (keep bool) {
	if x.CanAddr() {
		if part, ok := x.Addr().Interface().(concealer); ok && !part.conceal(v) {
			return false
		}
	}
	for i := range x.NumField() {
		if !x.Type().Field(i).IsExported() {
			continue
		}
		field := x.Field(i)
		keep := v.narrow(field)
		if keep {
			continue
		}
		if field.Kind() != reflect.Pointer {
			return false // a part that cannot be left out takes the whole along
		}
		field.SetZero()
	}
	return true
}

func (v *view) narrowSlice(x reflect.Value) {
	switch x.Type().Elem().Kind() {
	case reflect.Struct, reflect.Pointer, reflect.Slice:
	default:
		return
	}
	kept := 0
	for i := range x.Len() {
		if v.narrow(x.Index(i)) {
			if kept != i {
				x.Index(kept).Set(x.Index(i))
			}
			kept++
		}
	}
	if kept < x.Len() && x.CanSet() {
		x.SetLen(kept)
	}
}

// owned are the slugs that are the caller's own, in their order.
func (v *view) owned() []string {
	var slugs []string
	for slug := range v.connectors {
		slugs = append(slugs, slug)
	}
	slices.Sort(slugs)
	return slugs
}
