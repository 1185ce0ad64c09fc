package e2e

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"
)

// dump is everything that a connector's IdP, or an administrator of the directory, can see: one
// entry for each resource, from its name to its JSON.
type dump map[string]string

// dump reads all that a connector's IdP can read.
func (c connector) dump(t testing.TB) dump {
	t.Helper()
	d := dump{}
	for _, kind := range []string{"Users", "Groups"} {
		for start := 1; ; {
			page := c.scimOK(t, "GET", fmt.Sprintf("/%s?startIndex=%d&count=200", kind, start), nil)
			resources, _ := page.at(t, "$.Resources").([]any)
			for _, resource := range resources {
				id := resource.(map[string]any)["id"]
				d[fmt.Sprintf("%s %s/%v", c.Slug, kind, id)] = canonical(resource)
			}
			start += len(resources)
			total := plainText(page.at(t, "$.totalResults"))
			if len(resources) == 0 || fmt.Sprint(start-1) == total {
				break
			}
		}
	}
	return d
}

// dumpDirectory reads a directory's users, the deleted ones too, with memberships and reasons,
// and its groups.
func (s *server) dumpDirectory(t testing.TB, directory string) dump {
	t.Helper()
	d := dump{}
	base := "/directories/" + directory
	for _, list := range []string{"/users", "/users?status=deleted"} {
		for _, user := range s.items(t, base+list) {
			id := user["id"].(string)
			full := s.adminOK(t, "GET", base+"/users/"+id, nil).value(t).(map[string]any)
			d["directory user "+id] = canonical(full)
		}
	}
	for _, group := range s.items(t, base+"/groups") {
		d["directory group "+group["id"].(string)] = canonical(group)
	}
	return d
}

// canonical is the JSON of a value, lists of objects in an order that does not depend on chance.
func canonical(v any) string { return compact(sorted(v)) }

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came out of a JSON decoder
	}
	return string(text)
}

func sorted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		copied := map[string]any{}
		for key, value := range v {
			copied[key] = sorted(value)
		}
		return copied
	case []any:
		copied := make([]any, len(v))
		for i := range v {
			copied[i] = sorted(v[i])
		}
		sort.Slice(copied, func(i, j int) bool { return compact(copied[i]) < compact(copied[j]) })
		return copied
	}
	return v
}

// dump reads both connectors and the directory.
func (w *world) dump() dump {
	w.t.Helper()
	w.settled(w.t, w.Directory)
	all := dump{}
	for _, part := range []dump{w.A.dump(w.t), w.B.dump(w.t), w.dumpDirectory(w.t, w.Directory)} {
		for name, text := range part {
			all[name] = text
		}
	}
	return all
}

// of returns the entries whose names start so.
func (d dump) of(prefix string) dump {
	part := dump{}
	for name, text := range d {
		if strings.HasPrefix(name, prefix) {
			part[name] = text
		}
	}
	return part
}

// diff says what is not as it was before.
func diff(before, after dump) (changes []string) {
	for name, text := range before {
		switch now, ok := after[name]; {
		case !ok:
			changes = append(changes, "gone: "+name+" "+text)
		case now != text:
			changes = append(changes, fmt.Sprintf("changed: %s\n\t\tfrom %s\n\t\tto   %s", name, text, now))
		}
	}
	for name, text := range after {
		if _, ok := before[name]; !ok {
			changes = append(changes, "new: "+name+" "+text)
		}
	}
	sort.Strings(changes)
	return changes
}
