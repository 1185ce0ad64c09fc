package scim

import (
	"encoding/json"
	"slices"
	"strconv"
)

// appendString writes s as a JSON string. Text that came through Decode is valid UTF-8, so
// only what JSON demands is escaped.
func appendString(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped writes s as it stands between the quotes of a JSON string.
func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(b, s[start:]...)
}

// appendValue writes any value a document may hold, objects with their keys sorted.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		if v == "" {
			return append(b, '0')
		}
		return append(b, v...)
	case map[string]any:
		return appendObject(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e)
		}
		return append(b, ']')
	}
	return append(b, "null"...)
}

func appendObject(b []byte, m map[string]any) []byte {
	b = append(b, '{')
	for i, key := range sortedKeys(m) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		b = appendValue(b, m[key])
	}
	return append(b, '}')
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// appendAttribute writes the value of a, its sub-attributes in the order of the table.
func appendAttribute(b []byte, a *Attribute, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		b = append(b, '{')
		start := len(b)
		for _, sub := range a.Sub {
			if value, ok := v[sub.Name]; ok {
				if len(b) > start {
					b = append(b, ',')
				}
				b = append(appendName(b, sub.Name), ':')
				b = appendValue(b, value)
			}
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendAttribute(b, a, e)
		}
		return append(b, ']')
	}
	return appendValue(b, v)
}

// appendName writes a name of the table, which needs no escapes.
func appendName(b []byte, name string) []byte {
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"')
}
