package policy_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// lawCases is how many cases each law must hold for; -rapid.checks asks for another number.
const lawCases = "10000"

func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		if err := flag.Set("rapid.checks", lawCases); err != nil {
			panic(err)
		}
	}
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// apply is what settling does with a decision: the Input of the next one.
func apply(in policy.Input, d policy.Decision) policy.Input {
	next := in
	next.Views = slices.Clone(in.Views)
	for i := range next.Views {
		v := &next.Views[i]
		v.LeftAt = d.LeftAt[v.Record]
		if slices.Contains(d.Counting, v.Record) && !v.EverCounted {
			v.EverCounted, v.FirstCounted = true, in.Now
		}
		v.DefaultsGranted = v.DefaultsGranted || slices.Contains(d.Granted, v.Record)
	}
	if d.Untouched {
		return next
	}
	u := &next.User
	u.Exists = u.Exists || d.Create
	u.Local = u.Local && !d.Create
	u.Status, u.CleanedUp, u.Attributes = d.Status, d.CleanedUp, d.Attributes
	if name, ok := d.Attributes["userName"].(string); ok {
		u.UserNameKey = canonical.Key(name)
	}
	switch {
	case u.Status != policy.UserDeleted:
		u.DeletedAt = time.Time{}
	case u.DeletedAt.IsZero():
		u.DeletedAt = in.Now
	}
	if d.Copied {
		next.Copy, u.Copied = nil, in.Copy
	}
	next.Held, next.Groups = nil, maps.Clone(in.Groups)
	if next.Groups == nil {
		next.Groups = map[string]policy.GroupFacts{}
	}
	for _, m := range d.Memberships {
		next.Held = append(next.Held, heldOf(m))
		if _, exists := next.Groups[m.Key]; !exists {
			next.Groups[m.Key] = policy.GroupFacts{Name: m.Name, Tenant: m.Creates}
		}
	}
	return next
}

// heldOf is a target membership as the user holds it.
func heldOf(m policy.TargetMembership) policy.Membership {
	held := policy.Membership{Key: m.Key, Supports: m.Supports}
	for i, because := range m.Reasons {
		if because.Code == policy.CodeCopied {
			held.CopiedBy, held.CopiedFrom = m.Supports[i].Connector, because.Detail
		}
	}
	return held
}

// state is what a decision makes of the user, without the reasons.
type state struct {
	Exists      bool
	Status      policy.Status
	CleanedUp   bool
	Memberships map[string]string // group key → its supports, as text
	Attributes  map[string]any
}

func stateOf(in policy.Input) state {
	s := state{Exists: in.User.Exists, Status: in.User.Status, CleanedUp: in.User.CleanedUp,
		Memberships: map[string]string{}, Attributes: in.User.Attributes}
	for _, m := range in.Held {
		s.Memberships[m.Key] = supportsText(m.Supports)
	}
	return s
}

func supportsText(supports []policy.Support) string {
	texts := make([]string, len(supports))
	for i, s := range supports {
		texts[i] = supportText(s)
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func supportText(s policy.Support) string {
	if s.Connector == "" {
		return string(s.Origin)
	}
	return string(s.Origin) + ":" + s.Connector
}

// dump writes an input out whole.
func dump(out *strings.Builder, in policy.Input) {
	fmt.Fprintf(out, "%+v\n%+v\n%+v\n%+v\n%+v\n", in.Views, in.User, in.Held, in.Groups, in.Exceptions)
}
