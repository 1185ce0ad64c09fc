package dialect

import (
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim/filter"
)

// Paths as keys (must-accept 41). Entra with the flag aadOptscim062020, Okta and SailPoint fold
// several attributes into one operation without a path, with paths for keys:
//
//	{"op":"replace","value":{"displayName":"x","name.givenName":"y","urn:…:User:department":"z"}}
//
// Each such key becomes an operation with a path, behind the plain ones. So a key obeys the
// same rules as a path: meta.created is read-only in both.

// spreadKeys gives the operations that one operation means.
func spreadKeys(op map[string]any) []any {
	_, path := field(op, "path")
	if s, ok := path.(string); path != nil && (!ok || strings.TrimSpace(s) != "") {
		return []any{op}
	}
	_, value := field(op, "value")
	object, ok := value.(map[string]any)
	if !ok {
		return []any{op}
	}
	keys := pathKeys(object)
	if len(keys) == 0 {
		return []any{op}
	}
	_, word := field(op, "op")
	spread := make([]any, 0, len(keys)+1)
	for _, key := range keys {
		spread = append(spread, map[string]any{"op": word, "path": key, "value": object[key]})
		delete(object, key)
	}
	if len(object) > 0 {
		spread = slices.Insert(spread, 0, any(op))
	}
	return spread
}

// dottedKeys puts the values of such keys in a resource where they belong: name.givenName into
// name, urn:…:User:department into the extension. A key that names part of an entry
// (emails[type eq "work"].value) is left alone: only a patch has entries to look for.
func dottedKeys(raw map[string]any) map[string]any {
	for _, key := range pathKeys(raw) {
		path, err := filter.ParsePath(key)
		if err != nil || path.Filter != nil {
			continue
		}
		target := raw
		if path.Path.URN != "" {
			if target = inner(raw, path.Path.URN); target == nil {
				continue
			}
		}
		name := path.Path.Attr
		if path.Path.Sub != "" {
			if target = inner(target, name); target == nil {
				continue
			}
			name = path.Path.Sub
		}
		if _, said := field(target, name); said == nil {
			target[name] = raw[key]
		}
		delete(raw, key)
	}
	return raw
}

// inner is the object under a key, made if there is none; nil when something else is there.
func inner(m map[string]any, name string) map[string]any {
	key, v := field(m, name)
	if v == nil {
		object := make(map[string]any)
		m[key] = object
		return object
	}
	object, _ := v.(map[string]any)
	return object
}

// pathKeys are the keys of an object that are paths and not names, sorted.
func pathKeys(object map[string]any) []string {
	var keys []string
	for key, v := range object {
		if isPath(key, v) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// isPath says whether a key is a path. A URN alone is the key of an extension.
func isPath(key string, v any) bool {
	if strings.IndexByte(key, ':') < 0 {
		return strings.IndexByte(key, '.') >= 0 || strings.IndexByte(key, '[') >= 0
	}
	if _, isObject := v.(map[string]any); isObject && !strings.Contains(key, "[") {
		path, err := filter.ParsePath(key)
		return err == nil && (path.Path.Attr == "manager" || path.Path.Attr == "name")
	}
	path, err := filter.ParsePath(key)
	return err == nil && path.Path.URN != "" && path.Path.Attr != ""
}
