package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Weighing asks whom a conflict between a connector and a group is about.
type Weighing struct {
	Connector uuid.UUID
	Key       string // the group's
	Always    bool   // alwaysAssign names the group: everybody of the connector is meant
	Required  bool   // requiredGroups may keep somebody from counting who is sent and active
	Shown     int    // how many names of each are read
}

// Weights are the users on both sides of a conflict about a group. Deleted users are on none.
type Weights struct {
	Sent, There, Both int // of the connector, in the group, and both
	Leaving           int // at most so many would leave the group if it were shared
	Joining, Staying  []UserShort
}

// UserShort is a user by id and name.
type UserShort struct {
	ID       uuid.UUID
	UserName string
}

// WeighedConflict is a conflict about a group with the users on both sides of it.
type WeighedConflict struct {
	Conflict Conflict
	Always   bool // the connector's alwaysAssign names the group
	Weights
}

// WeighConflict lays the users whom a connector sends in a group beside those who are in it, and
// bounds what sharing the group would do:
//
//	join    whoever is sent and not in it, as far as the record counts
//	leave   whoever is in it by hand alone and has a record of a tenant that it does not belong to:
//	        that tenant's connectors reach the group then, and a managed user keeps no local
//	        membership that neverRemove does not name. Who is sent stays, by the IdP.
//
// Another name, or nothing, changes nothing in this group: who may not feed it takes nobody out.
func (d *Directory) WeighConflict(ctx context.Context, directory string, id uuid.UUID, shown int) (WeighedConflict, error) {
	var out WeighedConflict
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return out, err
	}
	row, err := d.store.Conflict(ctx, info.ID, id)
	if err != nil {
		return out, err
	}
	if row.Kind != policy.ConflictForeignGroup {
		return out, &RefusedError{Code: "notAGroup", Detail: "this conflict is not about a group; GET the conflict itself for the record and its candidates"}
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return out, err
	}
	out.Conflict = settings.conflict(row)
	of := Weighing{Connector: row.Connector, Key: row.Subject, Shown: shown}
	if c := settings.Connectors[row.Connector]; c != nil {
		out.Always, of.Required = slices.Contains(c.Policy.Rules.AlwaysNames(), row.Subject), len(c.Settled.RequiredGroups) > 0
		of.Always = out.Always
	}
	out.Weights, err = d.store.Weigh(ctx, info.ID, of)
	return out, err
}
