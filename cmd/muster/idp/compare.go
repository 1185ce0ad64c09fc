package idp

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Comparison is what an IdP said, held against what the server answers.
type Comparison struct {
	Users, Groups, Memberships int // that are as they were said
	Unclear                    int // resources with a change of which nobody knows whether it was made
	Differences                []string
}

// Compare reads everything that the connector lists, in the protocol version that this IdP
// speaks, and holds it against what was acknowledged. alone says that nobody else has ever
// written to the connector: then nothing else may be there. It comes after Play.
func (r *Run) Compare(ctx context.Context, alone bool) (*Comparison, error) {
	c := &Comparison{}
	b := r.Client.book
	users, err := r.Client.all(ctx, r.product.usersPath())
	if err != nil {
		return nil, err
	}
	c.users(b, users, alone)
	if r.product.UsersOnly {
		return c, nil
	}
	groups, err := r.Client.all(ctx, r.product.groupsPath())
	if err != nil {
		return nil, err
	}
	c.groups(b, groups, alone)
	return c, nil
}

// all lists every resource of a path, by id.
func (c *Client) all(ctx context.Context, path string) (map[string]map[string]any, error) {
	found := map[string]map[string]any{}
	for start := 1; ; {
		got, err := c.get(ctx, path, "startIndex="+strconv.Itoa(start)+"&count=100")
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", path, err)
		}
		var list struct{ Resources []map[string]any }
		if err := json.Unmarshal(got.text, &list); err != nil {
			return nil, fmt.Errorf("listing %s: %w", path, err)
		}
		for _, resource := range list.Resources {
			id, _ := resource["id"].(string)
			found[id] = resource
		}
		if start += len(list.Resources); len(list.Resources) == 0 || start > got.Total {
			return found, nil
		}
	}
}

func (c *Comparison) differ(format string, args ...any) {
	c.Differences = append(c.Differences, fmt.Sprintf(format, args...))
}

func (c *Comparison) users(b *book, listed map[string]map[string]any, alone bool) {
	for _, id := range slices.Sorted(maps.Keys(b.users)) {
		if c.resource("user", id, b.users[id], listed[id]) {
			c.Users++
		}
	}
	c.strangers("user", "userName", b.users, b.lost || !alone, listed)
}

func (c *Comparison) groups(b *book, listed map[string]map[string]any, alone bool) {
	for _, id := range slices.Sorted(maps.Keys(b.groups)) {
		p := b.groups[id]
		if !c.resource("group", id, p, listed[id]) {
			continue
		}
		members, wrong := membersOf(listed[id]), 0
		for _, member := range slices.Sorted(maps.Keys(p.members)) {
			in := p.members[member]
			switch {
			case in && members[member]:
				c.Memberships++
			case in:
				wrong++
				c.differ("group %s lacks the member %s, who was put in", p.facts["displayName"], b.nameOf(member))
			case members[member]:
				wrong++
				c.differ("group %s has the member %s, who was taken out", p.facts["displayName"], b.nameOf(member))
			}
			delete(members, member)
		}
		if p.whole {
			for _, member := range slices.Sorted(maps.Keys(members)) {
				wrong++
				c.differ("group %s has the member %s, who was never put in", p.facts["displayName"], b.nameOf(member))
			}
		}
		if wrong == 0 {
			c.Groups++
		}
	}
	c.strangers("group", "displayName", b.groups, b.lost || !alone, listed)
}

// resource compares one resource without members; it reports whether all is as it was said and
// the resource is there.
func (c *Comparison) resource(what, id string, p *page, got map[string]any) (same bool) {
	name := p.facts["userName"] + p.facts["displayName"]
	if what == "user" {
		name = p.facts["userName"]
	}
	switch {
	case p.doubted:
		c.Unclear++
		return false
	case p.gone && got != nil:
		c.differ("%s %s was deleted and is there", what, name)
		return false
	case p.gone:
		return false
	case got == nil:
		c.differ("%s %s was acknowledged and is not there (id %s)", what, name, id)
		return false
	}
	same = true
	for _, fact := range slices.Sorted(maps.Keys(p.facts)) {
		if has := readFact(got, fact); has != p.facts[fact] {
			same = false
			c.differ("%s %s has the %s %q, said was %q", what, name, fact, has, p.facts[fact])
		}
	}
	return same
}

// strangers are resources that nobody has said anything about.
func (c *Comparison) strangers(what, name string, pages map[string]*page, mayBe bool, listed map[string]map[string]any) {
	if mayBe {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(listed)) {
		if pages[id] == nil {
			c.differ("%s %v was never made, and is there", what, listed[id][name])
		}
	}
}

// nameOf is the userName behind an id, for a sentence.
func (b *book) nameOf(id string) string {
	if p := b.users[id]; p != nil && p.facts["userName"] != "" {
		return p.facts["userName"]
	}
	return id
}

// readFact is the value of a fact in a resource of either protocol version, "" if it has none.
func readFact(resource map[string]any, name string) string {
	at := func(parent, child string) string {
		object, _ := resource[parent].(map[string]any)
		text, _ := object[child].(string)
		return text
	}
	switch name {
	case "given":
		return at("name", "givenName")
	case "family":
		return at("name", "familyName")
	case "department":
		return at(enterpriseSchema, "department") + at(enterprise11, "department")
	case "active":
		active, is := resource["active"].(bool)
		if !is {
			return ""
		}
		return strconv.FormatBool(active)
	case "email":
		list, _ := resource["emails"].([]any)
		if len(list) == 0 {
			return ""
		}
		first, _ := list[0].(map[string]any)
		text, _ := first["value"].(string)
		return text
	}
	text, _ := resource[name].(string)
	return text
}

// membersOf are the ids of a group's members.
func membersOf(group map[string]any) map[string]bool {
	members := map[string]bool{}
	list, _ := group["members"].([]any)
	for _, m := range list {
		member, _ := m.(map[string]any)
		if id, _ := member["value"].(string); id != "" {
			members[id] = true
		}
	}
	return members
}
