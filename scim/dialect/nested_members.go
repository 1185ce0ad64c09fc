package dialect

import "strings"

// Members inside a value for members (must-accept 47). Salesforce's published example, and
// clients that copied it, add
//
//	{"op":"add","path":"members","value":{"members":[{"value":"id"}]}}
//
// which plain SCIM says with the array alone.
func nestedMembers(op map[string]any) {
	_, path := field(op, "path")
	if s, _ := path.(string); !strings.EqualFold(strings.TrimSpace(s), "members") {
		return
	}
	key, value := field(op, "value")
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return
	}
	if _, members := field(object, "members"); members != nil {
		op[key] = members
	}
}
