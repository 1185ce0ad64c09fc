package scim

import (
	"reflect"

	"github.com/muster-scim/muster/scim/filter"
)

// Apply gives the document that the patch makes of d, in the order of the operations, and what
// it tolerated. d is not changed, and on an error there is no document: all or nothing. The
// same patch can be applied again, to this or another document.
func (p *Patch) Apply(d Document) (Document, []Note, error) {
	next := d.Clone()
	r := application{strict: p.o.Strict, keys: make(filter.Keys)}
	for _, o := range p.ops {
		if err := o.apply(next, r); err != nil {
			return nil, nil, err
		}
	}
	if len(p.ops) > 0 {
		if n := size(next); n > maxDocument && n > size(d) {
			return nil, nil, TooMany("the resource would hold more than %d bytes", maxDocument)
		}
		if err := check(p.kind, next); err != nil {
			return nil, nil, err
		}
	}
	return next, p.notes, nil
}

// application is what the operations of a patch share while they are carried out.
type application struct {
	strict bool
	keys   filter.Keys
}

func (o operation) apply(d Document, r application) error {
	if o.path.URN == "" {
		return o.change(d, r)
	}
	if o.path.Opaque && o.path.Attribute != nil && o.path.Sub == nil {
		// urn:x:User may be an extension or the attribute User of urn:x: ask the document.
		if key, whole := d.extension(o.path.URN + ":" + o.path.Attribute.Name); whole != nil {
			value, err := joined(o.op, any(whole), o.value)
			if err == nil {
				put(d, key, value)
			}
			return err
		}
	}
	key, extension := d.extension(o.path.URN)
	if o.path.Attribute == nil {
		delete(d, key)
		return nil
	}
	if extension == nil {
		extension = make(map[string]any)
	}
	if err := o.change(extension, r); err != nil {
		return err
	}
	if len(extension) == 0 {
		delete(d, key)
	} else {
		d[key] = extension
	}
	return nil
}

// change works on the object that holds the attribute: the document or an extension.
func (o operation) change(m map[string]any, r application) error {
	a := o.path.Attribute
	switch {
	case o.path.Opaque:
		return o.changeOpaque(m)
	case a.MultiValued:
		list, err := o.changeList(m[a.Name], r)
		if err != nil {
			return err
		}
		put(m, a.Name, list)
		return nil
	case a.Type == typeComplex:
		put(m, a.Name, o.changeComplex(m[a.Name]))
		return nil
	}
	if o.op == opRemove {
		delete(m, a.Name)
	} else {
		m[a.Name] = o.value
	}
	return nil
}

// put stores a value, or takes the attribute away when nothing is left of it.
func put(m map[string]any, name string, v any) {
	switch w := v.(type) {
	case nil:
		delete(m, name)
		return
	case []any:
		if len(w) == 0 {
			delete(m, name)
			return
		}
	case map[string]any:
		if len(w) == 0 {
			delete(m, name)
			return
		}
	}
	m[name] = v
}

// changeComplex gives the new value of a complex attribute with one value. Sub-attributes that
// the operation does not name stay (RFC 7644 3.5.2.3).
func (o operation) changeComplex(v any) any {
	before, _ := v.(map[string]any)
	if o.path.Sub == nil && o.op == opRemove {
		return nil
	}
	changes, _ := o.value.(map[string]any)
	if o.path.Sub != nil {
		changes = map[string]any{o.path.Sub.Name: o.value}
	}
	after := make(map[string]any, len(before)+len(changes))
	for name, w := range before {
		after[name] = w
	}
	value, says := changes["value"]
	if says && value == nil {
		return nil // manager {"value":""}: nobody
	}
	if says && value != before["value"] {
		delete(after, "$ref") // it pointed at the former value
	}
	merge(after, changes)
	return after
}

// merge sets the members of changes in m; nil takes one away. The values are plain: nothing of
// the patch becomes part of a document that could be changed later.
func merge(m, changes map[string]any) {
	for name, v := range changes {
		if v == nil {
			delete(m, name)
		} else {
			m[name] = v
		}
	}
}

