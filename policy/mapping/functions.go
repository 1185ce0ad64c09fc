package mapping

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// The functions that expressions have beside CEL's operators. A null in gives a null out, or false
// of a condition. Whatever would come to be longer than maxText is an error before it is made.

// FunctionNames are the functions that expressions can call by name.
var FunctionNames = []string{
	"default", "email", "endsWith", "extract", "first", "join", "lower", "replace", "size", "split", "startsWith", "contains",
	"matches", "string", "int", "double", "bool", "trim", "upper", "has", "all", "exists", "exists_one", "filter", "map",
}

func functions() []cel.EnvOption {
	dyn := cel.DynType
	one := func(name string, f func(string) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_of", []*cel.Type{dyn}, dyn, cel.UnaryBinding(func(v ref.Val) ref.Val {
			return withText(name, v, f)
		})))
	}
	many := func(name string, counts []int, f func(args []ref.Val) ref.Val) cel.EnvOption {
		var overloads []cel.FunctionOpt
		for _, n := range counts {
			in := make([]*cel.Type, n)
			for i := range in {
				in[i] = dyn
			}
			overloads = append(overloads, cel.Overload(name+"_"+string(rune('0'+n)), in, dyn, cel.FunctionBinding(func(args ...ref.Val) ref.Val { return f(args) })))
		}
		return cel.Function(name, overloads...)
	}
	member := func(name string, f func(text, part string) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload(name+"_in", []*cel.Type{dyn, cel.StringType}, cel.BoolType, cel.BinaryBinding(func(v, part ref.Val) ref.Val {
			if v == types.NullValue {
				return types.False
			}
			p, _ := part.(types.String)
			return withText(name, v, func(s string) ref.Val { return f(s, string(p)) })
		})))
	}
	return []cel.EnvOption{
		one("lower", func(s string) ref.Val { return bounded("lower", strings.ToLower(s)) }),
		one("upper", func(s string) ref.Val { return bounded("upper", strings.ToUpper(s)) }),
		one("trim", func(s string) ref.Val { return types.String(strings.TrimSpace(s)) }),
		many("replace", []int{3}, replace),
		many("split", []int{2}, split),
		many("join", []int{1, 2}, join),
		many("extract", []int{2}, extract),
		many("email", []int{1, 2}, email),
		many("first", []int{1}, first),
		many("default", []int{2}, func(args []ref.Val) ref.Val {
			if absent(args[0]) {
				return args[1]
			}
			return args[0]
		}),
		member("startsWith", func(s, p string) ref.Val { return types.Bool(strings.HasPrefix(s, p)) }),
		member("endsWith", func(s, p string) ref.Val { return types.Bool(strings.HasSuffix(s, p)) }),
		member("contains", func(s, p string) ref.Val { return types.Bool(strings.Contains(s, p)) }),
		member("matches", func(s, p string) ref.Val {
			re, failed := patternOf(p)
			if failed != nil {
				return failed
			}
			return types.Bool(re.MatchString(s))
		}),
		many(getFunction, []int{2}, get),
		many(eachFunction, []int{1}, func(args []ref.Val) ref.Val {
			if args[0] == types.NullValue {
				return types.NewDynamicList(adapter{}, []any{})
			}
			return args[0]
		}),
	}
}

// failure is an error of a function, in words without values.
func failure(text string) ref.Val { return types.NewErr("%s%s", own, text) }

// withText gives f a text; null stays null.
func withText(name string, v ref.Val, f func(string) ref.Val) ref.Val {
	switch v := v.(type) {
	case types.String:
		return f(string(v))
	case types.Null:
		return types.NullValue
	}
	return failure(name + " needs a text, not a " + kindOf(v) + ": turn a number into a text with string(…), and take one entry of a list")
}

// kindOf is what people call the kind of a value.
func kindOf(v ref.Val) string {
	switch v.(type) {
	case types.String:
		return "text"
	case types.Null:
		return "null"
	case types.Bool:
		return "true or false"
	case types.Int, types.Uint, types.Double:
		return "number"
	case traits.Mapper:
		return "object"
	case traits.Lister:
		return "list"
	}
	return "value of another kind"
}

func bounded(name, s string) ref.Val {
	if len(s) > maxText {
		return failure(name + " would make a text of more than 32 KiB")
	}
	return types.String(s)
}

// absent says whether a value is none: null, an empty text or an empty list.
func absent(v ref.Val) bool {
	switch v := v.(type) {
	case types.Null:
		return true
	case types.String:
		return v == ""
	case traits.Lister:
		return v.Size() == types.IntZero
	}
	return false
}

// get is a member of an object or an entry of a list; null of null, and of what is not there.
func get(args []ref.Val) ref.Val {
	switch v := args[0].(type) {
	case types.Null:
		return types.NullValue
	case traits.Mapper:
		if found, there := v.Find(args[1]); there {
			return found
		}
		return types.NullValue
	case traits.Lister:
		i, ok := args[1].(types.Int)
		if !ok {
			return failure("an entry of a list is chosen by a number, as in record.emails[0]")
		}
		if n, _ := v.Size().(types.Int); i < 0 || i >= n {
			return types.NullValue
		}
		return v.Get(i)
	}
	return failure("a " + kindOf(args[0]) + " has no parts")
}
