package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-scim/muster/policy"
)

// mappedStep says what the mapping makes of a record.
func (x *explaining) mappedStep(r *RecordRow, slug string) Step {
	s := Step{Step: "mapped", Connector: slug}
	c := x.settings.Connectors[r.Connector]
	m := x.mapped(r, x.p)
	switch {
	case c == nil || m == nil && !c.Policy.Rules.RenamesGroups():
		s.Detail = "Nothing is mapped: names and attributes are taken as they are sent."
		return s
	case m == nil:
		s.Detail = "Groups have the names that the mapping gives them; attributes are taken as they are sent."
	case m.problem != "":
		s.Detail = "The mapping cannot be carried out for the record, and what the user holds stays: " + m.problem + "."
		s.Reason = &policy.Reason{Code: policy.CodeMappingFailed, Connector: slug}
	case m.dropped:
		s.Detail = "The mapping drops the record: dropWhen is true."
		s.Reason = &policy.Reason{Code: policy.CodeRecordDropped, Connector: slug}
	default:
		s.Detail = "The mapping gives " + targetsOf(c.Policy.Rules.Rules().Mapping) + "."
	}
	s.RulesVersion = c.RulesVersion
	return s
}

// targetsOf names what a mapping changes.
func targetsOf(m policy.Mapping) string {
	var targets []string
	for _, step := range m.Steps {
		if !slices.Contains(targets, step.Target) {
			targets = append(targets, step.Target)
		}
	}
	switch n := len(targets); {
	case n == 0:
		return "nothing else, and does not drop the record"
	case n > 8:
		return fmt.Sprintf("%s and %d more", strings.Join(targets[:8], ", "), n-8)
	}
	return strings.Join(targets, ", ")
}
