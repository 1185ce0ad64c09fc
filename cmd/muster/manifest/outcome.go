package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// noUser is the status of a person of whom no user is made.
const noUser = "none"

// Outcome is what rules decide about a person.
type Outcome struct {
	Status  string // active, disabled, deleted or none
	Because string
	Groups  []Verdict // in the order of their names
}

// Verdict is what they decide about one group.
type Verdict struct {
	Name    string `json:"group"`
	Member  bool   `json:"member"`
	Because string `json:"because"`
}

// Decide asks package policy about a person whom this connector alone describes, as if it were
// live, every grace were over, and no group were another tenant's.
func (c *Connector) Decide(settings policy.DirectorySettings, g Given) (Outcome, error) {
	rules, err := policy.Compile(c.Rules)
	if err != nil {
		return Outcome{}, err
	}
	directory, err := policy.CompileDirectory(settings, 1)
	if err != nil {
		return Outcome{}, err
	}
	in := c.input(rules, directory, g)
	return outcome(in, policy.Decide(in), c.Slug), nil
}

// input is the person in the words of package policy.
func (c *Connector) input(rules *policy.RuleSet, directory *policy.Directory, g Given) policy.Input {
	const record = "record"
	now := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	past := now.AddDate(-100, 0, 0) // longer ago than any grace
	name := cmp.Or(g.UserName, "somebody@example.com")
	known := g.Known || g.Deleted || len(g.Holds) > 0
	view := policy.View{Connector: c.Slug, Record: record, State: policy.Active,
		Attributes: map[string]any{"userName": name}, EverCounted: known, DefaultsGranted: known}
	switch {
	case g.Deleted:
		view.State, view.LastInactive = policy.Deleted, g.Active != nil && !*g.Active
	case g.Active != nil && !*g.Active:
		view.State = policy.Inactive
	}
	in := policy.Input{Directory: directory, Now: now, Groups: map[string]policy.GroupFacts{},
		Connectors: map[string]*policy.Connector{c.Slug: {Slug: c.Slug, Tenant: c.Tenant, Rules: rules, HeldGroups: true}}}
	in.User.Protected, in.User.Excepted = directory.ProtectedUser(name)
	if known {
		view.FirstCounted, view.LeftAt = past, past
		in.User.Exists, in.User.Status = true, policy.UserActive
		in.User.UserNameKey, in.User.Attributes = canonical.Key(name), map[string]any{"userName": name}
	}
	if !g.Deleted {
		for _, group := range g.Groups {
			view.Groups = append(view.Groups, policy.SentGroup{Name: group, Key: canonical.Key(group)})
		}
	}
	for _, group := range g.Holds {
		key := canonical.Key(group)
		if _, twice := in.Groups[key]; twice {
			continue
		}
		in.Groups[key] = policy.GroupFacts{Name: group, Tenant: c.Tenant}
		in.Held = append(in.Held, policy.Membership{Key: key, Supports: []policy.Support{{Origin: policy.OriginIDP, Connector: c.Slug}}})
	}
	in.Views = []policy.View{view}
	return in
}

func outcome(in policy.Input, d policy.Decision, slug string) Outcome {
	out := Outcome{Status: string(d.Status), Because: d.StatusBecause.Sentence("")}
	if !in.User.Exists && !d.Create {
		out.Status = noUser
		for _, silent := range d.Silent {
			out.Because = silent.Sentence("")
		}
	}
	seen := map[string]bool{}
	for _, m := range d.Memberships {
		seen[m.Key] = true
		out.Groups = append(out.Groups, Verdict{m.Name, true, m.Because.Sentence(m.Name)})
	}
	for _, v := range d.Verdicts {
		if !seen[v.Key] && (v.Connector == slug || v.Connector == "") {
			seen[v.Key] = true
			out.Groups = append(out.Groups, Verdict{v.Name, false, v.Because.Sentence(v.Name)})
		}
	}
	slices.SortFunc(out.Groups, func(a, b Verdict) int {
		return cmp.Compare(canonical.Key(a.Name), canonical.Key(b.Name))
	})
	return out
}

// About is the verdict on a group.
func (o Outcome) About(group string) Verdict {
	for _, v := range o.Groups {
		if Same(v.Name, group) {
			return v
		}
	}
	return Verdict{group, false, "The IdP does not send it, and no rule names it."}
}

// Run runs a test and says, a line each, what came otherwise than expected, and why it came.
func (t Test) Run(c *Connector, settings policy.DirectorySettings) (wrong []string, err error) {
	o, err := c.Decide(settings, t.Given)
	if err != nil {
		return nil, err
	}
	for _, name := range t.Expect.Groups {
		if v := o.About(name); !v.Member {
			wrong = append(wrong, fmt.Sprintf("expected to be in %s, and is not: %s", name, v.Because))
		}
	}
	for _, name := range t.Expect.Not {
		if v := o.About(name); v.Member {
			wrong = append(wrong, fmt.Sprintf("expected not to be in %s, and is: %s", name, v.Because))
		}
	}
	if t.Expect.Status != "" && t.Expect.Status != o.Status {
		wrong = append(wrong, fmt.Sprintf("expected status %s, and it is %s: %s", t.Expect.Status, o.Status, o.Because))
	}
	return wrong, nil
}
