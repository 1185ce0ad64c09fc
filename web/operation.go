package web

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// operation describes one method of one path.
type operation struct {
	method, path string
	id, tag      string
	role         access // who may use it; without one the API does not start
	summary      string
	description  string
	status       int    // of success; 0 = 200 with a body, 204 without
	missing      string // the 404's sentence; {c}, {d}, {id} … are filled in
	errors       map[int]string
	answer       *huma.Response // of success, where the handler streams it; nil: what its type says
	body         int64          // bytes of a body at most; 0 = 1 MiB
}

// route registers an operation. Errors that handle returns are said as problems.
func route[I, O any](a *API, op operation, handle func(context.Context, *I) (*O, error)) {
	described := huma.Operation{
		OperationID:   op.id,
		Method:        op.method,
		Path:          op.path,
		Summary:       op.summary,
		Description:   op.description,
		Tags:          []string{op.tag},
		DefaultStatus: op.status,
		MaxBodyBytes:  cmp.Or(op.body, 1<<20),
		Responses:     a.responses(op),
	}
	a.guard(&described, op.role)
	huma.Register(a.huma, described, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			err = narrow(ctx, out)
		}
		if err != nil {
			return nil, a.problemOf(ctx, err, fill(ctx, op.missing))
		}
		return out, nil
	})
}

// responses documents what an operation answers besides success.
func (a *API) responses(op operation) map[string]*huma.Response {
	said := map[int]string{}
	if op.role.reach != everything {
		said[http.StatusUnauthorized] = "Nobody has signed in: the session or the token is missing, wrong or over."
		said[http.StatusForbidden] = "The caller's role is not enough (`roleNeeded`), or the caller is limited to tenants (`deploymentOnly`, `connectorNeeded`)."
	}
	if op.missing != "" {
		said[http.StatusNotFound] = "What the path names does not exist."
	}
	if op.method != http.MethodGet && op.method != http.MethodDelete {
		said[http.StatusBadRequest] = "The body is not JSON."
		said[http.StatusUnprocessableEntity] = "The body or a parameter has a value that cannot be used; `errors` names the places."
	}
	for status, text := range op.errors {
		said[status] = text
	}
	all := map[string]*huma.Response{"default": a.problemResponse("Any other problem.")}
	if op.answer != nil {
		all["200"] = op.answer
	}
	for status, text := range said {
		all[strconv.Itoa(status)] = a.problemResponse(text)
	}
	return all
}

func (a *API) problemResponse(text string) *huma.Response {
	return &huma.Response{Description: text, Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
	}}
}

type parametersKey struct{}

// rememberParameters keeps the path's parameters, so that a 404 can name what was not found.
func rememberParameters(c huma.Context, next func(huma.Context)) {
	next(huma.WithValue(c, parametersKey{}, c.Param))
}

func fill(ctx context.Context, text string) string {
	param, ok := ctx.Value(parametersKey{}).(func(string) string)
	if !ok {
		return text
	}
	for _, name := range []string{"c", "d", "id", "userId", "name", "token"} {
		text = strings.ReplaceAll(text, "{"+name+"}", param(name))
	}
	return text
}

// OfConnector and OfDirectory are the path of what belongs to a connector or a directory.
type OfConnector struct {
	Connector string `path:"c" doc:"The connector's slug." example:"acme-okta" maxLength:"100"`
}

// OfDirectory is the path of what belongs to a directory.
type OfDirectory struct {
	Directory string `path:"d" doc:"The directory's name." example:"main" maxLength:"256"`
}

// ByID is the path of one thing.
type ByID struct {
	ID string `path:"id" doc:"The id." example:"0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b" maxLength:"64"`
}

// parseID reads an id. What is not an id names nothing, which is a 404 like any other.
func parseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.UUID{}, directory.ErrNotFound
	}
	return id, nil
}

// Conditional is the precondition of a change.
type Conditional struct {
	IfMatch string `header:"If-Match" doc:"The ETag that the change was made from. Left out, the change is made whatever the version is." example:"\"7\""`
}

// match is the precondition for the directory: nil holds always. Weak tags and bare numbers are
// taken for what they mean.
func (c Conditional) match() directory.IfMatch {
	if c.IfMatch == "" || strings.TrimSpace(c.IfMatch) == "*" {
		return nil
	}
	var versions []string
	for tag := range strings.SplitSeq(c.IfMatch, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		versions = append(versions, strings.Trim(tag, `"`))
	}
	return func(version int64) bool { return slices.Contains(versions, strconv.FormatInt(version, 10)) }
}

// etag is the tag of a version.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Paged bounds a list.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many items at most." example:"50"`
	Cursor string `query:"cursor" maxLength:"2048" doc:"The next of the page before."`
}

func (p Paged) listing() directory.Listing {
	return directory.Listing{Limit: p.Limit, Cursor: p.Cursor}
}

// List is one page of a list.
type List[T any] struct {
	Items []T     `json:"items" nullable:"false" doc:"The items of this page."`
	Next  *string `json:"next" doc:"Cursor of the next page; null on the last one."`
}

// Listed is the answer with a page.
type Listed[T any] struct {
	Body List[T]
}

// listed answers a page of items, each said the API's way.
func listed[A, B any](page directory.Page[A], say func(A) B) *Listed[B] {
	out := &Listed[B]{Body: List[B]{Items: make([]B, 0, len(page.Items))}}
	for _, item := range page.Items {
		out.Body.Items = append(out.Body.Items, say(item))
	}
	if page.Next != "" {
		out.Body.Next = &page.Next
	}
	return out
}

// paged cuts a short list that came whole (tenants, directories) into pages by its unique key. What
// is not for the context's caller is taken out before, so that no cursor names it and none counts it.
func paged[A, B any](ctx context.Context, whole []A, say func(A) B, key func(B) string, p Paged) (*Listed[B], error) {
	after, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return nil, invalid("query.cursor", "is not a cursor of this list; start again without one")
	}
	all := listed(directory.Page[A]{Items: whole}, say).Body.Items
	_ = narrow(ctx, &all) // a list is shorter, never missing
	sort.Slice(all, func(i, j int) bool { return key(all[i]) < key(all[j]) })
	start := 0
	if p.Cursor != "" {
		start = sort.Search(len(all), func(i int) bool { return key(all[i]) > string(after) })
	}
	end := min(start+p.Limit, len(all))
	out := &Listed[B]{Body: List[B]{Items: all[start:end]}}
	if end < len(all) {
		out.Body.Next = new(base64.RawURLEncoding.EncodeToString([]byte(key(all[end-1]))))
	}
	return out, nil
}

// bodyLimits are those of a SCIM body, with room for the longest list that a request may hold.
var bodyLimits = func() scim.Limits {
	l := scim.BodyLimits
	l.Keys = 3 * directory.MostLogins
	return l
}()

// strictJSON reads bodies without json's silent repairs: duplicate keys, bytes that are no
// UTF-8, text after the end and endless nesting are refused, as on the SCIM side.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if _, ok := v.(*any); ok { // huma's first look at a body, before it is bound
			if _, err := scim.Decode(data, bodyLimits); err != nil {
				var e *scim.Error
				if errors.As(err, &e) {
					return errors.New(e.Detail) // its status and type are SCIM's
				}
				return err
			}
		}
		return json.Unmarshal(data, v)
	},
}
