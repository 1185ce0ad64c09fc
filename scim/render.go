package scim

import (
	"bytes"
	"io"
	"iter"
	"strconv"
	"time"
)

// Resource is a stored resource, ready to be shown.
type Resource struct {
	Kind      Kind
	ID        string
	JSON      []byte // Document.JSON
	Created   time.Time
	Modified  time.Time
	Version   int64
	Groups    []Reference              // of a user
	LastLogin time.Time                // of a user; shown where it is not zero
	Members   iter.Seq2[Member, error] // of a group; nil leaves them out
}

// Reference is a group of a user. Type is direct or indirect.
type Reference struct{ Value, Display, Type string }

// Renderer writes resources. Base is a connector's base URL without a slash at its end, such as
// https://host/scim/acme-okta/v2.
type Renderer struct {
	Base   string
	NoRefs bool // members and groups are shown without their $ref
}

// Location is the URL of a resource.
func (r Renderer) Location(k Kind, id string) string { return r.Base + k.Endpoint() + "/" + id }

// Version is the entity tag of a version, weak as the RFC shows it: W/"7".
func Version(v int64) string { return `W/"` + strconv.FormatInt(v, 10) + `"` }

// flushSize is how much of a streamed answer is held before it is written.
const flushSize = 32 << 10

// Append writes a resource behind dst. Without a projection the stored JSON is copied as it is.
func (r Renderer) Append(dst []byte, res Resource, p Projection) ([]byte, error) {
	return r.append(dst, res, p, nil)
}

