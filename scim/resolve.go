package scim

import "github.com/muster-scim/muster/scim/filter"

// ResolvedPath is an attribute that a name means.
type ResolvedPath struct {
	Kind Kind
	URN  string // "" for core, else the extension, in canonical spelling
	// Attribute is the attribute, Sub its sub-attribute or nil. Of an extension that Muster
	// does not know both are made up: text, not caseExact. Attribute is nil for the whole
	// extension.
	Attribute, Sub *Attribute
	Opaque         bool // of an extension that Muster does not know
}

// Resolve finds the attribute of kind k that a path means; names match without case, URNs also
// by their obsolete forms, attributes of the enterprise extension also without it. Beside the
// schemas' attributes there are schemas and meta. A path under a URN that Muster does not know
// resolves to opaque data.
func Resolve(k Kind, p filter.Path) (ResolvedPath, bool) {
	t := k.table()
	r := ResolvedPath{Kind: k}
	schema := t.schema(p.URN)
	switch {
	case schema == nil:
		return opaquePath(k, p), true
	case p.Attr == "" && p.URN == "":
		return ResolvedPath{}, false
	case p.Attr == "":
		if schema != t.core {
			r.URN = schema.URN
		}
		return r, p.Sub == ""
	case p.URN == "":
		r.Attribute, schema = t.attribute(p.Attr)
	default:
		r.Attribute = schema.byName.find(p.Attr)
	}
	if r.Attribute == nil && (schema == nil || schema == t.core) {
		r.Attribute, schema = commonAttribute(p.Attr), nil
	}
	if r.Attribute == nil {
		return ResolvedPath{}, false
	}
	if schema != nil && schema != t.core {
		r.URN = schema.URN
	}
	if p.Sub != "" {
		if r.Sub = r.Attribute.sub(p.Sub); r.Sub == nil {
			return ResolvedPath{}, false
		}
	}
	return r, true
}

func commonAttribute(name string) *Attribute {
	switch {
	case equalFold(name, "schemas"):
		return schemasAttribute
	case equalFold(name, "meta"):
		return metaAttribute
	}
	return nil
}

func opaquePath(k Kind, p filter.Path) ResolvedPath {
	r := ResolvedPath{Kind: k, URN: p.URN, Opaque: true}
	if p.Attr != "" {
		r.Attribute = opaqueAttribute(p.Attr)
	}
	if p.Sub != "" {
		r.Sub = opaqueAttribute(p.Sub)
	}
	return r
}

func opaqueAttribute(name string) *Attribute {
	return compile(&Attribute{Name: name})
}

// Leaf is the attribute whose values are compared: the sub-attribute, or for a complex
// attribute its value, or nil if it has none.
func (r ResolvedPath) Leaf() *Attribute {
	switch {
	case r.Sub != nil:
		return r.Sub
	case r.Attribute == nil:
		return nil
	case r.Attribute.Type == typeComplex:
		return r.Attribute.value()
	}
	return r.Attribute
}

// Path is the path in schema case.
func (r ResolvedPath) Path() filter.Path {
	p := filter.Path{URN: r.URN}
	if r.Attribute != nil {
		p.Attr = r.Attribute.Name
	}
	if r.Sub != nil {
		p.Sub = r.Sub.Name
	}
	return p
}

// Steps are the keys that lead to the values in the form of Document.Search, to Leaf if there
// is one: emails, value.
func (r ResolvedPath) Steps() []string {
	steps := make([]string, 0, 3)
	if r.URN != "" {
		steps = append(steps, lower(r.URN))
	}
	if r.Attribute != nil {
		steps = append(steps, r.Attribute.lower)
	}
	if leaf := r.Leaf(); leaf != nil && leaf != r.Attribute {
		steps = append(steps, leaf.lower)
	}
	return steps
}

func (r ResolvedPath) String() string { return r.Path().String() }
