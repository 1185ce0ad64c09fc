package scim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/muster-scim/muster/scim/canonical"
)

// TimeFormat is the comparable form of a dateTime: UTC with nine digits, so that texts sort as
// times do.
const TimeFormat = "2006-01-02T15:04:05.000000000Z"

// Search is the comparable form of the document, on which filters and sorting run:
//
//	names of attributes and extensions   lower case
//	text that is not caseExact           canonical.Key
//	dateTime                             UTC with nine digits (TimeFormat)
//	multi-valued attributes              always arrays, of objects or plain values
//
// Attributes of an unknown extension count as not caseExact (RFC 7643 2.2).
func (d Document) Search() map[string]any { return ParseDocument(d.SearchJSON()) }

// SearchJSON is Search as JSON.
func (d Document) SearchJSON() []byte {
	b := make([]byte, 0, 1024)
	b = append(b, '{')
	written := 0
	for _, a := range userSchema.Attributes {
		if v, ok := d[a.Name]; ok {
			if written++; written > 1 {
				b = append(b, ',')
			}
			b = append(appendName(b, a.lower), ':')
			b = appendSearch(b, a, v)
		}
	}
	if written < len(d) {
		for _, key := range d.extensions() {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(appendString(b, lower(key)), ':')
			if extension, ok := d[key].(map[string]any); ok && key == EnterpriseUser {
				b = appendSearchObject(b, enterpriseSchema.Attributes, extension)
			} else {
				b = appendOpaqueSearch(b, d[key])
			}
		}
	}
	return append(b, '}')
}

func appendSearch(b []byte, a *Attribute, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		return appendSearchObject(b, a.Sub, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendSearch(b, a, e)
		}
		return append(b, ']')
	case string:
		return appendString(b, a.comparable(v))
	}
	return appendValue(b, v)
}

func appendSearchObject(b []byte, attributes []*Attribute, m map[string]any) []byte {
	b = append(b, '{')
	start := len(b)
	for _, a := range attributes {
		if v, ok := m[a.Name]; ok {
			if len(b) > start {
				b = append(b, ',')
			}
			b = append(appendName(b, a.lower), ':')
			b = appendSearch(b, a, v)
		}
	}
	return append(b, '}')
}

func appendOpaqueSearch(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, canonical.Key(v))
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendOpaqueSearch(b, e)
		}
		return append(b, ']')
	case map[string]any:
		keys := sortedKeys(v)
		slices.SortFunc(keys, func(x, y string) int { return cmp.Compare(lower(x), lower(y)) })
		b = append(b, '{')
		for i, key := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, lower(key)), ':')
			b = appendOpaqueSearch(b, v[key])
		}
		return append(b, '}')
	}
	return appendValue(b, v)
}

// comparable is the form of a text value of a that comparisons run on.
func (a *Attribute) comparable(s string) string {
	switch {
	case a.Type == typeDateTime:
		if t, ok := parseTime(s); ok {
			return t.UTC().Format(TimeFormat)
		}
		return s
	case a.CaseExact:
		return s
	}
	return canonical.Key(s)
}

// timeForms are the forms of a dateTime that clients send: RFC 3339 first, then without a zone
// (read as UTC) and the patterns of Huawei OneAccess.
var timeForms = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02",
}

// parseTime reads a dateTime in any of its forms, or as milliseconds since 1970.
func parseTime(s string) (time.Time, bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			year := t.UTC().Year()
			return t, 0 <= year && year <= 9999
		}
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 10 && ms < 1<<47 {
		return time.UnixMilli(ms).UTC(), true
	}
	return time.Time{}, false
}

// timeText is a dateTime given as text or number, as text; ok is false for anything else.
func timeText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		_, ok := parseTime(v)
		return v, ok
	case json.Number:
		t, ok := parseTime(string(v))
		return t.Format(time.RFC3339Nano), ok
	}
	return "", false
}
