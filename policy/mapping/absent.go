package mapping

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// What is absent is null: CEL itself stops at the first attribute that is missing, and a mapping
// that has to ask has(…) of everything is wrong for somebody. So a parsed expression is rewritten
// before it is checked:
//
//	record.name.givenName    @get(@get(record, "name"), "givenName")    null of null, null of what is not there
//	has(record.title)        @get(record, "title") != null
//	record.emails[0]         @get(@get(record, "emails"), 0)
//	x in record.list         x in @each(@get(record, "list"))            nothing is in a null
//	record.emails.map(…)     @each(@get(record, "emails")).map(…)
//	size(record.emails)      size(@each(@get(record, "emails")))
const (
	getFunction  = "@get"
	eachFunction = "@each"
)

// fault is what the rewriting refuses, by the id of the expression.
type fault struct {
	id      int64
	problem string
}

// rewriter goes through one expression.
type rewriter struct {
	tree    *ast.AST
	factory ast.ExprFactory
	next    int64
	vars    []string
	faults  []fault
	uses    map[string]bool // variables
}

func rewrite(parsed *cel.Ast, vars []string) *rewriter {
	tree := parsed.NativeRep()
	r := &rewriter{tree: tree, factory: ast.NewExprFactory(), next: ast.MaxID(tree), vars: vars, uses: make(map[string]bool)}
	// Children first: what a select stands on is rewritten when the select is, so the names of
	// attributes are looked at before.
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(r.look))
	var all []ast.Expr
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) { all = append(all, e) }))
	for _, e := range all {
		r.change(e)
	}
	return r
}

// look notes variables and checks what can be checked by name: attributes, and patterns.
func (r *rewriter) look(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		r.uses[e.AsIdent()] = true
	case ast.SelectKind:
		r.lookAtName(e)
	case ast.CallKind:
		call := e.AsCall()
		if at, has := patterns[call.FunctionName()]; has {
			args := call.Args()
			if at < len(args) && args[at].Kind() != ast.LiteralKind {
				r.faults = append(r.faults, fault{args[at].ID(), "the regular expression has to be written here, in quotes: it cannot come out of a value"})
			} else if at < len(args) {
				if s, ok := args[at].AsLiteral().(types.String); ok {
					if problem := checkPattern(string(s)); problem != "" {
						r.faults = append(r.faults, fault{args[at].ID(), problem})
					}
				}
			}
		}
	}
}

// lookAtName checks record.x, record.x.y and enterprise.x against the schema.
func (r *rewriter) lookAtName(e ast.Expr) {
	s := e.AsSelect()
	of := attributes
	switch o := s.Operand(); o.Kind() {
	case ast.IdentKind:
		switch o.AsIdent() {
		case varRecord, varCurrent:
		case varEnterprise:
			of = ofEnterprise
		default:
			return
		}
		if _, known := find(of, s.FieldName()); !known {
			r.faults = append(r.faults, fault{e.ID(), unknown(s.FieldName(), of)})
		}
	case ast.SelectKind:
		outer := o.AsSelect()
		if outer.Operand().Kind() != ast.IdentKind {
			return
		}
		switch outer.Operand().AsIdent() {
		case varRecord, varCurrent:
		case varEnterprise:
			of = ofEnterprise
		default:
			return
		}
		a, known := find(of, outer.FieldName())
		switch {
		case !known:
		case a.kind == list:
			r.faults = append(r.faults, fault{e.ID(), a.name + " is a list: say which entry, as in email(record.emails, \"work\"), record." + a.name + "[0]." + s.FieldName() + " or record." + a.name + ".filter(…)"})
		case a.kind == text || a.kind == flag:
			r.faults = append(r.faults, fault{e.ID(), a.name + " has no parts"})
		case !slices.Contains(a.subs, s.FieldName()):
			parts := make([]attribute, len(a.subs))
			for i, name := range a.subs {
				parts[i].name = name
			}
			r.faults = append(r.faults, fault{e.ID(), unknown(s.FieldName(), parts)})
		}
	}
}

// change rewrites one expression, whose parts are rewritten already.
func (r *rewriter) change(e ast.Expr) {
	switch e.Kind() {
	case ast.SelectKind:
		s := e.AsSelect()
		args := []ast.Expr{s.Operand(), r.factory.NewLiteral(r.id(e), types.String(s.FieldName()))}
		if !s.IsTestOnly() {
			e.SetKindCase(r.factory.NewCall(0, getFunction, args...))
			return
		}
		value := r.factory.NewCall(r.id(e), getFunction, args...)
		e.SetKindCase(r.factory.NewCall(0, "_!=_", value, r.factory.NewLiteral(r.id(e), types.NullValue)))
	case ast.CallKind:
		c := e.AsCall()
		args := slices.Clone(c.Args())
		switch {
		case c.FunctionName() == "_[_]" && len(args) == 2:
			e.SetKindCase(r.factory.NewCall(0, getFunction, args...))
		case c.FunctionName() == "@in" && len(args) == 2:
			args[1] = r.each(args[1])
			e.SetKindCase(r.factory.NewCall(0, "@in", args...))
		case c.FunctionName() == "size" && len(args) == 1 && !c.IsMemberFunction():
			e.SetKindCase(r.factory.NewCall(0, "size", r.each(args[0])))
		case c.FunctionName() == "size" && len(args) == 0 && c.IsMemberFunction():
			e.SetKindCase(r.factory.NewCall(0, "size", r.each(c.Target())))
		}
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		e.SetKindCase(r.factory.NewComprehension(0, r.each(c.IterRange()), c.IterVar(), c.AccuVar(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()))
	}
}

func (r *rewriter) each(e ast.Expr) ast.Expr {
	return r.factory.NewCall(r.id(e), eachFunction, e)
}

// id is one for a new expression that stands at the place of another.
func (r *rewriter) id(at ast.Expr) int64 {
	id := r.next
	r.next++
	if place, known := r.tree.SourceInfo().GetOffsetRange(at.ID()); known {
		r.tree.SourceInfo().SetOffsetRange(id, place)
	}
	return id
}
