// Package idp plays an identity provider against a SCIM base URL: a made-up company of people
// and groups, provisioned in the request shapes that real products use (Products).
// The same seed always makes the same company and the same day at it.
//
// It is a client like any other: it knows HTTP and SCIM's words, and nothing of the server.
package idp

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Company is what an IdP holds before it provisions: people, groups and who is in them.
type Company struct {
	Domain string
	People []*Person
	Groups []*Group
}

// Person is a user at the IdP.
type Person struct {
	Key        string // stable id at the IdP; SCIM's externalId
	UserName   string
	Given      string
	Family     string
	Title      string
	Department string
	Active     bool

	ID string // the id the server gave; "" until it is known
}

// Group is a group at the IdP.
type Group struct {
	Key     string
	Name    string
	Members []*Person

	ID string
}

// GroupNames are the names of a made-up company's groups, in order; more are numbered.
var GroupNames = []string{
	"everyone", "engineering", "jira-users", "wiki-users", "vpn-users", "jira-admins", "sales",
	"finance-readers", "support", "on-call", "wiki-admins", "contractors", "release-managers", "hr-team",
}

var (
	givenNames = []string{
		"Ada", "Alan", "Barbara", "Claude", "Dennis", "Donald", "Edsger", "Fran", "Grace", "Hedy", "Ivan", "Joan",
		"Katherine", "Ken", "Leslie", "Linus", "Margaret", "Niklaus", "Radia", "Robin", "Shafi", "Sophie", "Tim", "Vint",
	}
	familyNames = []string{
		"Allen", "Berners", "Cerf", "Dahl", "Floyd", "Goldberg", "Hamilton", "Hoare", "Hopper", "Johnson", "Kay", "Knuth",
		"Lamport", "Liskov", "Lovelace", "Milner", "Naur", "Perlman", "Ritchie", "Shannon", "Thompson", "Turing", "Wirth", "Zuse",
	}
	titles      = []string{"Engineer", "Analyst", "Manager", "Consultant", "Designer", "Assistant"}
	departments = []string{"Research", "Sales", "Finance", "Support", "Operations"}
)

// NewCompany makes a company. The first group holds everybody, each further one a part: the
// higher its number, the fewer.
func NewCompany(domain string, people, groups int, seed uint64) *Company {
	r := rand.New(rand.NewPCG(seed, 1))
	c := &Company{Domain: domain}
	for i := range people {
		given, family := pick(r, givenNames), pick(r, familyNames)
		c.People = append(c.People, &Person{
			Key:        fmt.Sprintf("00u%08x%09d", uint32(seed), i),
			UserName:   fmt.Sprintf("%s.%s.%d@%s", strings.ToLower(given), strings.ToLower(family), i+1, domain),
			Given:      given,
			Family:     family,
			Title:      pick(r, titles),
			Department: pick(r, departments),
			Active:     true,
		})
	}
	for i := range groups {
		g := &Group{Key: fmt.Sprintf("00g%08x%09d", uint32(seed), i), Name: groupName(i)}
		share := 1 / float64(i+1)
		for _, p := range c.People {
			if i == 0 || r.Float64() < share {
				g.Members = append(g.Members, p)
			}
		}
		c.Groups = append(c.Groups, g)
	}
	return c
}

func groupName(i int) string {
	if i < len(GroupNames) {
		return GroupNames[i]
	}
	return fmt.Sprintf("project-%03d", i)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
