package policy

import (
	"errors"

	"github.com/muster-scim/muster/policy/mapping"
)

// Attributes is the compiled mapping of attributes; nil when there is none. Decide gets views that
// it has been applied to: whoever makes Input does that (View.Attributes, Dropped and Failed).
func (rs *RuleSet) Attributes() *mapping.Program { return rs.attributes }

// Program makes the steps and the condition of a mapping ready. The error is a *RuleError.
func (m Mapping) Program() (*mapping.Program, error) {
	steps := make([]mapping.Step, len(m.Steps))
	for i, s := range m.Steps {
		steps[i] = mapping.Step{Target: s.Target, Expression: s.Expression, When: mapping.When(s.When)}
	}
	p, err := mapping.Compile(steps, m.DropWhen)
	var refused *mapping.Error
	if errors.As(err, &refused) {
		return nil, &RuleError{List: "mapping." + refused.Place, Index: -1, Problem: refused.Detail()}
	}
	return p, err
}

// ReadMapping reads a mapping alone, as strictly as within rules.
func ReadMapping(data []byte) (Mapping, error) {
	var m Mapping
	err := readStrictly(data, &m, "mapping")
	return m, err
}
