package mapping

import (
	"fmt"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// Step gives one attribute another value.
type Step struct {
	Target     string
	Expression string
	When       When
}

// When says at which times of a record a step gives its value.
type When string

// The times of a step. An empty one is Always.
const (
	Create When = "create" // when the record first counts; afterwards the attribute stays what the user holds
	Update When = "update" // once the IdP has changed the record afterwards
	Always When = "always"
)

// Program is a mapping made ready. It does not change, and many can run it at once.
type Program struct {
	steps    []step
	drop     cel.Program
	current  bool // a step looks at what the user holds
	creating bool // a step has when create
}

type step struct {
	target
	path string
	when When
	run  cel.Program
}

// Record is what a program runs over. None of it is changed.
type Record struct {
	Document  map[string]any // what the IdP said
	Connector string         // slug
	Current   map[string]any // what the user holds now; nil when there is none yet
	New       bool           // the record has not counted before
	Revised   bool           // the IdP has changed the record since it first counted
}

// Result is what a program makes of a record.
type Result struct {
	Document map[string]any // the caller's own
	Dropped  bool           // dropWhen is true
	Problem  *Problem       // the first; with one, neither of the two above is to be used
	Steps    []StepResult   // filled by Trace alone
}

// StepResult is what one step did.
type StepResult struct {
	Target  string
	Skipped bool // it is for another time
	Before  any
	After   any
	Problem *Problem
}

// Compile makes a mapping ready. The error is an *Error for the first thing that is refused. A
// mapping of nothing gives nil.
func Compile(steps []Step, dropWhen string) (*Program, error) {
	if len(steps) == 0 && dropWhen == "" {
		return nil, nil
	}
	if len(steps) > MaxSteps {
		return nil, &Error{Place: "steps", Problem: fmt.Sprintf("has %d steps, at most %d are allowed", len(steps), MaxSteps)}
	}
	p := &Program{}
	for i, s := range steps {
		place := fmt.Sprintf("steps[%d]", i)
		compiled := step{path: s.Target, when: s.When}
		switch s.When {
		case "":
			compiled.when = Always
		case Create, Update, Always:
		default:
			return nil, &Error{Place: place + ".when", Problem: fmt.Sprintf("is %q; it can be create, update or always", shortened(string(s.When)))}
		}
		var err error
		if compiled.target, err = parseTarget(s.Target); err != nil {
			return nil, &Error{Place: place + ".target", Problem: "cannot be used: " + err.Error()}
		}
		var uses map[string]bool
		if compiled.run, uses, err = compile(place+".expression", s.Expression, compiled.when == Update); err != nil {
			return nil, err
		}
		p.current = p.current || uses[varCurrent]
		p.creating = p.creating || compiled.when == Create
		p.steps = append(p.steps, compiled)
	}
	if dropWhen != "" {
		var err error
		if p.drop, _, err = compile("dropWhen", dropWhen, false); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Gives says whether the program changes attributes.
func (p *Program) Gives() bool { return p != nil && len(p.steps) > 0 }

// Names says whether the program gives what people are found by: a userName or e-mails.
func (p *Program) Names() bool {
	return p != nil && slices.ContainsFunc(p.steps, func(s step) bool { return s.urn == "" && (s.name == "userName" || s.name == "emails") })
}

// Recalls says whether the result depends on what the user holds.
func (p *Program) Recalls() bool { return p != nil && (p.current || p.creating) }

// Run makes of a record what the mapping says. A nil program gives the record's own document.
func (p *Program) Run(r Record) Result { return p.run(r, false) }

// Trace is Run that tells of every step, and goes on after a problem.
func (p *Program) Trace(r Record) Result { return p.run(r, true) }

func (p *Program) run(r Record, trace bool) Result {
	if p == nil {
		return Result{Document: r.Document}
	}
	result := p.once(r, trace)
	if result.Problem != nil || !p.current || r.New || !r.Revised {
		return result
	}
	// What looks at the user is settled again and again, and has to come to rest.
	again := r
	again.Current = result.Document
	if second := p.once(again, false); second.Problem == nil && !reflect.DeepEqual(second.Document, result.Document) {
		for i, s := range p.steps {
			if !reflect.DeepEqual(s.at(second.Document), s.at(result.Document)) {
				result.Problem = &Problem{fmt.Sprintf("steps[%d]", i), "gives another value each time it sees its own result in current: make it give the same again, for example by building it from record"}
				if trace {
					result.Steps[i].Problem = result.Problem
				}
				break
			}
		}
	}
	return result
}

// once runs the program once.
func (p *Program) once(r Record, trace bool) Result {
	var out Result
	budget := uint64(costOfAll)
	vars := r.variables()
	fail := func(problem *Problem) {
		if out.Problem == nil {
			out.Problem = problem
		}
	}
	if p.drop != nil {
		dropped, problem := evaluate(p.drop, vars, &budget, "dropWhen")
		is, ok := dropped.(bool)
		switch {
		case problem != nil:
			fail(problem)
		case dropped == nil: // nothing is known: nobody is dropped for that
		case !ok:
			fail(&Problem{"dropWhen", "gives a " + called(dropped) + " where true or false belongs: write a comparison, such as record.userType == \"Contractor\""})
		}
		out.Dropped = is
	}
	doc, _ := copied(r.Document).(map[string]any)
	if doc == nil {
		doc = map[string]any{}
	}
	out.Document = doc
	for i, s := range p.steps {
		if out.Problem != nil && !trace {
			return out
		}
		told := StepResult{Target: s.path}
		if trace {
			told.Before = copied(s.at(doc))
		}
		switch {
		case s.when == Create && !r.New:
			s.put(doc, copied(s.at(r.Current)))
			told.Skipped = true
		case s.when == Update && (r.New || !r.Revised):
			told.Skipped = true
		default:
			value, problem := evaluate(s.run, vars, &budget, fmt.Sprintf("steps[%d]", i))
			if problem == nil {
				if err := s.check(value); err != nil {
					problem = &Problem{fmt.Sprintf("steps[%d]", i), err.Error()}
				}
			}
			if problem != nil {
				fail(problem)
				told.Problem = problem
				break
			}
			s.put(doc, value)
		}
		if trace {
			told.After = copied(s.at(doc))
			out.Steps = append(out.Steps, told)
		}
	}
	return out
}

// variables are what expressions see.
func (r Record) variables() map[string]any {
	whole := func(doc map[string]any) map[string]any {
		if doc == nil {
			return map[string]any{}
		}
		return doc
	}
	extension, _ := r.Document[Enterprise].(map[string]any)
	return map[string]any{varRecord: whole(r.Document), varEnterprise: whole(extension), varConnector: r.Connector, varCurrent: whole(r.Current)}
}

// evaluate runs one expression, within what is left of the budget.
func evaluate(program cel.Program, vars map[string]any, budget *uint64, place string) (any, *Problem) {
	value, details, err := program.Eval(vars)
	cost := uint64(costOfOne)
	if details != nil && details.ActualCost() != nil {
		cost = *details.ActualCost()
	}
	if cost > *budget {
		return nil, &Problem{place, "takes too much work for this record, together with the steps before it: make the mapping shorter"}
	}
	*budget -= cost
	if err != nil {
		return nil, &Problem{place, plainly(err)}
	}
	if types.IsUnknownOrError(value) {
		return nil, &Problem{place, "cannot be carried out with this record's values"}
	}
	out, err := plain(value)
	if err != nil {
		return nil, &Problem{place, err.Error()}
	}
	return out, nil
}
