package directory

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// TotalsBy says what the lines of a plan are counted by.
type TotalsBy string

// What a plan can be counted by.
const (
	ByGroup  TotalsBy = "group"  // lines without a group are left out
	ByUser   TotalsBy = "user"   // or by the name of one that does not exist yet
	ByReason TotalsBy = "reason" // by code, connector, list and pattern
)

// PlanTotal is how many lines of a plan are about a group, a user or a reason.
type PlanTotal struct {
	Rank int64 // its place in the list, from 1: most losses first, then most lines, then by name

	Group     uuid.UUID // zero: it does not exist yet
	GroupName string
	Members   int       // of the group, now
	User      uuid.UUID // zero: it does not exist yet
	UserName  string
	Because   policy.Reason

	Losses int // lines that take something away
	Gains  int // lines that give something: a membership, or being there and active
	Lines  int
}

// PlanTotals counts a plan's lines by what is asked for, those that lose most first.
func (d *Directory) PlanTotals(ctx context.Context, connector string, id uuid.UUID, by TotalsBy, f LineFilter, l Listing) (Page[PlanTotal], error) {
	p, err := d.readMade(ctx, connector, id)
	if err != nil {
		return Page[PlanTotal]{}, err
	}
	page, err := d.store.PlanTotals(ctx, p.Directory, p, by, f, l)
	if err != nil || by != ByGroup {
		return page, err
	}
	var groups []uuid.UUID
	for _, t := range page.Items {
		if t.Group != uuid.Nil {
			groups = append(groups, t.Group)
		}
	}
	sizes, err := d.store.GroupSizes(ctx, p.Directory, groups)
	for i := range page.Items {
		page.Items[i].Members = sizes[page.Items[i].Group]
	}
	return page, err
}
