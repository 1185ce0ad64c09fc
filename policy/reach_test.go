package policy_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// Whatever the world, no connector gives what its lists, the group's tenant or a protection
// keep from it.
func TestNothingIsAssignedThatTheListsForbid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		in.Held = nil
		d := policy.Decide(in)
		for _, m := range d.Memberships {
			for _, s := range m.Supports {
				if s.Origin == policy.OriginIDP && !in.Connectors[s.Connector].Rules.Admits(m.Name) {
					t.Fatalf("%s gives %s, which its lists do not admit", s.Connector, m.Name)
				}
				facts, exists := in.Groups[canonical.Key(m.Name)]
				foreign := exists && facts.Tenant != "" && facts.Tenant != in.Connectors[s.Connector].Tenant
				if foreign && !in.Directory.Shared(m.Name) {
					t.Fatalf("%s reaches %s of %s", s.Connector, m.Name, facts.Tenant)
				}
				if _, protected := in.Directory.ProtectedGroup(m.Name, s.Connector); protected {
					t.Fatalf("%s reaches the protected group %s", s.Connector, m.Name)
				}
			}
		}
	})
}
