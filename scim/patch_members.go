package scim

import (
	"errors"

	"github.com/muster-scim/muster/scim/filter"
)

// MemberOp is what a MemberEdit does.
type MemberOp int

const (
	AddMembers MemberOp = iota
	RemoveMembers
	ReplaceMembers // an empty list empties the group
	RemoveMatching
)

// MemberEdit is one change of a group's members.
type MemberEdit struct {
	Op     MemberOp
	Values []string    // as sent, duplicates removed
	Filter filter.Expr // RemoveMatching: over value and type; resolved
}

// members adds the edit for an operation on members.
//
//	add      members          list             AddMembers
//	add      members[value eq "x"]             AddMembers x
//	replace  members          list             ReplaceMembers
//	replace  members[value eq "x"]  {value:y}  RemoveMembers x, AddMembers y
//	remove   members          list             RemoveMembers: never more than those named
//	remove   members          no value         ReplaceMembers with nothing
//	remove   members[value eq "x"]             RemoveMembers x
//	remove   members[anything else]            RemoveMatching
//
// What a member shows of itself (display, type, $ref) is the server's to say: writing it by a
// path is ignored, or refused when strict.
func (b *builder) members(op patchOp, path ResolvedPath, e filter.Expr, v any) error {
	if path.Sub != nil && path.Sub.Name != "value" {
		if b.Patch.o.Strict {
			return Mutability("%s cannot be changed", path)
		}
		b.note(NoteIgnored, path.String(), "what a member shows is not for the client to say; the operation was ignored")
		return nil
	}
	if e != nil {
		return b.membersMatching(op, path, e, v)
	}
	if v == nil && op == opRemove {
		b.edit(MemberEdit{Op: ReplaceMembers})
		return nil
	}
	if v == nil || v == "" {
		return InvalidValue("members must be an array; an empty one empties the group")
	}
	values, err := memberValues(v)
	if err != nil {
		return err
	}
	switch {
	case op == opReplace:
		b.edit(MemberEdit{Op: ReplaceMembers, Values: values})
	case len(values) == 0: // adds or removes nobody
	case op == opAdd:
		b.edit(MemberEdit{Op: AddMembers, Values: values})
	default:
		b.edit(MemberEdit{Op: RemoveMembers, Values: values})
	}
	return nil
}

func (b *builder) edit(e MemberEdit) { b.edits = append(b.edits, e) }

// membersMatching is an operation on the members that match a filter.
func (b *builder) membersMatching(op patchOp, path ResolvedPath, e filter.Expr, v any) error {
	resolved, err := resolver{k: b.kind, inner: &path}.expr(e)
	if err != nil {
		return InvalidPath("the path of the operation is not valid: %s", detail(err))
	}
	set := newValueSet(0)
	named, err := namedValues(resolved, set)
	if err != nil {
		return err
	}
	switch {
	case op == opRemove && !named:
		if err := b.matching(resolved); err != nil {
			return err
		}
		b.edit(MemberEdit{Op: RemoveMatching, Filter: resolved})
		return nil
	case op == opRemove:
		b.edit(MemberEdit{Op: RemoveMembers, Values: set.values})
		return nil
	case !named:
		return NoTarget("members can only be added or replaced by a list, or by a path such as members[value eq \"id\"]")
	}
	values := set.values
	if hasMember(v) {
		if values, err = memberValues(v); err != nil {
			return err
		}
	}
	if op == opReplace && !sameValues(values, set.values) {
		b.edit(MemberEdit{Op: RemoveMembers, Values: set.values})
	}
	b.edit(MemberEdit{Op: AddMembers, Values: values})
	return nil
}

// matching judges a filter that has every member of the group looked at.
func (b *builder) matching(e filter.Expr) error {
	paths := filter.Paths(e)
	for _, path := range paths {
		if path.Attr != "value" && path.Attr != "type" {
			return InvalidPath("members are found by value or type in a path, not by %s; name them by value", path.Attr)
		}
	}
	return b.count(len(paths), &b.memberTerms, maxMemberTerms)
}

// hasMember says whether the value of an operation names a member itself.
func hasMember(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case map[string]any:
		inner, _ := field(v, "value")
		return inner != nil
	}
	return true
}

// namedValues collects the values of a filter that is nothing but "value eq" joined by or.
func namedValues(e filter.Expr, set *valueSet) (bool, error) {
	switch e := e.(type) {
	case filter.Or:
		left, err := namedValues(e.Left, set)
		if err != nil || !left {
			return false, err
		}
		return namedValues(e.Right, set)
	case filter.Compare:
		if e.Path.Attr != "value" || e.Op != filter.Eq {
			return false, nil
		}
		return true, set.add(e.Value.String)
	}
	return false, nil
}

func sameValues(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func detail(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}
