package scim

// changeOpaque changes data of an extension that Muster does not know.
func (o operation) changeOpaque(m map[string]any) {
	name := foldedKey(m, o.path.Attribute.Name)
	if o.path.Sub != nil {
		inner, _ := m[name].(map[string]any)
		if inner == nil {
			inner = make(map[string]any)
		}
		sub := foldedKey(inner, o.path.Sub.Name)
		put(inner, sub, joined(o.op, inner[sub], o.value))
		put(m, name, inner)
		return
	}
	put(m, name, joined(o.op, m[name], o.value))
}

// joined is opaque data after an operation: add appends to arrays and merges objects, as for
// attributes that are known.
func joined(op patchOp, before, value any) any {
	value = cloneValue(value)
	switch v := value.(type) {
	case []any:
		list, ok := before.([]any)
		if op != opAdd || !ok {
			return value
		}
		for _, e := range v {
			if !contains(list, e) {
				list = append(list, e)
			}
		}
		return list
	case map[string]any:
		if m, ok := before.(map[string]any); ok && op != opRemove {
			merge(m, v)
			return m
		}
	}
	return value
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
