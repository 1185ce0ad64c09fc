package scim

import (
	"strings"

	"github.com/muster-scim/muster/scim/filter"
)

// Projection says which attributes of a resource an answer shows (RFC 7644 3.9). The zero
// Projection shows all. id and schemas are always shown, the password never.
type Projection struct {
	mode   projectionMode
	tree   selection
	within *Visible // what of users the reader may see; nil: all
}

type projectionMode int

const (
	showAll projectionMode = iota
	showOnly
	hideOnly
)

// selection names members of an object by their lower-case names; an empty one is the whole.
type selection map[string]selection

func (s selection) add(steps []string) {
	for i, step := range steps {
		inner, ok := s[step]
		switch {
		case ok && len(inner) == 0:
			return // the whole is named already
		case i == len(steps)-1:
			s[step] = nil
			return
		case !ok:
			inner = selection{}
			s[step] = inner
		}
		s = inner
	}
}

// ParseProjection reads the parameters attributes and excludedAttributes: lists of names, each
// with commas or not. Unknown names are ignored; both parameters at once are 400, as the RFC
// calls them mutually exclusive.
func ParseProjection(k Kind, attributes, excluded []string) (Projection, error) {
	shown, hidden := nameList(attributes), nameList(excluded)
	switch {
	case len(shown) > 0 && len(hidden) > 0:
		return Projection{}, InvalidValue("attributes and excludedAttributes cannot be used together")
	case len(shown) > 0:
		p := Projection{mode: showOnly, tree: selection{"id": nil, "schemas": nil}}
		for _, name := range shown {
			if path, ok := resolveName(k, name); ok {
				p.tree.add(pathSteps(path))
			}
		}
		return p, nil
	case len(hidden) > 0:
		p := Projection{mode: hideOnly, tree: selection{}}
		for _, name := range hidden {
			path, ok := resolveName(k, name)
			if ok && (path.Attribute == nil || path.Attribute.Returned != ReturnedAlways) {
				p.tree.add(pathSteps(path))
			}
		}
		return p, nil
	}
	return Projection{}, nil
}

func nameList(values []string) []string {
	var list []string
	for _, v := range values {
		for _, name := range strings.Split(v, ",") {
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, name)
			}
		}
	}
	return list
}

func resolveName(k Kind, name string) (ResolvedPath, bool) {
	parsed, err := filter.ParsePath(name)
	if err != nil || parsed.Filter != nil {
		return ResolvedPath{}, false
	}
	path, ok := Resolve(k, parsed.Path)
	return path, ok && (path.Attribute != nil || path.URN != "")
}

// pathSteps are the lower-case keys of a path as it was written: emails stays emails.
func pathSteps(r ResolvedPath) []string {
	var steps []string
	if r.URN != "" {
		steps = append(steps, lower(r.URN))
	}
	if r.Attribute != nil {
		steps = append(steps, r.Attribute.lower)
	}
	if r.Sub != nil {
		steps = append(steps, r.Sub.lower)
	}
	return steps
}

// Asked says whether the request named attributes to show, which makes a PATCH answer with a
// body.
func (p Projection) Asked() bool { return p.mode == showOnly }

// Wants says whether the attribute, by its plain name, is shown at least in part: what is not
// wanted need not be loaded.
func (p Projection) Wants(attr string) bool {
	if p.within != nil && !p.within.ShowsSome(attr) {
		return false
	}
	inner, named := p.tree[lower(attr)]
	switch p.mode {
	case showOnly:
		return named
	case hideOnly:
		return !named || len(inner) > 0
	}
	return true
}

// select gives what is shown of the member key of an object: everything (nil selection), a
// part, or nothing. mode and tree are those of the object.
func (s selection) choose(mode projectionMode, key string) (inner selection, whole, shown bool) {
	inner, named := s[key]
	switch {
	case mode == showAll:
		return nil, true, true
	case mode == showOnly:
		return inner, len(inner) == 0, named
	case !named:
		return nil, true, true
	}
	return inner, false, len(inner) > 0
}

// appendPart writes the shown part of a value: of an object its chosen members, of an array
// each element's. ok is false when nothing is left of it.
func appendPart(b []byte, value []byte, mode projectionMode, tree selection) (out []byte, ok bool) {
	if len(value) == 0 {
		return b, false
	}
	switch value[0] {
	case '{':
		return appendPartObject(b, value, mode, tree)
	case '[':
		return appendPartArray(b, value, mode, tree)
	}
	return append(b, value...), mode == hideOnly
}

func appendPartArray(b, value []byte, mode projectionMode, tree selection) ([]byte, bool) {
	start := len(b)
	b = append(b, '[')
	count := 0
	for e := range elements(value) {
		before := len(b)
		if count > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = appendPart(b, e, mode, tree); !ok {
			b = b[:before]
			continue
		}
		count++
	}
	if count == 0 {
		return b[:start], false
	}
	return append(b, ']'), true
}

func appendPartObject(b, value []byte, mode projectionMode, tree selection) ([]byte, bool) {
	start := len(b)
	b = append(b, '{')
	for f := newFields(value); ; {
		key, v, ok := f.next()
		if !ok {
			break
		}
		inner, whole, shown := tree.choose(mode, lower(string(key)))
		if !shown {
			continue
		}
		before := len(b)
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, key...)
		b = append(b, '"', ':')
		if whole {
			b = append(b, v...)
		} else if b, ok = appendPart(b, v, mode, inner); !ok {
			b = b[:before]
		}
	}
	if len(b) == start+1 {
		return b[:start], false
	}
	return append(b, '}'), true
}
