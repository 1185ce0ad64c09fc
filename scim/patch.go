package scim

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/muster-scim/muster/scim/filter"
)

const maxPatchOperations = 1000

// Bounds of the filters in a patch's paths, all of them together: each term is compared with every
// entry of an attribute, or with every member of a group.
const (
	maxEntryTerms  = 1000
	maxMemberTerms = 50
)

// Patch is a checked PATCH request (RFC 7644 3.5.2). Its values are normalised; what is left
// for Apply to find out is what depends on the document.
type Patch struct {
	kind  Kind
	o     Options
	ops   []operation
	edits []MemberEdit
	notes []Note

	entryTerms, memberTerms int // of the filters in the paths
}

type patchOp int

const (
	opAdd patchOp = iota
	opReplace
	opRemove
)

// operation is one change of a document. An operation of the request without a path gives one
// for each attribute its value names.
type operation struct {
	op     patchOp
	path   ResolvedPath
	filter filter.Expr    // of a value path, resolved; nil without brackets
	seeds  map[string]any // what a new entry must hold to match filter; nil if that cannot be said
	value  any            // normalised; nil clears
}

// Members are the changes of a group's members, in the order of the request.
func (p *Patch) Members() []MemberEdit { return p.edits }

// Renames says whether the patch touches anything but members, such as the group's name.
func (p *Patch) Renames() bool { return len(p.ops) > 0 }

// Notes are what the patch tolerates, wherever it is applied.
func (p *Patch) Notes() []Note { return p.notes }

// Filters are the filters in brackets of the patch's paths, resolved, each with the attribute of
// which it picks entries. Those of a group's members are in Members.
func (p *Patch) Filters() iter.Seq2[ResolvedPath, filter.Expr] {
	return func(yield func(ResolvedPath, filter.Expr) bool) {
		for _, o := range p.ops {
			if o.filter != nil && !yield(o.path, o.filter) {
				return
			}
		}
	}
}

// ParsePatch reads the body of a PATCH on a resource of kind k. raw is used up. The error is an
// *Error; nothing of a patch that has one may be applied.
func ParsePatch(k Kind, raw map[string]any, o Options) (*Patch, error) {
	p := &Patch{kind: k, o: o}
	if o.Strict && !namesSchema(raw, PatchOpSchema) {
		return nil, InvalidValue("schemas must be an array that holds %q", PatchOpSchema)
	}
	v, ok := field(raw, "Operations")
	if !ok {
		return nil, InvalidSyntax("the patch has no Operations")
	}
	operations, ok := objects(v)
	switch {
	case !ok:
		return nil, InvalidSyntax("Operations must be an array of objects")
	case len(operations) == 0 && o.Strict:
		return nil, InvalidValue("Operations must not be empty")
	case len(operations) > maxPatchOperations:
		return nil, InvalidValue("the patch has more than %d operations", maxPatchOperations)
	}
	for i, op := range operations {
		b := builder{Patch: p, reader: reader{t: k.table(), o: o, patch: true}}
		if err := b.operation(op); err != nil {
			var e *Error
			if errors.As(err, &e) && len(operations) > 1 {
				e.Detail = fmt.Sprintf("operation %d: %s", i+1, e.Detail)
			}
			return nil, err
		}
		p.notes = append(p.notes, b.sortedNotes()...)
	}
	if len(p.notes) > maxNotes {
		p.notes = p.notes[:maxNotes]
	}
	return p, nil
}

// PatchOpSchema is the URN of a PATCH body.
const PatchOpSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

func namesSchema(raw map[string]any, urn string) bool {
	v, _ := field(raw, "schemas")
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok && equalFold(s, urn) {
			return true
		}
	}
	return false
}

// objects are the objects of an array, or of a single object.
func objects(v any) ([]map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}, true
	case []Member:
		list := make([]map[string]any, len(v))
		for i, m := range v {
			list[i] = m.Object()
		}
		return list, true
	case []any:
		list := make([]map[string]any, 0, len(v))
		for _, e := range v {
			switch e := e.(type) {
			case map[string]any:
				list = append(list, e)
			case Member:
				list = append(list, e.Object())
			default:
				return nil, false
			}
		}
		return list, true
	}
	return nil, false
}

// builder adds the operations of a request to its patch.
type builder struct {
	*Patch
	reader
}

func (b *builder) operation(raw map[string]any) error {
	word, _ := field(raw, "op")
	s, _ := word.(string)
	var op patchOp
	switch strings.ToLower(s) {
	case "add":
		op = opAdd
	case "replace":
		op = opReplace
	case "remove":
		op = opRemove
	default:
		return InvalidSyntax("op must be add, replace or remove")
	}
	value, given := field(raw, "value")
	path, _ := field(raw, "path")
	switch path := path.(type) {
	case nil:
		return b.whole(op, value)
	case string:
		if strings.TrimSpace(path) == "" {
			return b.whole(op, value)
		}
		if op != opRemove && !given {
			return InvalidValue("the operation on %s has no value", shown(path))
		}
		return b.target(op, path, value)
	}
	return InvalidPath("path must be a string")
}