// Write writes a resource to w, its members as they come; memory does not grow with their
// number. After an error what was written is not a whole resource.
func (r Renderer) Write(w io.Writer, res Resource, p Projection) error {
	b, err := r.append(make([]byte, 0, 4<<10), res, p, w)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// append writes behind dst; with a writer it flushes dst whenever it is long.
func (r Renderer) append(b []byte, res Resource, p Projection, w io.Writer) ([]byte, error) {
	res.JSON = withLastLogin(res.JSON, res.LastLogin)
	stored := survey(res.JSON)
	b = append(b, `{"schemas":["`...)
	b = append(b, res.Kind.table().core.URN...)
	b = append(b, '"')
	for _, urn := range stored.extensions {
		if _, _, shown := p.tree.choose(p.mode, lower(string(urn))); shown {
			b = append(append(append(b, ',', '"'), urn...), '"')
		}
	}
	b = append(b, `],"id":`...)
	b = appendString(b, res.ID)
	b = appendStored(b, res.JSON, p)
	if res.Kind == UserKind {
		b = appendDefaults(b, res.JSON, stored, p)
		if p.Wants("groups") {
			b = r.appendGroups(b, res.Groups, p)
		}
	} else if res.Members != nil && p.Wants("members") {
		var err error
		if b, err = r.AppendMembers(b, res.Members, p, w); err != nil {
			return b, err
		}
	}
	if p.Wants("meta") {
		b = r.appendMeta(b, res, p)
	}
	return append(b, '}'), nil
}

// contents is what a survey of stored JSON finds without decoding it.
type contents struct {
	active, displayName bool
	extensions          [][]byte // keys, still escaped
}

func survey(json []byte) contents {
	var c contents
	for f := newFields(json); ; {
		key, _, ok := f.next()
		switch {
		case !ok:
			return c
		case string(key) == "active":
			c.active = true
		case string(key) == "displayName":
			c.displayName = true
		case bytes.IndexByte(key, ':') >= 0:
			c.extensions = append(c.extensions, key)
		}
	}
}

// appendStored writes the stored attributes, each behind a comma.
func appendStored(b, json []byte, p Projection) []byte {
	if len(json) <= 2 {
		return b
	}
	if p.mode == showAll {
		b = append(b, ',')
		return append(b, json[1:len(json)-1]...)
	}
	before := len(b)
	b, ok := appendPartObject(b, json, p.mode, p.tree)
	if !ok {
		return b
	}
	b[before] = ','
	return b[:len(b)-1]
}

// appendDefaults writes what clients need of a user though its own did not say it.
func appendDefaults(b, json []byte, stored contents, p Projection) []byte {
	if !stored.displayName && p.Wants("displayName") {
		if name := ParseDocument(json).ShownName(); name != "" {
			b = appendString(append(b, `,"displayName":`...), name)
		}
	}
	if !stored.active && p.Wants("active") {
		b = append(b, `,"active":true`...)
	}
	return b
}

// appendMember writes a value that may be shown in part, behind a comma and its name.
func appendNamed(b []byte, name string, p Projection, write func([]byte) []byte) []byte {
	before := len(b)
	b = append(appendName(append(b, ','), name), ':')
	inner, whole, _ := p.tree.choose(p.mode, name)
	if whole {
		return write(b)
	}
	b, ok := appendPart(b, write(nil), p.mode, inner)
	if !ok {
		return b[:before]
	}
	return b
}

func (r Renderer) appendGroups(b []byte, groups []Reference, p Projection) []byte {
	return appendNamed(b, "groups", p, func(b []byte) []byte {
		b = append(b, '[')
		for i, g := range groups {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(append(b, `{"value":`...), g.Value)
			if !r.NoRefs {
				b = appendString(append(b, `,"$ref":`...), r.Location(GroupKind, g.Value))
			}
			if g.Display != "" {
				b = appendString(append(b, `,"display":`...), g.Display)
			}
			if g.Type != "" {
				b = appendString(append(b, `,"type":`...), g.Type)
			}
			b = append(b, '}')
		}
		return append(b, ']')
	})
}

// AppendMembers writes the members of a group behind b, which ends inside an object, with a
// comma before them. With a writer it flushes b to it whenever it is long.
func (r Renderer) AppendMembers(b []byte, members iter.Seq2[Member, error], p Projection, w io.Writer) ([]byte, error) {
	inner, whole, _ := p.tree.choose(p.mode, "members")
	b = append(b, `,"members":[`...)
	var scratch []byte
	first := true
	for m, err := range members {
		if err != nil {
			return b, err
		}
		before := len(b)
		if !first {
			b = append(b, ',')
		}
		if whole {
			b = r.appendMember(b, m)
		} else {
			scratch = r.appendMember(scratch[:0], m)
			var ok bool
			if b, ok = appendPart(b, scratch, p.mode, inner); !ok {
				b = b[:before]
				continue
			}
		}
		first = false
		if w != nil && len(b) >= flushSize {
			if _, err := w.Write(b); err != nil {
				return b, err
			}
			b = b[:0]
		}
	}
	return append(b, ']'), nil
}

// appendMember writes one member; one that is not resolved has no type and no URI.
func (r Renderer) appendMember(b []byte, m Member) []byte {
	b = appendString(append(b, `{"value":`...), m.Value)
	if m.Kind != "" {
		if !r.NoRefs {
			b = append(b, `,"$ref":"`...)
			b = append(b, r.Base...)
			b = append(b, m.Kind.Endpoint()...)
			b = append(appendEscaped(append(b, '/'), m.Value), '"')
		}
		b = append(b, `,"type":"`...)
		b = append(append(b, m.Kind...), '"')
	}
	if m.Display != "" {
		b = appendString(append(b, `,"display":`...), m.Display)
	}
	return append(b, '}')
}

func (r Renderer) appendMeta(b []byte, res Resource, p Projection) []byte {
	return appendNamed(b, "meta", p, func(b []byte) []byte {
		b = append(b, `{"resourceType":"`...)
		b = append(b, res.Kind...)
		b = append(b, `","created":"`...)
		b = appendTime(b, res.Created)
		b = append(b, `","lastModified":"`...)
		b = appendTime(b, res.Modified)
		if !res.LastLogin.IsZero() {
			b = append(b, `","lastLogin":"`...)
			b = appendTime(b, res.LastLogin)
		}
		b = append(b, `","location":"`...)
		b = append(b, r.Base...)
		b = append(b, res.Kind.Endpoint()...)
		b = appendEscaped(append(b, '/'), res.ID)
		b = append(b, `","version":"W/\"`...)
		b = strconv.AppendInt(b, res.Version, 10)
		return append(b, `\""}`...)
	})
}

// appendTime writes a time as answers show it: RFC 3339, UTC, milliseconds.
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}
