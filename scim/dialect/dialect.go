// Package dialect rewrites what identity providers send into plain SCIM before it is parsed.
//
// Each file is one quirk: its name, the sender, the number in the list of forms that must be
// accepted, and a test with an excerpt of the recorded request. All of them are always on, for
// every connector, because one tenant mixes several (Entra's flag is honoured by its scheduled
// job and not by provisioning on demand).
//
// A quirk belongs here when it changes where something stands: in another key, in another
// operation, packed into a text. What only changes how one value is written (booleans as text,
// one object for an array, an obsolete URN) is read by package scim itself, which has the
// attribute table at hand.
//
// Laws: Rewrite of plain SCIM gives it back as it is, and Rewrite twice is Rewrite once.
package dialect

import (
	"strings"

	"github.com/muster-scim/muster/scim"
)

// Rewrite gives the plain form of a decoded body. raw is used up. method is the HTTP method: a
// PATCH has operations, everything else a resource.
func Rewrite(k scim.Kind, method string, raw map[string]any) map[string]any {
	if strings.EqualFold(method, "PATCH") {
		return rewritePatch(k, raw)
	}
	raw = dottedKeys(raw)
	if k == scim.UserKind {
		packedRoles(raw)
	}
	return raw
}

// rewritePatch rewrites each operation, which may become several.
func rewritePatch(k scim.Kind, raw map[string]any) map[string]any {
	key, list := operations(raw)
	if list == nil {
		return raw
	}
	rewritten := make([]any, 0, len(list))
	for _, e := range list {
		op, ok := e.(map[string]any)
		if !ok {
			return raw // not a patch; the parser says so
		}
		if k == scim.GroupKind {
			nestedMembers(op)
		} else {
			packedRoles(op)
		}
		rewritten = append(rewritten, spreadKeys(op)...)
	}
	raw[key] = rewritten
	return raw
}

// operations finds the operations of a patch and the key they stand under.
func operations(raw map[string]any) (string, []any) {
	for key, v := range raw {
		if strings.EqualFold(key, "operations") {
			switch v := v.(type) {
			case []any:
				return key, v
			case map[string]any:
				return key, []any{v}
			}
		}
	}
	return "", nil
}

// field finds a key of an object in any case of its letters.
func field(m map[string]any, name string) (key string, v any) {
	if v, ok := m[name]; ok {
		return name, v
	}
	for key, v := range m {
		if strings.EqualFold(key, name) {
			return key, v
		}
	}
	return name, nil
}
