package manifest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/muster-scim/muster/policy"
)

const head = `# What administrators set in Muster. muster plan -f says what this file would change on a
# server, muster apply -f does it, muster test -f runs the tests in it. What is left out of a
# directory or connector has its default: a rule or setting that is not here is not set, a
# connector without mode observes; precedence alone stays as the server has it. What the file
# does not name at all is left alone. Secrets are never in it.
`

// Write is the file as YAML: sorted, without what has its default, the same bytes for the same
// settings.
func (f *File) Write() ([]byte, error) {
	var out strings.Builder
	out.WriteString(head)
	directories := slices.SortedFunc(slices.Values(f.Directories), func(a, b Directory) int { return strings.Compare(a.Name, b.Name) })
	connectors := slices.SortedFunc(slices.Values(f.Connectors), func(a, b Connector) int { return strings.Compare(a.Slug, b.Slug) })
	if err := section(&out, "directories", directories, Directory.node); err != nil {
		return nil, err
	}
	if len(f.Tenants) > 0 {
		out.WriteString("\ntenants:\n")
		for _, name := range slices.Sorted(slices.Values(f.Tenants)) {
			out.WriteString("  - " + quoted(name) + "\n")
		}
	}
	err := section(&out, "connectors", connectors, Connector.node)
	return []byte(out.String()), err
}

// section writes a list of things with an empty line before each.
func section[T any](out *strings.Builder, name string, items []T, form func(T) (*node, error)) error {
	for i, item := range items {
		n, err := form(item)
		if err != nil {
			return err
		}
		out.WriteString("\n")
		if i == 0 {
			out.WriteString(name + ":\n")
		}
		(&node{kind: list, items: []*node{n}}).write(out, "  ")
	}
	return nil
}

// WriteRules is rules alone as YAML, without what has its default.
func WriteRules(r policy.Rules) ([]byte, error) {
	n, err := rulesNode(r)
	if err != nil || len(n.fields) == 0 {
		return nil, err
	}
	var out strings.Builder
	n.write(&out, "")
	return []byte(out.String()), nil
}

// write writes a mapping or a list, each line with the indent before it.
func (n *node) write(out *strings.Builder, indent string) {
	for _, f := range formFirst(n.fields) {
		out.WriteString(indent + quoted(f.name) + ":")
		if f.value.isShort() {
			out.WriteString(" " + f.value.inline() + "\n")
			continue
		}
		out.WriteString("\n")
		f.value.write(out, indent+"  ")
	}
	for _, item := range n.items {
		if item.isShort() {
			out.WriteString(indent + "- " + item.inline() + "\n")
			continue
		}
		var below strings.Builder
		item.write(&below, indent+"  ")
		out.WriteString(indent + "- " + strings.TrimPrefix(below.String(), indent+"  "))
	}
}

// isShort says whether a value is written behind its name, in the same line.
func (n *node) isShort() bool {
	return n.kind != mapping && n.kind != list || len(n.fields)+len(n.items) == 0 || n.flow
}

// inline is a value in one line.
func (n *node) inline() string {
	var parts []string
	switch n.kind {
	case mapping:
		for _, f := range formFirst(n.fields) {
			parts = append(parts, quoted(f.name)+": "+f.value.inline())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case list:
		for _, item := range n.items {
			parts = append(parts, item.inline())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case text:
		return quoted(n.text)
	case nothing:
		return "null"
	}
	return n.text
}

var forms = []policy.Form{policy.FormIs, policy.FormStartsWith, policy.FormEndsWith, policy.FormContains, policy.FormMatches, policy.FormSet}

// formFirst puts what an entry of a list is, which its JSON writes by the alphabet, before what it
// excepts or holds. Everything else stays in its order.
func formFirst(fields []field) []field {
	form := slices.IndexFunc(fields, func(f field) bool { return slices.Contains(forms, policy.Form(f.name)) })
	if form <= 0 {
		return fields
	}
	return slices.Concat(fields[form:form+1], fields[:form], fields[form+1:])
}

// words that YAML, or an older YAML, takes for something else than a text.
var words = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}

// duration is a text that begins with a digit and still is no number to anybody.
var duration = regexp.MustCompile(`\A([0-9]+[hms])+\z`)

// Quoted is a text as YAML that no reader takes for anything but that text.
func Quoted(s string) string { return quoted(s) }

// quoted is a text as YAML: plain where nobody could take it for anything else.
func quoted(s string) string {
	plain, printable := s != "" && !slices.Contains(words, strings.ToLower(s)), true
	for i, r := range s {
		sign := strings.ContainsRune(`^(`, r) || i > 0 && strings.ContainsRune(`-_./@+*$\)|=`, r)
		space := r == ' ' && i > 0 && i < len(s)-1
		plain = plain && (unicode.IsLetter(r) || i > 0 && unicode.IsDigit(r) || sign || space)
		printable = printable && unicode.IsPrint(r)
	}
	switch {
	case plain || duration.MatchString(s):
		return s
	case printable:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.Quote(s)
}
