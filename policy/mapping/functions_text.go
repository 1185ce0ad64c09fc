package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// texts reads arguments that have to be texts; null says that the first one is null.
func texts(name string, args []ref.Val) (out []string, null bool, failed ref.Val) {
	for i, a := range args {
		switch v := a.(type) {
		case types.String:
			out = append(out, string(v))
		case types.Null:
			if i == 0 {
				return nil, true, nil
			}
			return nil, false, failure(name + " needs a text in place " + string(rune('1'+i)) + ", and there is none: give it a value with default(…, \"\")")
		default:
			return nil, false, failure(name + " needs a text in place " + string(rune('1'+i)) + ", not a " + kindOf(v))
		}
	}
	return out, false, nil
}

// replace puts new in the place of every old.
func replace(args []ref.Val) ref.Val {
	t, null, failed := texts("replace", args)
	switch {
	case failed != nil:
		return failed
	case null:
		return types.NullValue
	case t[1] == "":
		return failure("replace needs something to replace: its second text is empty")
	}
	if n := strings.Count(t[0], t[1]); len(t[0])+n*(len(t[2])-len(t[1])) > maxText {
		return failure("replace would make a text of more than 32 KiB")
	}
	return types.String(strings.ReplaceAll(t[0], t[1], t[2]))
}

// split makes a list of what lies between the separators.
func split(args []ref.Val) ref.Val {
	t, null, failed := texts("split", args)
	switch {
	case failed != nil:
		return failed
	case null:
		return types.NullValue
	case t[1] == "":
		return failure("split needs a separator: its second text is empty")
	case strings.Count(t[0], t[1]) >= maxEntries:
		return failure(fmt.Sprintf("split would make a list of more than %d entries", maxEntries))
	}
	return types.NewStringList(adapter{}, strings.Split(t[0], t[1]))
}

// join puts the texts of a list together, a space between them or what is said; what is null or
// empty is left out. Of nothing it makes null.
func join(args []ref.Val) ref.Val {
	between := " "
	if len(args) == 2 {
		s, ok := args[1].(types.String)
		if !ok {
			return failure("join needs a text between the entries, not a " + kindOf(args[1]))
		}
		between = string(s)
	}
	if args[0] == types.NullValue {
		return types.NullValue
	}
	entries, ok := args[0].(traits.Lister)
	if !ok {
		return failure("join needs a list, not a " + kindOf(args[0]))
	}
	var out strings.Builder
	n, _ := entries.Size().(types.Int)
	for i := types.Int(0); i < n; i++ {
		entry := entries.Get(i)
		if absent(entry) {
			continue
		}
		s, ok := entry.(types.String)
		if !ok {
			return failure("join needs texts in its list, not a " + kindOf(entry))
		}
		if out.Len()+len(between)+len(s) > maxText {
			return failure("join would make a text of more than 32 KiB")
		}
		if out.Len() > 0 {
			out.WriteString(between)
		}
		out.WriteString(string(s))
	}
	if out.Len() == 0 {
		return types.NullValue
	}
	return types.String(out.String())
}

// patterns are the functions that take a regular expression, and in which place. It has to be
// written in the expression itself, so it is compiled and judged when the mapping is saved.
var patterns = map[string]int{"matches": 0, "extract": 1}

// checkPattern says what is wrong with a regular expression; "" if nothing is.
func checkPattern(text string) string {
	if len(text) > maxPattern {
		return fmt.Sprintf("the regular expression has %d bytes, at most %d are allowed", len(text), maxPattern)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "error parsing regexp: "), ": `")
		return "the regular expression is not valid: " + said + " (it is Go's RE2: no look-around, no back-references)"
	}
	if re.NumSubexp() > 20 {
		return "the regular expression has more than 20 groups"
	}
	return ""
}

// compiled holds the patterns of the mappings in use. There are no more than mappings say; when
// there are very many, all are forgotten.
var (
	compiled sync.Map // string → *regexp.Regexp
	held     atomic.Int64
)

func patternOf(text string) (*regexp.Regexp, ref.Val) {
	if re, ok := compiled.Load(text); ok {
		return re.(*regexp.Regexp), nil
	}
	if len(text) > maxPattern {
		return nil, failure("the regular expression is too long")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, failure("the regular expression is not valid")
	}
	if held.Add(1) > 10_000 {
		compiled.Clear()
		held.Store(1)
	}
	compiled.Store(text, re)
	return re, nil
}

// extract is what the pattern's first group matches in the text, or all of the match when it has
// none; null when nothing matches.
func extract(args []ref.Val) ref.Val {
	t, null, failed := texts("extract", args)
	switch {
	case failed != nil:
		return failed
	case null:
		return types.NullValue
	}
	re, failed := patternOf(t[1])
	if failed != nil {
		return failed
	}
	found := re.FindStringSubmatch(t[0])
	switch {
	case found == nil:
		return types.NullValue
	case len(found) > 1:
		return types.String(found[1])
	}
	return types.String(found[0])
}

// email is the address of the first e-mail of a type, or of the preferred one: the one marked
// primary, else the first for work, else the first.
func email(args []ref.Val) ref.Val {
	if args[0] == types.NullValue {
		return types.NullValue
	}
	entries, ok := args[0].(traits.Lister)
	if !ok {
		return failure("email needs the list of e-mails, as in email(record.emails, \"work\"), not a " + kindOf(args[0]))
	}
	wanted := ""
	if len(args) == 2 {
		s, ok := args[1].(types.String)
		if !ok {
			return failure("email needs a type such as \"work\", not a " + kindOf(args[1]))
		}
		wanted = string(s)
	}
	var work, any ref.Val = types.NullValue, types.NullValue
	n, _ := entries.Size().(types.Int)
	for i := types.Int(0); i < n; i++ {
		entry := entries.Get(i)
		if _, ok := entry.(traits.Mapper); !ok {
			continue
		}
		part := func(name string) ref.Val { return get([]ref.Val{entry, types.String(name)}) }
		value := part("value")
		kind, _ := part("type").(types.String)
		switch {
		case absent(value):
		case wanted != "" && strings.EqualFold(string(kind), wanted):
			return value
		case wanted != "":
		case part("primary") == types.True:
			return value
		default:
			if work == types.NullValue && strings.EqualFold(string(kind), "work") {
				work = value
			}
			if any == types.NullValue {
				any = value
			}
		}
	}
	switch {
	case wanted != "":
		return types.NullValue
	case work != types.NullValue:
		return work
	}
	return any
}

// first is the first entry of a list; null when there is none.
func first(args []ref.Val) ref.Val {
	if _, ok := args[0].(traits.Lister); !ok && args[0] != types.NullValue {
		return failure("first needs a list, not a " + kindOf(args[0]))
	}
	return get([]ref.Val{args[0], types.IntZero})
}
