package main

import (
	"context"
	"fmt"
	"strings"
)

// step is one change.
type step struct {
	About   string   `json:"about"`             // such as "connector acme-okta: rules"
	Lines   []string `json:"lines"`             // what differs
	Plan    *plan    `json:"plan,omitempty"`    // what it does to people, where the server can say it
	Unknown bool     `json:"unknown,omitempty"` // the server cannot say it beforehand
	Later   bool     `json:"later,omitempty"`   // the server can say it when the step before is done

	connector string
	draft     map[string]any // of the plan; nil if none is made
	first     []planLine
	more      bool
	do        func(context.Context, *terminal) error // what to do without a plan
}

// makePlans asks the server what the steps do to people.
func (p *comparison) makePlans(ctx context.Context) error {
	for _, s := range p.steps {
		if s.draft != nil && !s.Later {
			if err := s.makePlan(ctx, p.api); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *step) makePlan(ctx context.Context, api *client) error {
	made, err := planned(ctx, api, s.connector, s.draft)
	if err != nil {
		return fmt.Errorf("%s: %w", s.About, err)
	}
	s.Plan = &made
	s.first, s.more, err = planLines(ctx, api, s.connector, made.ID)
	return err
}

func (s *step) print(t *terminal) error {
	if err := say(t, "%s", printable(s.About)); err != nil {
		return err
	}
	for _, line := range s.Lines {
		if err := say(t, "  %s", printable(line)); err != nil {
			return err
		}
	}
	switch {
	case s.Plan != nil:
		return s.printPlan(t)
	case s.Later:
		return say(t, "  What this does to people can be said when the step above is done.")
	case s.Unknown:
		return say(t, "  What this does to people cannot be counted beforehand.")
	}
	return nil
}

func (s *step) printPlan(t *terminal) error {
	if err := printLines(t, s.first); err != nil {
		return err
	}
	more := ""
	if s.more {
		more = " " + shortly(s.connector, s.Plan.ID) + "."
	}
	return say(t, "  %s%s", s.Plan.inNumbers(), more)
}

func (p *comparison) print(t *terminal) error {
	for _, s := range p.steps {
		if err := s.print(t); err != nil {
			return err
		}
	}
	if len(p.left) > 0 {
		return say(t, "Left alone, as the file does not name them: %s", strings.Join(p.left, ", "))
	}
	return nil
}
