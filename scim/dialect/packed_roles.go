package dialect

import (
	"strings"

	"github.com/muster-scim/muster/scim"
)

// Roles packed as JSON into a text (must-accept 33). Entra's AppRoleAssignmentsComplex and
// SingleAppRoleAssignment send
//
//	{"value":"{\"id\":\"3f0c…\",\"value\":\"25\",\"displayName\":\"Operator\"}"}
//
// where plain SCIM has {"value":"25","display":"Operator"}. The id is of Entra's own space and
// has no place in SCIM.
func packedRoles(object map[string]any) {
	_, path := field(object, "path")
	if s, _ := path.(string); strings.HasPrefix(strings.ToLower(strings.TrimSpace(s)), "roles") {
		if key, value := field(object, "value"); value != nil {
			object[key] = unpackRoles(value)
		}
		return
	}
	if key, roles := field(object, "roles"); roles != nil {
		object[key] = unpackRoles(roles)
	}
	if _, value := field(object, "value"); value != nil {
		if inner, ok := value.(map[string]any); ok {
			if key, roles := field(inner, "roles"); roles != nil {
				inner[key] = unpackRoles(roles)
			}
		}
	}
}

// unpackRoles unpacks every role that is packed, in an array or alone.
func unpackRoles(v any) any {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			v[i] = unpackRoles(e)
		}
	case []scim.Member:
		list := make([]any, len(v))
		for i, m := range v {
			list[i] = unpackRoles(m)
		}
		return list
	case scim.Member:
		role := map[string]any{"value": v.Value}
		if v.Display != "" {
			role["display"] = v.Display
		}
		if v.Kind != "" {
			role["type"] = string(v.Kind)
		}
		return unpackRoles(role)
	case map[string]any:
		key, value := field(v, "value")
		if packed := unpack(value); packed != nil {
			delete(v, key)
			for name, e := range packed {
				v[name] = e
			}
		}
	case string:
		if packed := unpack(v); packed != nil {
			return packed
		}
	}
	return v
}

// unpack reads a packed role; nil when v is something else.
func unpack(v any) map[string]any {
	text, ok := v.(string)
	if !ok || !strings.HasPrefix(text, "{") {
		return nil
	}
	role, err := scim.Decode([]byte(text), scim.BodyLimits)
	if err != nil {
		return nil
	}
	_, value := field(role, "value")
	s, ok := value.(string)
	if !ok || s == "" {
		return nil
	}
	plain := map[string]any{"value": s}
	if _, name := field(role, "displayName"); name != nil && name != "" {
		plain["display"] = name
	}
	return plain
}
