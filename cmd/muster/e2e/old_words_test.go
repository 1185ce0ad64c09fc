package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// Schemas of SCIM 1.1.
const (
	oldCore       = "urn:scim:schemas:core:1.0"
	oldEnterprise = "urn:scim:schemas:extension:enterprise:1.0"
)

var oneMember = regexp.MustCompile(`^members\[value eq "([^"]+)"\]$`)

// inOldWords is a body as a client of SCIM 1.1 says the same. It knows the operations that the
// suites send over both versions: one value set, several at once, and members that come and go.
func inOldWords(t testing.TB, body any) any {
	t.Helper()
	resource, ok := body.(map[string]any)
	if !ok {
		return body
	}
	said := map[string]any{}
	for name, value := range resource {
		said[name] = value
	}
	said["schemas"] = []string{oldCore}
	var operations []any
	switch list := resource["Operations"].(type) {
	case nil:
		return said
	case []any:
		operations = list
	case []map[string]any:
		for _, o := range list {
			operations = append(operations, o)
		}
	}
	delete(said, "Operations")
	members := []any{}
	for _, o := range operations {
		members = append(members, sayOld(t, said, o.(map[string]any))...)
	}
	if len(members) > 0 {
		said["members"] = members
	}
	return said
}

// sayOld says one operation in said, and returns the members that it names.
func sayOld(t testing.TB, said, o map[string]any) (members []any) {
	t.Helper()
	path, _ := o["path"].(string)
	op := strings.ToLower(o["op"].(string))
	whole, _ := o["value"].(map[string]any)
	found := oneMember.FindStringSubmatch(path)
	switch {
	case op == "remove" && found != nil:
		return []any{map[string]any{"value": found[1], "operation": "delete"}}
	case op == "add" && path == "members":
		return o["value"].([]any)
	case op == "replace" && path == "members":
		said["meta"] = map[string]any{"attributes": []string{"members"}}
		said["members"] = o["value"]
	case op != "remove" && path == "" && whole != nil:
		for name, value := range whole {
			said[name] = value
		}
	case op != "remove" && path != "":
		said[strings.TrimPrefix(path, userSchema+":")] = o["value"]
	default:
		t.Fatalf("SCIM 1.1 has no words here for the operation %v", o)
	}
	return nil
}
