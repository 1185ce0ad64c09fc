package mapping

import (
	"encoding/json"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// What an expression may name.
const (
	varRecord     = "record"     // what the IdP said of the user
	varEnterprise = "enterprise" // the record's enterprise extension
	varConnector  = "connector"  // the connector's slug
	varCurrent    = "current"    // what the user holds now; steps with when update alone
)

// variables are the names that expressions of a kind may use.
func variables(update bool) []string {
	names := []string{varRecord, varEnterprise, varConnector}
	if update {
		names = append(names, varCurrent)
	}
	return names
}

// standard are the parts of CEL's own library that expressions have. What reads clocks, time zones
// or patterns out of data is left out; texts have functions of ours that know what absent means.
var standard = []string{
	"_?_:_", "_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_", "-_",
	"_[_]", "@in", "@not_strictly_false", "size", "string", "int", "double", "bool",
}

// The environments are compiled once; they do not change.
var (
	environment = newEnvironment(false)
	withCurrent = newEnvironment(true)
)

func newEnvironment(update bool) *cel.Env {
	subset := &env.LibrarySubset{IncludeMacros: []string{"has", "all", "exists", "exists_one", "map", "filter"}}
	for _, name := range standard {
		subset.IncludeFunctions = append(subset.IncludeFunctions, &env.Function{Name: name})
	}
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.CustomTypeAdapter(adapter{}),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(MaxExpression),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxLoops)),
	}
	for _, name := range variables(update) {
		t := cel.DynType
		if name == varConnector {
			t = cel.StringType
		}
		options = append(options, cel.Variable(name, t))
	}
	e, err := cel.NewCustomEnv(append(options, functions()...)...)
	if err != nil {
		panic("the mapping's environment: " + err.Error()) // nothing in it comes from outside
	}
	return e
}

// adapter gives CEL the values of documents, whose numbers are json.Numbers.
type adapter struct{}

func (a adapter) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case map[string]any:
		return types.NewStringInterfaceMap(a, v)
	case []any:
		return types.NewDynamicList(a, v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return types.Int(n)
		}
		n, _ := v.Float64()
		return types.Double(n)
	}
	return types.DefaultTypeAdapter.NativeToValue(value)
}

// costs tells what our functions cost: what they read and write, ten bytes for one.
type costs struct{}

func (costs) CallCost(_, _ string, args []ref.Val, result ref.Val) *uint64 {
	cost := uint64(1) + weight(result)/10
	for _, a := range args {
		cost += weight(a) / 10
	}
	return &cost
}

// weight is how many bytes of text there are in a value; of a list, in what lies in it directly.
func weight(v ref.Val) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(len(v))
	case traits.Lister:
		var sum uint64
		n, _ := v.Size().(types.Int)
		for i := types.Int(0); i < n; i++ {
			sum += 10
			if s, ok := v.Get(i).(types.String); ok {
				sum += uint64(len(s))
			}
		}
		return sum
	}
	return 0
}
