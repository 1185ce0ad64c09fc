package scim

// maxOpaque is how many elements an array of data that Muster does not know may come to by adding.
const maxOpaque = 1000

// changeOpaque changes data of an extension that Muster does not know.
func (o operation) changeOpaque(m map[string]any) error {
	name := foldedKey(m, o.path.Attribute.Name)
	if o.path.Sub != nil {
		inner, _ := m[name].(map[string]any)
		if inner == nil {
			inner = make(map[string]any)
		}
		sub := foldedKey(inner, o.path.Sub.Name)
		value, err := joined(o.op, inner[sub], o.value)
		if err != nil {
			return err
		}
		put(inner, sub, value)
		put(m, name, inner)
		return nil
	}
	value, err := joined(o.op, m[name], o.value)
	if err == nil {
		put(m, name, value)
	}
	return err
}

// joined is opaque data after an operation: add appends to arrays and merges objects, remove with
// a value takes just that out of an array, as for attributes that are known.
func joined(op patchOp, before, value any) (any, error) {
	value = cloneValue(value)
	list, isList := before.([]any)
	several, areSeveral := value.([]any)
	if !areSeveral && value != nil {
		several = []any{value}
	}
	object, isObject := before.(map[string]any)
	changes, _ := value.(map[string]any)
	switch {
	case op == opRemove && isList && value != nil:
		return without(list, several)
	case op == opRemove:
		return nil, nil
	case op == opAdd && isList:
		if len(list)+len(several) > maxOpaque {
			return nil, TooMany("an array of an extension may come to %d values by adding; replace it as a whole", maxOpaque)
		}
		for _, e := range several {
			if !contains(list, e) {
				list = append(list, e)
			}
		}
		return list, nil
	case isObject && changes != nil:
		merge(object, changes)
		return object, nil
	}
	return value, nil
}

// without is a list without the values that are taken from it.
func without(list, taken []any) (any, error) {
	if len(taken) > maxOpaque {
		return nil, TooMany("an operation may take %d values out of an array of an extension; replace it as a whole", maxOpaque)
	}
	kept := make([]any, 0, len(list))
	for _, e := range list {
		if !contains(taken, e) {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// size is about how many bytes a value has as JSON.
func size(v any) int {
	n := 0
	switch v := v.(type) {
	case Document:
		return size(map[string]any(v))
	case map[string]any:
		for key, inner := range v {
			n += len(key) + size(inner)
		}
	case []any:
		for _, inner := range v {
			n += size(inner)
		}
	case string:
		n = len(v)
	}
	return n + 4 // quotes, a colon, a comma
}

// foldedKey is the key of m that equals name without case, or name.
func foldedKey(m map[string]any, name string) string {
	if _, ok := m[name]; ok {
		return name
	}
	for k := range m {
		if equalFold(k, name) {
			return k
		}
	}
	return name
}
