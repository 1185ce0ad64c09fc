package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// isVersion accepts one version.
func isVersion(want int64) directory.IfMatch {
	return func(version int64) bool { return version == want }
}

// draftCases are about the rules that somebody is writing.
var draftCases = map[string]func(*testing.T, *stage){
	"a draft reads back half written, and changes nothing": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		s.drain()
		rules := policy.DefaultRules()
		rules.NeverAssign = []policy.Entry{{Text: "("}, {Form: policy.FormIs, Text: "Eng"}}
		kept, err := s.d.KeepRulesDraft(ctx, byAdmin, "a", isVersion(0), 1, rules)
		s.ok(err)
		read, err := s.d.RulesDraft(ctx, "a")
		s.ok(err)
		if fmt.Sprint(read) != fmt.Sprint(kept) || read.Version == 0 || read.BasedOn != 1 || read.Actor != byAdmin.ID || read.Changed.IsZero() || fmt.Sprint(read.Rules.NeverAssign) != fmt.Sprint(rules.NeverAssign) {
			s.Errorf("kept %+v, read %+v", kept, read)
		}
		if other, err := s.d.RulesDraft(ctx, "b"); err != nil || other.Version != 0 {
			s.Errorf("the other connector has the draft %+v, %v", other, err)
		}
		s.drain()
		s.wants("ada", "active, Eng idp")
		s.again()
	},
	"of two who write one draft, the second is told": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		s.connector("acme", "a", tenants.Live, policy.Rules{})
		keep := func(match directory.IfMatch) (directory.RulesDraft, error) {
			return s.d.KeepRulesDraft(ctx, byAdmin, "a", match, 1, policy.DefaultRules())
		}
		var all sync.WaitGroup
		outcomes := make([]error, 8)
		for i := range outcomes {
			all.Go(func() { _, outcomes[i] = keep(isVersion(0)) })
		}
		all.Wait()
		won := 0
		for _, err := range outcomes {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, directory.ErrVersion):
				s.Errorf("a draft that was begun already: %v", err)
			}
		}
		if won != 1 {
			s.Errorf("%d began the draft, want one", won)
		}
		first, err := s.d.RulesDraft(ctx, "a")
		s.ok(err)
		second, err := keep(isVersion(first.Version))
		s.ok(err)
		if second.Version <= first.Version {
			s.Errorf("version %d came after %d", second.Version, first.Version)
		}
		if _, err := keep(isVersion(first.Version)); !errors.Is(err, directory.ErrVersion) {
			s.Errorf("from a version that is gone: %v", err)
		}
		if err := s.d.DropRulesDraft(ctx, "a", isVersion(first.Version)); !errors.Is(err, directory.ErrVersion) {
			s.Errorf("dropping a version that is gone: %v", err)
		}
		s.ok(s.d.DropRulesDraft(ctx, "a", isVersion(second.Version)))
		s.ok(s.d.DropRulesDraft(ctx, "a", nil))
		anew, err := keep(nil)
		s.ok(err)
		if anew.Version <= second.Version {
			s.Errorf("a draft begun anew has version %d, after %d", anew.Version, second.Version)
		}
	},
	"a draft names a version of the rules that there is, and goes with its connector": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		s.connector("acme", "a", tenants.Live, policy.Rules{})
		_, err := s.d.KeepRulesDraft(ctx, byAdmin, "a", nil, 2, policy.DefaultRules())
		s.wantsRefusal(err, "invalidVersion")
		_, err = s.d.KeepRulesDraft(ctx, byAdmin, "a", nil, 1, policy.DefaultRules())
		s.ok(err)
		s.ok(s.DeleteConnector(ctx, "a"))
		s.connector("acme", "a", tenants.Live, policy.Rules{})
		if d, err := s.d.RulesDraft(ctx, "a"); err != nil || d.Version != 0 {
			s.Errorf("a new connector of the same name has the draft %+v, %v", d, err)
		}
	},
}
