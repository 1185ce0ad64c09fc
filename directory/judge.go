package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// JudgeStore is what judging a draft of rules needs of a database.
type JudgeStore interface {
	// SentGroups reads the group records of a connector that are not deleted, by their names, at
	// most limit.
	SentGroups(ctx context.Context, directory, connector uuid.UUID, limit int) ([]SentGroup, error)
}

// SentGroup is a group that an IdP sends.
type SentGroup struct {
	Name    string
	Members int // near enough; members that name nobody yet count
}

const (
	mostJudged = 20_000 // groups of a connector that are judged at once
	draftTime  = 2 * time.Second
	judgeTime  = 20 * time.Second
)

// Judging asks what rules would make of every group that a connector's IdP sends.
type Judging struct {
	Rules policy.Rules
	Names []string // besides: names that it may send one day
	Find  string   // only groups with this in their name
	Only  string   // only groups with this verdict: changed, assigned or dropped; "" is all
	Limit int      // how many groups are listed; everything is counted
}

// Judgement is what rules make of the groups that an IdP sends. Nothing of it is kept.
type Judgement struct {
	Problems []*policy.RuleError // entries that cannot be used; the others were judged without them
	Entries  map[string][]JudgedEntry
	Counts   JudgedCounts
	Groups   []JudgedGroup // those whose verdict changes first, then by name
	Found    int           // how many groups match Find and Only, listed or not
	Names    []JudgedGroup // of Judging.Names, in their order
	Complete bool          // the IdP sends no more groups than were judged
}

// JudgedEntry is what one entry of a list does.
type JudgedEntry struct {
	Matches  int // groups that it matches
	Assigned int // those of them that are assigned
}

// JudgedCounts say how many groups come how far.
type JudgedCounts struct {
	Sent     int
	Renamed  int                 // called otherwise by the mapping
	Assigned int                 // with those that alwaysAssign gives
	Changed  int                 // judged otherwise than by the rules of now
	Codes    map[policy.Code]int // how many for which reason; every group has one
	Kept     int                 // groups that neverRemove keeps people in
	Given    int                 // names of alwaysAssign that the IdP does not send
}

// JudgedGroup is the verdict about one group.
type JudgedGroup struct {
	Sent     string // its name as the IdP sends it
	Name     string // as the mapping and the directory call it
	Members  int
	Assigned bool
	Because  policy.Reason
	Was      bool // assigned by the rules of now
	Kept     bool // neverRemove matches it
}

// JudgeRules says what rules would make of every group that a connector's IdP sends, by the same
// code as settling. Rules that are half written are judged without what cannot be used. Whoever may
// read may ask, so patterns that take long are bounded: those that draftTime does not suffice for
// are problems, and a judgement that takes longer than judgeTime, or that nobody waits for any more,
// ends with the context's error, in the middle of a name too.
func (d *Directory) JudgeRules(ctx context.Context, connector string, asked Judging) (Judgement, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Judgement{}, err
	}
	settings, err := d.store.Settings(ctx, c.DirectoryID)
	if err != nil {
		return Judgement{}, err
	}
	sent, err := d.store.SentGroups(ctx, c.DirectoryID, c.ID, mostJudged+1)
	if err != nil {
		return Judgement{}, err
	}
	now, err := policy.Compile(c.Rules)
	if err != nil {
		return Judgement{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, judgeTime)
	defer cancel()
	reading, done := context.WithTimeout(ctx, draftTime)
	j := judge{settings: settings, draft: policy.CompileDraft(asked.Rules, func() bool { return reading.Err() != nil })}
	done()
	j.now, j.next = *c.Policy, *c.Policy
	j.now.Rules, j.next.Rules = now, j.draft.Rules
	for _, rules := range []*policy.RuleSet{now, j.draft.Rules} {
		rules.Until(func() bool { return ctx.Err() != nil })
	}
	out := Judgement{Problems: j.draft.Problems, Complete: len(sent) <= mostJudged}
	sent = sent[:min(len(sent), mostJudged)]
	named := make([]SentGroup, len(asked.Names))
	for i, name := range asked.Names {
		named[i].Name = name
	}
	if err := j.facts(ctx, d.store, c.DirectoryID, slices.Concat(sent, named)); err != nil {
		return Judgement{}, err
	}
	all := j.groups(ctx, sent)
	out.Entries = j.entries(ctx, asked.Rules, all)
	out.Counts = j.counts(all)
	out.Names = j.groups(ctx, named)
	out.Groups = chosen(all, asked)
	out.Found = len(out.Groups)
	out.Groups = out.Groups[:min(len(out.Groups), asked.Limit)]
	return out, ctx.Err() // what was cut short says nothing
}

// judge is a draft beside the rules of now, and what there is of the groups in question.
type judge struct {
	settings  *Settings
	draft     *policy.Draft
	now, next policy.Connector
	there     map[string]policy.GroupFacts // by key
}

