package sql

import (
	"strconv"
	"strings"
	"sync"
)

// numbered caches the PostgreSQL form of statements. Statements are constants of this program,
// or built from a filter's shape and never from its values, so there are not many; past the
// bound a statement is converted each time.
var numbered struct {
	sync.RWMutex
	forms map[string]string
}

const maxNumbered = 10_000

// toNumbered turns ? into $1, $2, … for PostgreSQL. What stands in quotes ('…', "…") and in
// comments stays; ?? is a literal question mark (a jsonb operator).
func toNumbered(sql string) string {
	if strings.IndexByte(sql, '?') < 0 {
		return sql
	}
	numbered.RLock()
	form, ok := numbered.forms[sql]
	numbered.RUnlock()
	if ok {
		return form
	}
	form = number(sql)
	numbered.Lock()
	defer numbered.Unlock()
	if numbered.forms == nil {
		numbered.forms = make(map[string]string)
	}
	if len(numbered.forms) < maxNumbered {
		numbered.forms[sql] = form
	}
	return form
}

func number(sql string) string {
	var out strings.Builder
	out.Grow(len(sql) + 16)
	n := 0
	for i := 0; i < len(sql); {
		end := i + 1
		switch c := sql[i]; {
		case c == '\'' || c == '"':
			// A doubled quote inside ends one literal and begins the next: the same for us.
			end = after(sql, i+1, string(c))
		case strings.HasPrefix(sql[i:], "--"):
			end = after(sql, i+2, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			end = after(sql, i+2, "*/")
		case strings.HasPrefix(sql[i:], "??"):
			out.WriteByte('?')
			i += 2
			continue
		case c == '?':
			n++
			out.WriteByte('$')
			out.WriteString(strconv.Itoa(n))
			i++
			continue
		}
		out.WriteString(sql[i:end])
		i = end
	}
	return out.String()
}

// after is the place behind the next mark at or after from, or the end.
func after(sql string, from int, mark string) int {
	if at := strings.Index(sql[from:], mark); at >= 0 {
		return from + at + len(mark)
	}
	return len(sql)
}
