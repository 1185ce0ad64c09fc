package web

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// What takes away for good says first what it takes, and wants to be told its name.

// Removal is what removing a directory would take away.
type Removal struct {
	Users       int      `json:"users" doc:"Users that are not deleted."`
	Groups      int      `json:"groups" doc:"Groups."`
	Memberships int      `json:"memberships" doc:"Memberships."`
	Records     int      `json:"records" doc:"Users that connectors hold."`
	Connectors  []string `json:"connectors" nullable:"false" doc:"Connectors bound to it, which go with it."`
	InTheWay    []string `json:"inTheWay" nullable:"false" doc:"Those of them that are not disabled: disable them first, so that their IdPs are told."`
	Only        bool     `json:"only,omitempty" doc:"It is the only directory there is, and stays."`
	JobRunning  bool     `json:"jobRunning,omitempty" doc:"A change of rules is being carried out in it; wait for it."`
}

type removalOut struct {
	Body Removal
}

type removeDirectory struct {
	OfDirectory
	Confirm string `query:"confirm" maxLength:"256" doc:"The directory's name, once more." example:"staging"`
}

// Erasure confirms who is to be erased.
type Erasure struct {
	UserName string `json:"userName" minLength:"1" maxLength:"1024" doc:"The user's userName, once more." example:"ada@acme.example"`
}

type eraseUser struct {
	OfDirectory
	ByID
	Body Erasure
}

// Erased is what is left of an erased person.
type Erased struct {
	User      uuid.UUID `json:"user" format:"uuid" doc:"The id that the audit knows the person by."`
	Records   int       `json:"records" doc:"Tombstones of records that went too."`
	StillSaid []string  `json:"stillSaid" nullable:"false" doc:"Connectors that hold a record of the same userName, which never became this user. Delete it at their IdPs."`
}

type erasedOut struct {
	Body Erased
}

type clearRecords struct {
	OfConnector
	People  policy.Action `query:"people" enum:"keep,cleanup" default:"keep" doc:"What becomes of those whom it alone provides: kept as local users, or cleaned up by the connector's rules."`
	Confirm string        `query:"confirm" maxLength:"100" doc:"The connector's slug, once more." example:"acme-okta"`
	Comment string        `query:"comment" maxLength:"1024" doc:"Why, for whoever reads the audit."`
}

func (a *API) addLeaving() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/removal", id: "planRemoval", tag: "Directories", role: owns(deployment), missing: noDirectory,
		summary: "Say what removing a directory would take away", description: "And what is in its way. Nothing happens."},
		func(ctx context.Context, in *OfDirectory) (*removalOut, error) {
			r, err := a.effective.PlanRemoval(ctx, in.Directory)
			if err != nil {
				return nil, err
			}
			return &removalOut{Removal{Users: r.Users, Groups: r.Groups, Memberships: r.Memberships, Records: r.Records,
				Connectors: orEmpty(r.Connectors), InTheWay: orEmpty(r.InTheWay), Only: r.Only, JobRunning: r.Job}}, nil
		})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}", id: "removeDirectory", tag: "Directories", role: owns(deployment), missing: noDirectory,
		status:  http.StatusOK,
		summary: "Remove a directory",
		description: "Soft: nothing in it can be read or changed any more, and until `purgeAfter` it can be restored. Then it is purged with its connectors; the audit stays. " +
			"GET /directories/{d}/removal says before what goes.",
		errors: map[int]string{http.StatusConflict: "`confirm` is not its name (`confirmationMismatch`), connectors are in the way (`connectorsInTheWay`), it is the only one (`onlyDirectory`), or is removed already (`directoryRemoved`)."},
	}, func(ctx context.Context, in *removeDirectory) (*directoryOut, error) {
		i, err := a.effective.RemoveDirectory(ctx, admin(ctx), in.Directory, in.Confirm)
		return answerDirectory(i, err)
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/restoration", id: "restoreDirectory", tag: "Directories", role: owns(deployment), missing: noDirectory,
		status: http.StatusOK, summary: "Restore a removed directory", description: "As it was. Its connectors stay disabled until their mode is changed.",
		errors: map[int]string{http.StatusConflict: "It is not removed (`notRemoved`), or is being purged (`purging`)."},
	}, func(ctx context.Context, in *OfDirectory) (*directoryOut, error) {
		i, err := a.effective.RestoreDirectory(ctx, admin(ctx), in.Directory)
		return answerDirectory(i, err)
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/users/{id}/erasure", id: "eraseUser", tag: "Users", role: owns(deployment), missing: noUser,
		status:  http.StatusOK,
		summary: "Erase one person for good",
		description: "The user, the tombstones of its records, and every clear value of it in the audit, in conflicts, holds and plans. It cannot be undone. " +
			"That something happened to the user of this id, when and by whom, stays.",
		errors: map[int]string{http.StatusConflict: "The userName is not the user's (`confirmationMismatch`), or an IdP still holds the user (`stillHeld`): delete it there first."},
	}, func(ctx context.Context, in *eraseUser) (*erasedOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		e, err := a.effective.EraseUser(ctx, admin(ctx), in.Directory, id, in.Body.UserName)
		if err != nil {
			return nil, err
		}
		return &erasedOut{Erased{User: e.User, Records: e.Records, StillSaid: orEmpty(e.StillSaid)}}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/connectors/{c}/records", id: "clearRecords", tag: "Connectors", role: owns(theConnector), missing: noConnector,
		status:  http.StatusOK,
		summary: "Clear a connector's records",
		description: "Everything that its IdP said goes, as if the IdP had deleted it, as a job. The connector is disabled; give it a mode again when its IdP may send everything anew. " +
			"Its users and groups have other ids then: let the IdP start its provisioning over. A plan with `{\"retire\":\"keep\"}` or `{\"retire\":\"cleanup\"}` says before what happens to whom.",
		errors: map[int]string{http.StatusConflict: "`confirm` is not its slug (`confirmationMismatch`), or another change is being carried out (`jobRunning`)."},
	}, func(ctx context.Context, in *clearRecords) (*jobOut, error) {
		j, err := a.effective.ClearRecords(ctx, admin(ctx), in.Connector, in.People, in.Confirm, in.Comment)
		a.tenants.Forget(in.Connector) // even after an error: its outcome may be unknown
		if err != nil {
			return nil, err
		}
		return &jobOut{Body: sayJob(j)}, nil
	})
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
