package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// inWords says a message of the validator the way people say it.
func inWords(message string) string {
	if plain, ok := plainWords[message]; ok {
		return plain
	}
	for _, w := range plainStarts {
		if rest, ok := strings.CutPrefix(message, w.from); ok {
			return w.to + strings.TrimSuffix(rest, " to be present")
		}
	}
	return message
}

var plainWords = map[string]string{
	validation.MsgExpectedBoolean:                   "must be true or false",
	validation.MsgExpectedInteger:                   "must be a whole number",
	validation.MsgExpectedNumber:                    "must be a number",
	validation.MsgExpectedString:                    "must be a text",
	validation.MsgExpectedArray:                     "must be a list, such as [\"…\"]",
	validation.MsgExpectedObject:                    "must be an object",
	validation.MsgExpectedRFC3339DateTime:           "must be a time such as 2026-01-31T00:00:00Z",
	validation.MsgExpectedMatchExactlyOneSchema:     "must be a text, or an object such as {\"startsWith\":\"jira-\"}", // patterns alone are one of two
	fmt.Sprintf(validation.MsgExpectedMinLength, 1): "must not be empty",
	"required query parameter is missing":           "is missing, and needed",
	"required header parameter is missing":          "is missing, and needed",
}

var plainStarts = []struct{ from, to string }{
	{"invalid date/time for format", "must be a time such as 2026-01-31T00:00:00Z; the format is"},
	{"expected value to be one of ", "must be one of "},
	{"expected number >= ", "must be at least "},
	{"expected number <= ", "must be at most "},
	{"expected length >= ", "must be at least this long: "},
	{"expected length <= ", "must not be longer than "},
	{"expected required property ", "lacks the field "},
}

// unknownField says of a field that a body must not have which one may have been meant, and which
// there are. location is its path, such as body.rules.onlyAsign.
func (a *API) unknownField(op *huma.Operation, location string) string {
	above, name, _ := cutLast(location)
	names := a.fieldsAt(op, above)
	if len(names) == 0 {
		return "is not known here"
	}
	text := "is not known here."
	if meant := nearest(name, names); meant != "" {
		text = "is not known here; did you mean " + meant + "?"
	}
	if len(names) == 1 {
		return text + " The only field is " + names[0]
	}
	return text + " The fields are " + strings.Join(names, ", ")
}

// fieldsAt are the names of the fields that an object in a body has.
func (a *API) fieldsAt(op *huma.Operation, location string) []string {
	if op == nil || op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return nil
	}
	s := a.schemaOf(op.RequestBody.Content["application/json"].Schema)
	for i, part := range strings.Split(location, ".") {
		if i == 0 { // the word body
			continue
		}
		field, _, isItem := strings.Cut(part, "[")
		if s = a.schemaOf(s); s == nil || s.Properties[field] == nil {
			return nil
		}
		s = a.schemaOf(s.Properties[field])
		if isItem && s != nil {
			s = a.schemaOf(s.Items)
		}
	}
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

// schemaOf follows a reference.
func (a *API) schemaOf(s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func cutLast(location string) (above, name string, ok bool) {
	i := strings.LastIndexByte(location, '.')
	if i < 0 {
		return "", location, false
	}
	return location[:i], location[i+1:], true
}

// nearest is the name that a misspelt one is most like; "" if it is like none.
func nearest(given string, names []string) (best string) {
	least := max(2, len(given)/3) + 1
	for _, name := range names {
		if d := distance(strings.ToLower(given), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is Levenshtein's: how many letters to add, take away or exchange.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
