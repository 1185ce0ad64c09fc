package idp

import (
	"maps"
	"strconv"
	"sync"
)

// facts are values that a change gives to a resource, by the names of readFact.
type facts map[string]string

// said is what a change means, whatever its words were.
type said struct {
	group       bool // about a group; else about a user
	facts       facts
	add, remove []string // ids of members
	whole       bool     // add is all of the members
	gone        bool     // deleted
}

// book holds what the server has acknowledged of each resource, in neutral words. It is what an
// IdP believes to be so. Its methods do nothing on a nil book, and may be called concurrently.
type book struct {
	mu     sync.Mutex
	users  map[string]*page
	groups map[string]*page
	lost   bool // a creation's outcome is unknown: there may be a resource that has no page
}

// page is what is known of one resource.
type page struct {
	facts   facts
	members map[string]bool // true: put in last; false: taken out last
	whole   bool            // whoever is not in members is no member
	gone    bool
	doubted bool // a change's outcome is unknown
}

func newBook() *book { return &book{users: map[string]*page{}, groups: map[string]*page{}} }

// of returns the page of a resource, a new one if there is none.
func (b *book) of(id string, group bool) *page {
	pages := b.users
	if group {
		pages = b.groups
	}
	if pages[id] == nil {
		pages[id] = &page{facts: facts{}, members: map[string]bool{}}
	}
	return pages[id]
}

// enter notes an acknowledged change.
func (b *book) enter(id string, s said) {
	if b == nil || id == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.of(id, s.group)
	maps.Copy(p.facts, s.facts)
	if s.whole {
		clear(p.members)
		p.whole = true
	}
	for _, member := range s.remove {
		p.members[member] = false
	}
	for _, member := range s.add {
		p.members[member] = true
	}
	if p.gone = s.gone; s.gone && !s.group { // nobody is a member who is not there
		for _, g := range b.groups {
			delete(g.members, id)
		}
	}
}

// doubt notes a change of which nobody knows whether it was made.
func (b *book) doubt(id string, group bool) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if id == "" {
		b.lost = true
		return
	}
	b.of(id, group).doubted = true
}

// aboutUser is what a whole profile says: the names and the activity always, further facts where
// the product sends them.
func aboutUser(p *Person, further ...string) said {
	f := facts{"userName": p.UserName, "given": p.Given, "family": p.Family, "active": strconv.FormatBool(p.Active)}
	for _, name := range further {
		switch name {
		case "displayName":
			f[name] = p.Given + " " + p.Family
		case "email":
			f[name] = p.UserName
		case "title":
			f[name] = p.Title
		case "department":
			f[name] = p.Department
		case "externalId":
			f[name] = p.Key
		}
	}
	return said{facts: f}
}

func aboutActivity(p *Person) said {
	return said{facts: facts{"active": strconv.FormatBool(p.Active)}}
}

// aboutGroup is what a group without a word about members says.
func aboutGroup(g *Group) said { return said{group: true, facts: facts{"displayName": g.Name}} }

// aboutAll is what a group with all its members says.
func aboutAll(g *Group, members []*Person) said {
	s := aboutGroup(g)
	s.whole, s.add = true, ids(members)
	return s
}

func aboutMembers(add, remove []*Person) said {
	return said{group: true, add: ids(add), remove: ids(remove)}
}

func ids(people []*Person) []string {
	list := make([]string, 0, len(people))
	for _, p := range people {
		list = append(list, p.ID)
	}
	return list
}
