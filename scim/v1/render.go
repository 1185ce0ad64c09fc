package v1

import (
	"io"
	"strconv"

	"github.com/muster-scim/muster/scim"
)

// Renderer writes resources as SCIM 1.1 shows them.
type Renderer struct{ plain scim.Renderer }

// NewRenderer returns a Renderer for a connector's base URL, such as
// https://host/scim/acme-okta/v1.
func NewRenderer(base string) Renderer {
	return Renderer{scim.Renderer{Base: base, NoRefs: true}}
}

// Location is the URL of a resource.
func (r Renderer) Location(k scim.Kind, id string) string { return r.plain.Location(k, id) }

// flushSize is how much of an answer is held before it is written.
const flushSize = 32 << 10

// Write writes a resource to w, its members as they come. After an error what was written is not
// a whole resource.
func (r Renderer) Write(w io.Writer, res scim.Resource, p scim.Projection) error {
	b, err := r.append(make([]byte, 0, 4<<10), res, p, w)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// WriteList writes a page of resources to w.
func (r Renderer) WriteList(w io.Writer, l scim.List, page []scim.Resource, p scim.Projection) error {
	b := append(make([]byte, 0, flushSize), `{"schemas":["`+Core+`"]`...)
	if l.Total >= 0 {
		b = strconv.AppendInt(append(b, `,"totalResults":`...), int64(l.Total), 10)
	}
	b = strconv.AppendInt(append(b, `,"itemsPerPage":`...), int64(len(page)), 10)
	if l.StartIndex > 0 {
		b = strconv.AppendInt(append(b, `,"startIndex":`...), int64(l.StartIndex), 10)
	}
	if l.NextCursor != "" { // who asked for it by SCIM 2.0's parameter can read it
		b = append(append(append(b, `,"nextCursor":"`...), l.NextCursor...), '"')
	}
	b = append(b, `,"Resources":[`...)
	for i, res := range page {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = r.append(b, res, p, w); err != nil {
			return err
		}
		if len(b) >= flushSize {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err := w.Write(append(b, ']', '}'))
	return err
}

// append writes a resource behind b: all but the members by way of SCIM 2.0's form, the members,
// which look alike in both, at the end.
func (r Renderer) append(b []byte, res scim.Resource, p scim.Projection, w io.Writer) ([]byte, error) {
	members := res.Members
	res.Members = nil
	whole, err := r.plain.Append(make([]byte, 0, 2<<10), res, p)
	if err != nil {
		return b, err
	}
	b = appendResource(b, whole)
	if members == nil || !p.Wants("members") {
		return append(b, '}'), nil
	}
	if b, err = r.plain.AppendMembers(b, members, p, w); err != nil {
		return b, err
	}
	return append(b, '}'), nil
}

// appendResource writes a resource of SCIM 2.0 as one of 1.1, without its closing brace.
func appendResource(b, resource []byte) []byte {
	b = append(b, '{')
	first := true
	for key, value := range scim.Fields(resource) {
		name := string(key)
		switch name {
		case scim.EnterpriseUser:
			name, value = Enterprise, changed(value, "manager", func(manager []byte) []byte {
				return renamed(manager, "value", "managerId")
			})
		case "meta":
			if value = without(value, "resourceType"); len(value) == 2 {
				continue
			}
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), name...), '"', ':')
		if name == "schemas" {
			b = appendSchemas(b, value)
			continue
		}
		b = append(b, value...)
	}
	return b
}

// appendSchemas writes the schemas of a resource. Those of a client's own extensions keep their
// names, which are the client's.
func appendSchemas(b, schemas []byte) []byte {
	b = append(b, '[')
	for e := range scim.Elements(schemas) {
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		switch string(e) {
		case `"` + scim.CoreUser + `"`, `"` + scim.CoreGroup + `"`:
			b = append(b, `"`+Core+`"`...)
		case `"` + scim.EnterpriseUser + `"`:
			b = append(b, `"`+Enterprise+`"`...)
		default:
			b = append(b, e...)
		}
	}
	return append(b, ']')
}

// rewrite copies an object, with f saying the name and value that a member has in the copy; an
// empty name leaves it out.
func rewrite(object []byte, f func(key string, value []byte) (string, []byte)) []byte {
	b := append(make([]byte, 0, len(object)+8), '{')
	for key, value := range scim.Fields(object) {
		name, value := f(string(key), value)
		if name == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(append(b, '"'), name...), '"', ':'), value...)
	}
	return append(b, '}')
}

// changed is an object with the value of one member changed.
func changed(object []byte, name string, change func([]byte) []byte) []byte {
	return rewrite(object, func(key string, value []byte) (string, []byte) {
		if key == name {
			value = change(value)
		}
		return key, value
	})
}

// renamed is an object with one member under another name.
func renamed(object []byte, from, to string) []byte {
	return rewrite(object, func(key string, value []byte) (string, []byte) {
		if key == from {
			key = to
		}
		return key, value
	})
}

// without is an object without one member.
func without(object []byte, name string) []byte {
	return rewrite(object, func(key string, value []byte) (string, []byte) {
		if key == name {
			key = ""
		}
		return key, value
	})
}
