package idp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Day is what happens at a company after everybody was provisioned. Whom it hits is drawn from
// the seed, so a second run of the same day meets the same people and groups.
type Day struct {
	Promoted  []*Person // get another title and department
	Married   []Wedding
	Left      []*Person // are deactivated and stay so
	Purged    []*Person // of those who left: deleted, where the IdP deletes at all
	OnLeave   []*Person // are deactivated and come back
	Leavers   []Move
	Joiners   []Move
	Renamed   []Renaming
	Disbanded []*Group // are deleted
}

// Wedding gives a person another family name, and with it another userName.
type Wedding struct {
	Person           *Person
	Family, UserName string
}

// Move is a batch of people who join or leave one group.
type Move struct {
	Group  *Group
	People []*Person
}

// Renaming gives a group another name.
type Renaming struct {
	Group *Group
	Name  string
}

// NewDay draws a day: about one in ten people is promoted, one in twenty leaves, and so on. The
// first group, everyone, keeps its name and its members.
func NewDay(c *Company, seed uint64) *Day {
	r := rand.New(rand.NewPCG(seed, 2))
	people := slices.Clone(c.People)
	r.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	oneIn := func(share int) []*Person {
		n := min((len(c.People)+share-1)/share, len(people))
		taken := people[:n]
		people = people[n:]
		return taken
	}
	d := &Day{Promoted: oneIn(10), Left: oneIn(20), OnLeave: oneIn(20)}
	d.Purged = every(d.Left, 4)
	for _, p := range oneIn(50) {
		family := pick(r, familyNames) + "-" + p.Family
		d.Married = append(d.Married, Wedding{Person: p, Family: family,
			UserName: strings.Replace(p.UserName, strings.ToLower(p.Family), strings.ToLower(family), 1)})
	}
	for i, g := range c.Groups {
		switch {
		case i == 0:
		case i == len(c.Groups)-1 && i >= 4:
			d.Disbanded = append(d.Disbanded, g)
		case i == len(c.Groups)-2 && i >= 3:
			d.Renamed = append(d.Renamed, Renaming{Group: g, Name: g.Name + "-eu"})
		default:
			d.Leavers = append(d.Leavers, Move{Group: g, People: every(g.Members, 7)})
			d.Joiners = append(d.Joiners, Move{Group: g, People: every(outside(c, g), 9)})
		}
	}
	return d
}

// later are the names that an earlier run of the day has left behind: whom a look-up does not
// find by the morning's name may be there by the evening's.
func (d *Day) later() (userNames map[*Person]string, groupNames map[*Group]string) {
	userNames, groupNames = map[*Person]string{}, map[*Group]string{}
	for _, w := range d.Married {
		userNames[w.Person] = w.UserName
	}
	for _, r := range d.Renamed {
		groupNames[r.Group] = r.Name
	}
	return userNames, groupNames
}

// promote gives a person what a promotion gives.
func promote(p *Person) {
	p.Title = "Senior " + strings.TrimPrefix(p.Title, "Senior ")
	p.Department = departments[(slices.Index(departments, p.Department)+1)%len(departments)]
}

// every takes each n-th of people, so that a small group loses little and a big one enough.
func every(people []*Person, n int) (taken []*Person) {
	for i := n - 1; i < len(people); i += n {
		taken = append(taken, people[i])
	}
	return taken
}

func outside(c *Company, g *Group) (people []*Person) {
	in := map[*Person]bool{}
	for _, p := range g.Members {
		in[p] = true
	}
	for _, p := range c.People {
		if !in[p] {
			people = append(people, p)
		}
	}
	return people
}

// String says in a line what the day brings.
func (d *Day) String() string {
	moves := 0
	for _, m := range slices.Concat(d.Leavers, d.Joiners) {
		moves += len(m.People)
	}
	return fmt.Sprintf("%d promoted, %d renamed, %d left, %d on leave and back, %d memberships changed, %d groups renamed, %d deleted",
		len(d.Promoted), len(d.Married), len(d.Left), len(d.OnLeave), moves, len(d.Renamed), len(d.Disbanded))
}
