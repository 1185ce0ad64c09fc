package mapping

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/muster-scim/muster/scim/canonical"
)

// reading turns what an expression gives into a value of a document, within limits.
type reading struct{ left int }

// plain is the value as documents hold it: texts, booleans, json.Numbers, maps and lists that
// nobody else has. Nulls and what is empty are left out, as SCIM does (RFC 7643, 2.5). The error
// completes "gives …" and holds no value.
func plain(v ref.Val) (any, error) {
	r := &reading{left: maxResult}
	return r.value(v, 0)
}

func (r *reading) value(v ref.Val, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("gives lists and objects more than %d levels deep", maxDepth)
	}
	if r.left -= 8; r.left < 0 {
		return nil, fmt.Errorf("gives more than %d KiB", maxResult>>10)
	}
	switch v := v.(type) {
	case types.Null:
		return nil, nil
	case types.String:
		if r.left -= len(v); r.left < 0 {
			return nil, fmt.Errorf("gives more than %d KiB", maxResult>>10)
		}
		if v == "" {
			return nil, nil
		}
		return strings.Clone(string(v)), nil
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return json.Number(strconv.FormatInt(int64(v), 10)), nil
	case types.Double:
		text, err := json.Marshal(float64(v))
		if err != nil {
			return nil, fmt.Errorf("gives a number that cannot be written")
		}
		return json.Number(text), nil
	case traits.Mapper:
		return r.object(v, depth)
	case traits.Lister:
		return r.list(v, depth)
	}
	return nil, fmt.Errorf("gives a value that no attribute can have: give a text, true or false, a list or an object")
}

func (r *reading) list(l traits.Lister, depth int) (any, error) {
	n, _ := l.Size().(types.Int)
	if n > maxEntries {
		return nil, fmt.Errorf("gives a list of more than %d entries", maxEntries)
	}
	var out []any
	for i := types.Int(0); i < n; i++ {
		entry, err := r.value(l.Get(i), depth+1)
		if err != nil {
			return nil, err
		}
		if entry != nil {
			out = append(out, entry)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (r *reading) object(m traits.Mapper, depth int) (any, error) {
	if n, _ := m.Size().(types.Int); n > maxEntries {
		return nil, fmt.Errorf("gives an object of more than %d parts", maxEntries)
	}
	out := map[string]any{}
	for i := m.Iterator(); i.HasNext() == types.True; {
		key, ok := i.Next().(types.String)
		if !ok {
			return nil, fmt.Errorf("gives an object with a part whose name is no text")
		}
		r.left -= len(key)
		value, err := r.value(m.Get(key), depth+1)
		if err != nil {
			return nil, err
		}
		if value != nil {
			out[strings.Clone(string(key))] = value
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// check says whether the target can have the value. The error completes "gives …".
func (t target) check(value any) error {
	if value == nil {
		if t.name == "userName" && t.urn == "" {
			return fmt.Errorf("gives nothing, and nobody can be without a userName: fall back on what the IdP sends with default(…, record.userName)")
		}
		return nil
	}
	switch t.takes() {
	case text:
		s, ok := value.(string)
		if !ok {
			return fmt.Errorf("gives a %s where a text belongs%s", called(value), map[bool]string{true: ": turn a number into a text with string(…)"}[called(value) == "number"])
		}
		return t.checkText(s)
	case flag:
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("gives a %s where true or false belongs", called(value))
		}
	case object:
		if _, ok := value.(map[string]any); !ok {
			return fmt.Errorf("gives a %s where an object belongs", called(value))
		}
		return texted(value)
	case list:
		entries, ok := value.([]any)
		if !ok {
			return fmt.Errorf(`gives a %s where a list of entries belongs, such as [{"value": …, "type": "work"}]`, called(value))
		}
		for _, e := range entries {
			if _, ok := e.(map[string]any); !ok {
				return fmt.Errorf(`gives a list with a %s in it where entries belong, such as {"value": …, "type": "work"}`, called(e))
			}
		}
		return texted(value)
	}
	return texted(value)
}

func (t target) checkText(s string) error {
	if t.name == "userName" && t.urn == "" {
		if err := canonical.Check(s, 1024); err != nil {
			return fmt.Errorf("gives no userName: it %w", err)
		}
		return nil
	}
	return canonical.CheckText(s)
}

// texted checks every text in a value.
func texted(value any) error {
	switch v := value.(type) {
	case string:
		if err := canonical.CheckText(v); err != nil {
			return fmt.Errorf("gives a text that %w", err)
		}
	case []any:
		for _, e := range v {
			if err := texted(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := texted(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func called(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number:
		return "number"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return "value of another kind"
}

// copied is a value that nobody else has.
func copied(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copied(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copied(e)
		}
		return out
	}
	return value
}
