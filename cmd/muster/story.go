package main

import (
	"strings"

	"github.com/muster-scim/muster/cmd/muster/idp"
)

// story is who plays in the demo, what must have come of it, and what is asked at its end.
type story struct {
	cast      []*character
	claims    []claim
	sent      []sent
	questions []question
}

// sent is a group that the rules held back and that its IdP must still read back whole.
type sent struct {
	by      int // index into cast
	group   string
	members int
}

// character is a tenant with its IdP, connector and rules.
type character struct {
	title, plot           string
	tenant, slug, product string
	rules                 map[string]any
	company               *idp.Company
	day                   *idp.Day

	run *idp.Run // once it has played
}

// claim is what one rule must have done.
type claim struct {
	rule, says string
	holds      func(map[string]user) bool
}

type question struct{ user, group string }

func newStory(suffix string) *story {
	ada, bob, cy := person("Ada", "Byron", "northwind"), person("Bob", "Hope", "northwind"), person("Cy", "Ray", "northwind")
	dora, evan := person("Dora", "Marsh", "contoso"), person("Evan", "Poe", "contoso")
	fay, gus := person("Fay", "Quinn", "fabrikam"), person("Gus", "Reed", "fabrikam")
	jira, vpn := team("jira-users", ada, bob, cy), team("vpn-users", ada, bob)
	return &story{
		cast: []*character{
			{
				title: "Northwind's Okta pushes everyone, jira-users and vpn-users.",
				plot:  "Later Ada leaves jira-users and vpn-users, and Bob leaves the company.",
				rules: map[string]any{"onlyAssign": []string{"jira-.*", "vpn-.*"}, "neverRemove": []string{"vpn-.*"}},
				company: &idp.Company{Domain: "northwind.example", People: []*idp.Person{ada, bob, cy},
					Groups: []*idp.Group{team("everyone", ada, bob, cy), jira, vpn}},
				day: &idp.Day{Left: []*idp.Person{bob},
					Leavers: []idp.Move{{Group: jira, People: []*idp.Person{ada}}, {Group: vpn, People: []*idp.Person{ada}}}},
				tenant: "northwind" + suffix, slug: "northwind-okta" + suffix, product: "okta",
			},
			{
				title: "Contoso's Okta pushes jira-users, which is shared, and contoso-admins.",
				plot:  "Nobody becomes an administrator because an IdP says so.",
				rules: map[string]any{"neverAssign": []string{".*-admins"}},
				company: &idp.Company{Domain: "contoso.example", People: []*idp.Person{dora, evan},
					Groups: []*idp.Group{team("jira-users", dora, evan), team("contoso-admins", dora)}},
				tenant: "contoso" + suffix, slug: "contoso-okta" + suffix, product: "okta",
			},
			{
				title: "Fabrikam's Entra provisions two people and the group fabrikam-sales.",
				plot:  "Everybody at Fabrikam is in fabrikam-staff, which Entra never heard of.",
				rules: map[string]any{"alwaysAssign": []string{"fabrikam-staff"}},
				company: &idp.Company{Domain: "fabrikam.example", People: []*idp.Person{fay, gus},
					Groups: []*idp.Group{team("fabrikam-sales", fay)}},
				tenant: "fabrikam" + suffix, slug: "fabrikam-entra" + suffix, product: "entra",
			},
		},
		claims: []claim{
			{"onlyAssign", "Northwind's everyone matches neither jira-.* nor vpn-.*: Okta sent it for three people, nobody got it.", func(people map[string]user) bool {
				cy := people[cy.UserName]
				return cy.dropped("everyone") == "onlyAssign" && cy.origin("everyone") == "" && cy.origin("jira-users") == "idp"
			}},
			{"neverAssign", "Contoso's contoso-admins matches .*-admins: Okta sent Dora as a member, she is none; jira-users came through.", func(people map[string]user) bool {
				dora := people[dora.UserName]
				return dora.dropped("contoso-admins") == "neverAssign" && dora.origin("contoso-admins") == "" && dora.origin("jira-users") == "idp"
			}},
			{"alwaysAssign", "Fay and Gus are in fabrikam-staff, although Entra sends no such group.", func(people map[string]user) bool {
				return people[fay.UserName].origin("fabrikam-staff") == "always" && people[gus.UserName].origin("fabrikam-staff") == "always"
			}},
			{"neverRemove", "Okta took Ada out of both groups: jira-users is gone, vpn-users matches vpn-.* and is kept.", func(people map[string]user) bool {
				ada := people[ada.UserName]
				return ada.origin("vpn-users") == "retained" && ada.origin("jira-users") == ""
			}},
		},
		sent:      []sent{{0, "everyone", 3}, {0, "vpn-users", 1}, {1, "contoso-admins", 1}},
		questions: []question{{ada.UserName, "vpn-users"}, {ada.UserName, "jira-users"}, {dora.UserName, "contoso-admins"}},
	}
}

// origin is the origin of the user's membership in a group, "" if there is none.
func (x user) origin(group string) string {
	for _, m := range x.Memberships {
		if m.Group.DisplayName == group {
			return m.Origin
		}
	}
	return ""
}

// dropped is the list that held a group back for the user, "" if none did.
func (x user) dropped(group string) string {
	for _, m := range x.Dropped {
		if m.Group.DisplayName == group {
			return m.Because.List
		}
	}
	return ""
}

func person(given, family, company string) *idp.Person {
	name := strings.ToLower(given) + "@" + company + ".example"
	return &idp.Person{Key: "00u" + strings.ToLower(given) + "0000000000", UserName: name, Given: given, Family: family, Title: "Engineer", Department: "Research", Active: true}
}

func team(name string, members ...*idp.Person) *idp.Group {
	return &idp.Group{Key: "00g" + name, Name: name, Members: members}
}
