package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/scim/canonical"
)

// Renames give groups other names before any list sees them. A name goes through all of them in
// their order, each of which sees what the former made of it. Unlike the patterns of lists their
// expressions are matched against the name as it is spelt, regardless of case, and by Go's linear
// engine alone: a list may leave a name undecided when a match runs out of time, but a group
// always has to have a name.

const (
	listRenames = "mapping.renames"
	maxRenames  = 200
	maxNewName  = 256
)

// rename is a compiled Rename.
type rename struct {
	form    Form
	literal string         // in key form
	match   *regexp.Regexp // of FormAny and FormMatches, when the text is more than a name
	to      []piece
}

// piece of a new name: a text, or what a group of the expression matched.
type piece struct {
	text  string
	group int // 0: the text
}

// RenamesGroups says whether there are any renames.
func (rs *RuleSet) RenamesGroups() bool { return len(rs.renames) > 0 }

// GroupName is the name under which the lists, and the directory, know a group that the IdP calls
// name. What a rename would make unusable as a name stays as it was.
func (rs *RuleSet) GroupName(name string) string {
	if len(rs.renames) == 0 {
		return name
	}
	if known, ok := rs.names.get(name); ok {
		return *known
	}
	mapped := name
	for i := range rs.renames {
		if rs.enough != nil && rs.enough() {
			return name
		}
		mapped = rs.renames[i].apply(mapped)
	}
	return *rs.names.put(name, &mapped)
}

func (r *rename) apply(name string) string {
	key := canonical.Key(name)
	var found []string
	switch r.form {
	case FormIs:
		if key != r.literal {
			return name
		}
	case FormStartsWith:
		if !strings.HasPrefix(key, r.literal) {
			return name
		}
	case FormEndsWith:
		if !strings.HasSuffix(key, r.literal) {
			return name
		}
	case FormContains:
		if !strings.Contains(key, r.literal) {
			return name
		}
	default:
		if found = r.match.FindStringSubmatch(strings.TrimSpace(name)); found == nil && (r.form != FormAny || key != r.literal) {
			return name
		}
	}
	var out strings.Builder
	for _, p := range r.to {
		if p.group == 0 {
			out.WriteString(p.text)
		} else if p.group < len(found) {
			out.WriteString(found[p.group])
		}
	}
	renamed := strings.TrimSpace(out.String())
	if canonical.Check(renamed, maxNewName) != nil {
		return name
	}
	return renamed
}

func compileRenames(renames []Rename, enough func() bool) ([]rename, error) {
	if len(renames) > maxRenames {
		return nil, &RuleError{List: listRenames, Index: -1, Problem: fmt.Sprintf("has %d entries, at most %d are allowed", len(renames), maxRenames)}
	}
	compiled := make([]rename, 0, len(renames))
	for i, r := range renames {
		if enough != nil && enough() {
			return nil, notLookedAt(listRenames, i)
		}
		c, literal, err := compileRename(r)
		if err != nil {
			return nil, &RuleError{List: listRenames, Index: i, Pattern: r.From.Text, Problem: err.Error(), Literal: literal}
		}
		compiled = append(compiled, c)
	}
	return compiled, nil
}

// compileRename makes one rename ready. literal says that the error may be mended by {"is": …}.
func compileRename(r Rename) (c rename, literal bool, err error) {
	if len(r.From.Except) > 0 {
		return c, false, fmt.Errorf("has an except, which only protected lists have")
	}
	p, err := compileEntry(r.From)
	if err != nil {
		return c, r.From.Form == FormAny && strings.TrimSpace(r.From.Text) != "", err
	}
	c = rename{form: r.From.Form, literal: p.literal}
	if p.compare == FormIs {
		c.form = FormIs
	}
	if c.form == FormAny || c.form == FormMatches {
		c.literal = canonical.Key(r.From.Text)
		if c.match, err = regexp.Compile(`(?i)\A(?:` + r.From.Text + `)\z`); err != nil {
			return c, r.From.Form == FormAny, fmt.Errorf("cannot be used in a rename, whose expressions have no look-around and no back-references; say it with a plain expression, or with several renames")
		}
	}
	c.to, err = parseNewName(r.To, c.match)
	return c, false, err
}

var reference = regexp.MustCompile(`\$(?:\$|\{([^}]*)\}|([A-Za-z0-9_]+))`)

// parseNewName reads a new name with its $1, ${1} and ${name}; $$ is a dollar.
func parseNewName(to string, match *regexp.Regexp) ([]piece, error) {
	switch {
	case strings.TrimSpace(to) == "":
		return nil, fmt.Errorf("has no to: say what its groups are called from then on")
	case len([]rune(to)) > maxNewName:
		return nil, fmt.Errorf("has a to of more than %d characters", maxNewName)
	}
	if err := canonical.CheckText(to); err != nil {
		return nil, fmt.Errorf("has a to that is no name of a group: it %w", err)
	}
	var parts []piece
	from := 0
	for _, at := range reference.FindAllStringSubmatchIndex(to, -1) {
		parts = append(parts, piece{text: to[from:at[0]]})
		from = at[1]
		name := ""
		switch {
		case at[2] >= 0:
			name = to[at[2]:at[3]]
		case at[4] >= 0:
			name = to[at[4]:at[5]]
		default:
			parts = append(parts, piece{text: "$"})
			continue
		}
		group := groupOf(name, match)
		if group < 1 {
			return nil, fmt.Errorf("has a to with %s, and there is no such group (…) in the expression%s", to[at[0]:at[1]], meant(name))
		}
		parts = append(parts, piece{group: group})
	}
	return append(parts, piece{text: to[from:]}), nil
}

// groupOf is the number of a group of the expression, 0 if there is none of that name.
func groupOf(name string, match *regexp.Regexp) int {
	if match == nil {
		return 0
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n > match.NumSubexp() {
			return 0
		}
		return n
	}
	return max(0, slices.Index(match.SubexpNames(), name))
}

// meant helps whoever wrote $1st: the name of a group goes as far as letters and digits do.
func meant(name string) string {
	digits := strings.TrimRight(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
	if _, err := strconv.Atoi(digits); err == nil && digits != name {
		return fmt.Sprintf("; to mean group %s and the text %s after it, write ${%s}%s", digits, name[len(digits):], digits, name[len(digits):])
	}
	return "; a dollar itself is written $$"
}
