package scim

import "strings"

const bulkPrefix = "bulkId:"

// References are the bulkIds that the operation refers to, in its path or data.
func (op BulkOperation) References() []string {
	var ids []string
	add := func(s string) string {
		if id, ok := strings.CutPrefix(s, bulkPrefix); ok {
			ids = append(ids, id)
		}
		return s
	}
	add(op.ID)
	replaceTexts(op.Data, add)
	return ids
}

// Resolve puts the ids of created resources in the place of references; missing are those that
// are not known. The operation's Data is changed in place.
func (op *BulkOperation) Resolve(ids map[string]string) (missing []string) {
	put := func(s string) string {
		name, ok := strings.CutPrefix(s, bulkPrefix)
		if !ok {
			return s
		}
		if id, ok := ids[name]; ok {
			return id
		}
		missing = append(missing, name)
		return s
	}
	op.ID = put(op.ID)
	replaceTexts(op.Data, put)
	return missing
}

// replaceTexts applies f to every text in v, in place, and gives what stands in v's place.
func replaceTexts(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case map[string]any:
		for key, e := range v {
			v[key] = replaceTexts(e, f)
		}
	case []any:
		for i, e := range v {
			v[i] = replaceTexts(e, f)
		}
	case []Member:
		for i := range v {
			v[i].Value = f(v[i].Value)
		}
	case Member:
		v.Value = f(v.Value)
		return v
	}
	return v
}

// BulkOrder is an order of the operations in which each comes after those that create what it
// refers to, and otherwise as requested. Operations that wait for each other, or for what
// nobody creates, come last.
func BulkOrder(operations []BulkOperation) []int {
	created := make(map[string]bool)
	for _, op := range operations {
		if op.BulkID != "" && op.Method == "POST" {
			created[op.BulkID] = false
		}
	}
	order := make([]int, 0, len(operations))
	waiting := make([]int, len(operations))
	for i := range operations {
		waiting[i] = i
	}
	needs := make([][]string, len(operations))
	for i, op := range operations {
		needs[i] = op.References()
	}
	for len(waiting) > 0 {
		var still []int
		for _, i := range waiting {
			if !allCreated(created, needs[i]) {
				still = append(still, i)
				continue
			}
			order = append(order, i)
			if id := operations[i].BulkID; id != "" {
				created[id] = true
			}
		}
		if len(still) == len(waiting) {
			return append(order, still...)
		}
		waiting = still
	}
	return order
}

// allCreated says whether nothing that is still to be created is needed.
func allCreated(created map[string]bool, needs []string) bool {
	for _, id := range needs {
		if done, known := created[id]; known && !done {
			return false
		}
	}
	return true
}
