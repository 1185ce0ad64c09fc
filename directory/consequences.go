package directory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// How far the consequences of an edit are looked at: what a question costs is bounded, whatever
// the directory's size.
const (
	mostAffected   = 2000   // people that are decided twice
	mostNames      = 20_000 // names of groups that are judged twice
	affectedAtOnce = 250
	mostGroupsTold = 10
)

// Consequences are what an edit would do besides what was asked about: how many users it would
// bring into the group or out of it, and what becomes of others. It is counted by deciding about
// everybody affected twice, under the rules that hold and under those with the edit.
type Consequences struct {
	Joins, Leaves int // users who would join or leave the group that was asked about
	Users         int // users of whom anything would change, the asked one included
	StatusChanges int
	Elsewhere     []GroupConsequence // other groups, those with the most changes first; at most ten
	MoreGroups    int                // how many more there are
	AtLeast       bool               // there are more people than were looked at
}

// GroupConsequence is how many would join and leave one group.
type GroupConsequence struct {
	Group         string
	Joins, Leaves int
}

// consequences counts what a hypothesis would do to the people it may affect.
func (x *explaining) consequences(h *hypothesis, key string) (Consequences, error) {
	var c Consequences
	users, more, err := x.affected(h)
	if err != nil {
		return c, err
	}
	c.AtLeast = more
	groups := make(map[string]*GroupConsequence)
	for batch := range slices.Chunk(users, affectedAtOnce) {
		scene, err := x.load(Request{Users: batch})
		if err != nil {
			return c, err
		}
		for _, id := range sortedIDs(scene.People) {
			if err := x.compare(&c, groups, scene.People[id], h); err != nil {
				return c, err
			}
		}
	}
	if own := groups[key]; own != nil {
		c.Joins, c.Leaves = own.Joins, own.Leaves
		delete(groups, key)
	}
	for _, g := range groups {
		c.Elsewhere = append(c.Elsewhere, *g)
	}
	slices.SortFunc(c.Elsewhere, func(a, b GroupConsequence) int {
		return cmp.Or(cmp.Compare(b.Joins+b.Leaves, a.Joins+a.Leaves), cmp.Compare(a.Group, b.Group))
	})
	if n := len(c.Elsewhere); n > mostGroupsTold {
		c.Elsewhere, c.MoreGroups = c.Elsewhere[:mostGroupsTold], n-mostGroupsTold
	}
	return c, nil
}

// compare decides about a person twice and counts the difference.
func (x *explaining) compare(c *Consequences, groups map[string]*GroupConsequence, p *Person, h *hypothesis) error {
	before, err := x.decide(p, x.settings, nil)
	if err != nil {
		return err
	}
	after, err := x.decide(p, h.settings, nil)
	if err != nil {
		return err
	}
	touched := before.Status != after.Status
	if touched {
		c.StatusChanges++
	}
	of := func(t policy.TargetMembership) *GroupConsequence {
		touched = true
		if groups[t.Key] == nil {
			groups[t.Key] = &GroupConsequence{Group: t.Name}
		}
		return groups[t.Key]
	}
	for _, t := range after.Memberships {
		if _, had := targetOf(before, t.Key); !had {
			of(t).Joins++
		}
	}
	for _, t := range before.Memberships {
		if _, has := targetOf(after, t.Key); !has {
			of(t).Leaves++
		}
	}
	if touched {
		c.Users++
	}
	return nil
}

// affected are the people whom an edit may concern: those who hold, or are sent, a group that it
// judges otherwise. more says that there are others.
func (x *explaining) affected(h *hypothesis) (users []uuid.UUID, more bool, err error) {
	connector := uuid.Nil
	if len(h.connector) == 1 && !h.directory {
		for id := range h.connector {
			connector = id
		}
	}
	keys, everybody, more, err := x.judgedOtherwise(h, connector)
	if err != nil || len(keys) == 0 && !everybody {
		return nil, more, err
	}
	if everybody {
		keys = nil
	}
	if users, err = x.work.d.store.Affected(x.ctx, x.scope.Directory, connector, keys, mostAffected+1); err != nil {
		return nil, false, err
	}
	if len(users) > mostAffected {
		return users[:mostAffected], true, nil
	}
	return users, more, nil
}

// judgedOtherwise are the keys of the groups that an edit judges otherwise; everybody says that it
// may concern people whatever groups they have.
func (x *explaining) judgedOtherwise(h *hypothesis, connector uuid.UUID) (keys []string, everybody, more bool, err error) {
	for id := range h.connector {
		was, now := x.settings.Connectors[id].Policy.Rules, h.settings.Connectors[id].Policy.Rules
		everybody = everybody || !slices.Equal(was.Names(), now.Names())
	}
	protects := func(s *Settings) []policy.Entry { return s.Directory.Settings().ProtectedUsers }
	everybody = everybody || h.directory && !slices.EqualFunc(protects(x.settings), protects(h.settings), func(a, b policy.Entry) bool {
		return a.Text == b.Text && slices.Equal(a.Except, b.Except)
	})
	if everybody {
		return nil, true, false, nil
	}
	names, err := x.work.d.store.GroupNames(x.ctx, x.scope.Directory, connector, mostNames)
	if err != nil {
		return nil, false, false, err
	}
	more = len(names) >= mostNames
	for _, name := range names {
		if key := canonical.Key(name); !x.judgeAlike(h, name, key) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, false, more, nil
}

func (x *explaining) judgeAlike(h *hypothesis, name, key string) bool {
	for id, now := range h.settings.Connectors {
		was := x.settings.Connectors[id]
		if h.connector[id] && !was.Policy.Rules.JudgesAlike(now.Policy.Rules, name, key) {
			return false
		}
		if h.directory && !x.settings.Directory.JudgesAlike(h.settings.Directory, name, now.Slug) {
			return false
		}
	}
	return true
}

// sentence says the consequences after what would have them: "9 users would join jira-admins".
func (c Consequences) sentence(group string) string {
	var parts []string
	say := func(joins, leaves int, where string) {
		if joins > 0 {
			parts = append(parts, fmt.Sprintf("%s would join %s", c.users(joins), where))
		}
		if leaves > 0 {
			parts = append(parts, fmt.Sprintf("%s would leave %s", c.users(leaves), where))
		}
	}
	say(c.Joins, c.Leaves, group)
	for i, g := range c.Elsewhere {
		if i == 2 && len(c.Elsewhere) > 3 {
			parts = append(parts, fmt.Sprintf("%d more groups would change", len(c.Elsewhere)-i+c.MoreGroups))
			break
		}
		say(g.Joins, g.Leaves, g.Group)
	}
	if c.StatusChanges > 0 {
		parts = append(parts, fmt.Sprintf("the status of %s would change", c.users(c.StatusChanges)))
	}
	if len(parts) == 0 {
		return "nothing else would change"
	}
	return inSeries(parts)
}

func (c Consequences) users(n int) string {
	text := counted(n, "user", "users")
	if c.AtLeast {
		text = "at least " + text
	}
	return text
}

// errUnexplained is a hypothesis that could not be followed; it is left out of the answer.
var errUnexplained = errors.New("no edit of the rules gives that answer")
