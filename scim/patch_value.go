package scim

import (
	"errors"

	"github.com/muster-scim/muster/scim/filter"
)

// set adds the operation on an attribute or sub-attribute, without brackets.
func (b *builder) set(op patchOp, path ResolvedPath, v any) error {
	a := path.Attribute
	switch {
	case a == membersAttribute:
		return b.members(op, path, nil, v)
	case a.Mutability == WriteOnly, a == schemasAttribute:
		return nil // the password is accepted and dropped
	case path.Opaque:
		return b.opaque(op, path, v)
	}
	value, err := b.value(path, v)
	if err != nil {
		return err
	}
	if op == opRemove {
		if !a.MultiValued || path.Sub != nil {
			value = nil
		} else if value == nil && v != nil {
			return nil // remove emails [] names nothing to remove
		}
	} else if value == nil {
		if a.Required {
			return InvalidValue("%s must not be empty", path)
		}
		if op == opAdd && a.MultiValued && path.Sub == nil && v != "" {
			return nil // add emails [] adds nothing
		}
		op = opRemove
	}
	if a.Name == "active" && path.URN == "" && op == opRemove {
		b.note(NoteIgnored, "active", "active cannot be removed; the user stays as active as before")
		return nil
	}
	b.ops = append(b.ops, operation{op: op, path: path, value: value})
	return nil
}

// value normalises the value of an operation for its target.
func (b *builder) value(path ResolvedPath, v any) (any, error) {
	if path.Sub != nil {
		return b.scalar(path.Attribute, path.Sub, v)
	}
	return b.attribute(nil, path.Attribute, v)
}

func (b *builder) opaque(op patchOp, path ResolvedPath, v any) error {
	value := tidyOpaque(v)
	if value == nil || value == "" {
		op, value = opRemove, nil
	}
	b.ops = append(b.ops, operation{op: op, path: path, value: value})
	return nil
}

// valuePath adds the operation on the entries of an attribute that match a filter.
func (b *builder) valuePath(op patchOp, path ResolvedPath, e filter.Expr, text string, v any) error {
	resolved, err := resolver{k: b.kind, inner: &path}.expr(e)
	if err != nil {
		var known *Error
		if errors.As(err, &known) && known.unknown {
			return b.unknownPath(text)
		}
		return err
	}
	if err := b.count(len(filter.Paths(resolved)), &b.entryTerms, maxEntryTerms); err != nil {
		return err
	}
	o := operation{op: op, path: path, filter: resolved}
	if op != opRemove {
		if path.Sub != nil {
			o.value, err = b.scalar(path.Attribute, path.Sub, v)
		} else {
			o.value, err = b.complex(path.Attribute, v)
		}
		if err == nil {
			o.seeds, err = b.seeds(path.Attribute, e)
		}
	}
	if err != nil {
		return err
	}
	if o.value == nil {
		o.op = opRemove
	}
	b.ops = append(b.ops, o)
	return nil
}

// seeds are the sub-attributes that an entry made to match the filter needs: those of a filter
// that is nothing but eq joined by and. nil for any other filter.
func (b *builder) seeds(a *Attribute, e filter.Expr) (map[string]any, error) {
	switch e := e.(type) {
	case filter.And:
		left, err := b.seeds(a, e.Left)
		if err != nil || left == nil {
			return nil, err
		}
		right, err := b.seeds(a, e.Right)
		if err != nil || right == nil {
			return nil, err
		}
		for name, v := range right {
			left[name] = v
		}
		return left, nil
	case filter.Compare:
		sub := a.sub(e.Path.Attr)
		if e.Op != filter.Eq || sub == nil || e.Value.Kind == filter.Null {
			return nil, nil
		}
		value, err := b.scalar(a, sub, valueText(e.Value))
		if err != nil || value == nil {
			return nil, err
		}
		return map[string]any{sub.Name: value}, nil
	}
	return nil, nil
}