// whole is an operation without a path: its value is an object of attributes.
func (b *builder) whole(op patchOp, value any) error {
	if op == opRemove {
		return NoTarget("remove needs a path")
	}
	list, ok := objects(value)
	if !ok || len(list) != 1 {
		return InvalidValue("an operation without a path needs an object as its value")
	}
	return b.attributes(op, list[0])
}

// attributes merges an object at the root. What the server keeps for itself is ignored here, as
// in POST and PUT: clients send whole resources.
func (b *builder) attributes(op patchOp, object map[string]any) error {
	for _, key := range sortedKeys(object) {
		if isURN(key) {
			if err := b.extension(op, key, object[key]); err != nil {
				return err
			}
			continue
		}
		path, ok := Resolve(b.kind, filter.Path{Attr: key})
		switch {
		case !ok:
			if err := b.unknown(key); err != nil {
				return err
			}
			continue
		case path.Attribute.Mutability == ReadOnly, path.Attribute == schemasAttribute:
			continue
		case path.Attribute == membersAttribute && object[key] == nil:
			continue // Okta: null says nothing of the members
		}
		if err := b.set(op, path, object[key]); err != nil {
			return err
		}
	}
	return nil
}

// extension merges the object under a URN.
func (b *builder) extension(op patchOp, urn string, v any) error {
	path, _ := Resolve(b.kind, filter.Path{URN: urn})
	if op == opRemove || v == nil || v == "" {
		if path.URN == "" && op == opRemove {
			return NoTarget("the core schema cannot be removed")
		}
		if path.URN != "" {
			b.ops = append(b.ops, operation{op: opRemove, path: path})
		}
		return nil
	}
	object, ok := v.(map[string]any)
	switch {
	case !ok:
		return wrongType(urn, "an object", v)
	case path.URN == "":
		return b.attributes(op, object)
	}
	for _, key := range sortedKeys(object) {
		path, ok := Resolve(b.kind, filter.Path{URN: path.URN, Attr: key})
		if !ok || path.Attribute == nil {
			if err := b.unknown(urn + ":" + key); err != nil {
				return err
			}
			continue
		}
		if path.Attribute.Mutability == ReadOnly {
			continue
		}
		if err := b.set(op, path, object[key]); err != nil {
			return err
		}
	}
	return nil
}

// target is an operation with a path.
func (b *builder) target(op patchOp, text string, value any) error {
	parsed, err := filter.ParsePath(text)
	if err != nil {
		return InvalidPath("the path %s is not valid %v", shown(text), err)
	}
	path, ok := Resolve(b.kind, parsed.Path)
	switch {
	case !ok:
		return b.unknownPath(text)
	case path.Attribute == nil:
		return b.extension(op, parsed.Path.URN, value)
	}
	if parsed.Sub != "" {
		if path.Sub = path.Attribute.sub(parsed.Sub); path.Sub == nil {
			return b.unknownPath(text)
		}
	}
	if path.Attribute == membersAttribute {
		return b.members(op, path, parsed.Filter, value)
	}
	if err := b.mutable(op, path, text); err != nil {
		return err
	}
	if parsed.Filter == nil {
		return b.set(op, path, value)
	}
	if path.Opaque {
		return b.unknownPath(text)
	}
	if !path.Attribute.MultiValued {
		return InvalidPath("%s has one value only and takes no filter in brackets", path.Attribute.Name)
	}
	return b.valuePath(op, path, parsed.Filter, text, value)
}

// count adds the terms of another filter to those there are.
func (b *builder) count(terms int, all *int, most int) error {
	if *all += terms; *all > most {
		return TooMany("the filters in the paths of the patch have more than %d terms together", most)
	}
	return nil
}

// mutable refuses a path to what the client may not write.
func (b *builder) mutable(op patchOp, path ResolvedPath, text string) error {
	switch {
	case path.Attribute == schemasAttribute && op == opAdd:
		return nil
	case path.Attribute == schemasAttribute, path.Attribute.Mutability == ReadOnly,
		path.Sub != nil && path.Sub.Mutability == ReadOnly:
		return Mutability("%s is read-only", text)
	case op == opRemove && path.Attribute.Required && path.Sub == nil:
		return Mutability("%s is required and cannot be removed", path)
	}
	return nil
}

func (b *builder) unknownPath(path string) error {
	if b.Patch.o.Strict {
		return InvalidPath("the path %s names nothing that is known", shown(path))
	}
	b.note(NoteUnknownPath, path, fmt.Sprintf("the path %s names nothing that is known; the operation was ignored", shown(path)))
	return nil
}