// changeList gives the new entries of a multi-valued attribute.
func (o operation) changeList(v any, r application) (any, error) {
	list, _ := v.([]any)
	var err error
	switch {
	case o.filter != nil:
		list, err = o.changeMatching(list, r)
	case o.path.Sub != nil:
		list = o.changeEach(list)
	case o.op == opAdd:
		list = o.addEntries(list)
	case o.op == opReplace:
		list, _ = cloneValue(o.value).([]any)
	case o.value != nil:
		list = o.removeNamed(list, r.keys)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	kept := list[:0]
	for _, e := range list {
		if holdsSomething(o.path.Attribute, e.(map[string]any)) {
			kept = append(kept, e)
		}
	}
	if len(kept) > maxEntries {
		return nil, tooManyEntries(o.path.Attribute)
	}
	return tidy(o.path.Attribute, kept), nil
}

// changeMatching changes the entries that the filter finds, or makes one.
func (o operation) changeMatching(list []any, r application) ([]any, error) {
	matched := make([]bool, len(list))
	found := false
	for i, e := range list {
		matched[i] = r.keys.Matches(o.filter, e.(map[string]any), o.caseExact)
		found = found || matched[i]
	}
	if !found {
		switch {
		case r.strict || o.op != opRemove && o.seeds == nil:
			return nil, NoTarget("no value of %s matches the filter of the path", o.path.Attribute.Name)
		case o.op == opRemove:
			return list, nil
		}
		entry := cloneValue(o.seeds).(map[string]any)
		merge(entry, o.changes())
		if !holdsSomething(o.path.Attribute, entry) {
			return list, nil
		}
		return preferred(append(list, entry), func(i int) bool { return i == len(list) }, entry), nil
	}
	if o.op == opRemove && o.path.Sub == nil {
		kept := make([]any, 0, len(list))
		for i, e := range list {
			if !matched[i] {
				kept = append(kept, e)
			}
		}
		return kept, nil
	}
	for i := range list {
		if !matched[i] {
			continue
		}
		entry := list[i].(map[string]any)
		if o.op == opReplace && o.path.Sub == nil {
			entry = make(map[string]any)
			merge(entry, o.seeds)
		}
		merge(entry, o.changes())
		list[i] = entry
	}
	return preferred(list, func(i int) bool { return matched[i] }, o.changes()), nil
}

// changes are the sub-attributes that the operation sets on an entry; nil takes one away.
func (o operation) changes() map[string]any {
	if o.path.Sub != nil {
		if o.op == opRemove {
			return map[string]any{o.path.Sub.Name: nil}
		}
		return map[string]any{o.path.Sub.Name: o.value}
	}
	changes, _ := o.value.(map[string]any)
	return changes
}

// preferred clears primary on the other entries when the changed ones became primary.
func preferred(list []any, changed func(i int) bool, changes map[string]any) []any {
	if primary, _ := changes["primary"].(bool); primary {
		for i, e := range list {
			if !changed(i) {
				unmark(e.(map[string]any))
			}
		}
	}
	return list
}

// unmark takes the mark of the preferred value from an entry.
func unmark(m map[string]any) {
	if primary, _ := m["primary"].(bool); primary {
		m["primary"] = false
	}
}

// changeEach sets or takes a sub-attribute of every entry: path emails.type.
func (o operation) changeEach(list []any) []any {
	if len(list) == 0 && o.op != opRemove {
		list = []any{make(map[string]any)}
	}
	for _, e := range list {
		merge(e.(map[string]any), o.changes())
	}
	return list
}

// addEntries appends the entries that are not there; one with the type and value of another
// changes that one.
func (o operation) addEntries(list []any) []any {
	added, _ := o.value.([]any)
	for _, e := range added {
		entry := cloneValue(e).(map[string]any)
		if primary, _ := entry["primary"].(bool); primary {
			for _, other := range list {
				unmark(other.(map[string]any))
			}
		}
		if twin := findTwin(o.path.Attribute, list, entry); twin != nil {
			merge(twin, entry)
		} else if !contains(list, entry) {
			list = append(list, entry)
		}
	}
	return list
}

// removeNamed takes away the entries that the operation's value names, as Entra does it: by
// value, and by type where one is given.
func (o operation) removeNamed(list []any, keys filter.Keys) []any {
	named, _ := o.value.([]any)
	kept := make([]any, 0, len(list))
	for _, e := range list {
		if !o.isNamed(named, e.(map[string]any), keys) {
			kept = append(kept, e)
		}
	}
	return kept
}

func (o operation) caseExact(sub string) bool {
	a := o.path.Attribute.sub(sub)
	return a == nil || a.CaseExact
}

func contains(list []any, entry any) bool {
	for _, e := range list {
		if reflect.DeepEqual(e, entry) {
			return true
		}
	}
	return false
}

// isNamed says whether one of the named entries means e: the same value and, if given, type; or
// for entries without a value every sub-attribute it gives.
func (o operation) isNamed(named []any, e map[string]any, keys filter.Keys) bool {
	for _, n := range named {
		same := true
		for name, v := range n.(map[string]any) {
			if (name == "value" || name == "type" || n.(map[string]any)["value"] == nil) && !o.same(name, e[name], v, keys) {
				same = false
				break
			}
		}
		if same {
			return true
		}
	}
	return false
}

// same compares two values of a sub-attribute as a filter's eq does: texts that are not caseExact
// by their key forms.
func (o operation) same(sub string, a, b any, keys filter.Keys) bool {
	x, isText := a.(string)
	y, areTexts := b.(string)
	if isText && areTexts && !o.caseExact(sub) {
		return keys.Of(x) == keys.Of(y)
	}
	return a == b
}