// facts reads which of the groups the directory has, under the names that either rules give them.
func (j *judge) facts(ctx context.Context, store Store, directory uuid.UUID, sent []SentGroup) error {
	var keys []string
	for _, g := range sent {
		keys = append(keys, canonical.Key(j.now.Rules.GroupName(g.Name)), canonical.Key(j.next.Rules.GroupName(g.Name)))
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	return store.Look(ctx, Scope{Directory: directory}, func(tx Tx) error {
		scene, err := tx.Load(ctx, Request{GroupKeys: keys, Looks: true})
		if err != nil {
			return err
		}
		w := work{settings: j.settings}
		j.there = make(map[string]policy.GroupFacts, len(scene.Facts))
		for key, fact := range scene.Facts {
			j.there[key] = policy.GroupFacts{Name: fact.Name, Tenant: w.tenantName(fact.Tenant)}
		}
		return nil
	})
}

// groups are the verdicts about groups, as far as ctx lets it come.
func (j *judge) groups(ctx context.Context, sent []SentGroup) []JudgedGroup {
	all := make([]JudgedGroup, 0, len(sent))
	for _, g := range sent {
		if ctx.Err() != nil {
			break
		}
		all = append(all, j.group(g.Name, g.Members))
	}
	return all
}

// group is the verdict about a group that the IdP calls sent.
func (j *judge) group(sent string, members int) JudgedGroup {
	g := JudgedGroup{Sent: sent, Name: j.next.Rules.GroupName(sent), Members: members}
	g.Was, _ = j.verdict(&j.now, j.now.Rules.GroupName(sent))
	g.Assigned, g.Because = j.verdict(&j.next, g.Name)
	g.Kept = len(j.draft.Matching(policy.ListNeverRemove, g.Name)) > 0
	return g
}

func (j *judge) verdict(c *policy.Connector, name string) (bool, policy.Reason) {
	if fact, ok := j.there[canonical.Key(name)]; ok {
		return j.settings.Directory.Judge(c, name, &fact)
	}
	return j.settings.Directory.Judge(c, name, nil)
}

// entries says what each entry of the lists does, in its place as it was written, as far as ctx
// lets it come.
func (j *judge) entries(ctx context.Context, r policy.Rules, all []JudgedGroup) map[string][]JudgedEntry {
	out := make(map[string][]JudgedEntry)
	for list, entries := range map[string][]policy.Entry{
		policy.ListOnlyAssign: r.OnlyAssign, policy.ListNeverAssign: r.NeverAssign, policy.ListAlwaysAssign: r.AlwaysAssign,
		policy.ListDefaultGroups: r.DefaultGroups, policy.ListNeverRemove: r.NeverRemove, policy.ListRequiredGroups: r.RequiredGroups,
		policy.ListKeepGroups: r.Cleanup.KeepGroups,
	} {
		did := make([]JudgedEntry, len(entries))
		for _, g := range all {
			if ctx.Err() != nil {
				return nil
			}
			for _, place := range j.draft.Matching(list, g.Name) {
				did[place].Matches++
				if g.Assigned {
					did[place].Assigned++
				}
			}
		}
		out[list] = did
	}
	return out
}

func (j *judge) counts(all []JudgedGroup) JudgedCounts {
	n := JudgedCounts{Sent: len(all), Codes: make(map[policy.Code]int)}
	keys := make(map[string]bool, len(all))
	for _, g := range all {
		keys[canonical.Key(g.Name)] = true
		n.Codes[g.Because.Code]++
		for is, count := range map[*int]bool{&n.Renamed: g.Name != g.Sent, &n.Assigned: g.Assigned, &n.Changed: g.Assigned != g.Was, &n.Kept: g.Kept} {
			if count {
				*is++
			}
		}
	}
	for _, key := range j.draft.Rules.AlwaysNames() {
		if !keys[key] {
			n.Given++
		}
	}
	return n
}

// chosen are the groups that are asked for, those whose verdict changes first.
func chosen(all []JudgedGroup, asked Judging) []JudgedGroup {
	part := canonical.Key(asked.Find)
	var out []JudgedGroup
	for _, g := range all {
		if part != "" && !strings.Contains(canonical.Key(g.Sent), part) && !strings.Contains(canonical.Key(g.Name), part) {
			continue
		}
		changes := g.Assigned != g.Was
		if asked.Only == "" || asked.Only == "changed" && changes || asked.Only == "assigned" && g.Assigned || asked.Only == "dropped" && !g.Assigned {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b JudgedGroup) int {
		if a, b := a.Assigned != a.Was, b.Assigned != b.Was; a != b {
			return map[bool]int{true: -1, false: 1}[a]
		}
		return cmp.Compare(canonical.Key(a.Name), canonical.Key(b.Name))
	})
	return out
}
