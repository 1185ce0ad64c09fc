package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// RulesDraft is rules of a connector that somebody is writing. It changes nothing, and may hold
// what could not be used; a connector has one at most.
type RulesDraft struct {
	Rules   policy.Rules
	BasedOn int64 // the version of the rules that it was begun from
	Version int64 // 0: there is no draft
	Actor   string
	Changed time.Time
}

// DraftStore keeps the drafts of rules. They leave no event: nobody's access depends on them, and
// they are written with every pause in typing; the version that comes of one is an event.
type DraftStore interface {
	// RulesDraft reads the draft of a connector; its zero value when there is none.
	RulesDraft(ctx context.Context, directory, connector uuid.UUID) (RulesDraft, error)
	// KeepRulesDraft writes the draft of a connector if match accepts the version that there is,
	// which is 0 without one; ErrVersion. The version rises, also when a draft is dropped and
	// begun anew: of two who write from the same one, the second is told.
	KeepRulesDraft(ctx context.Context, directory, connector uuid.UUID, match IfMatch, d RulesDraft) (RulesDraft, error)
	// DropRulesDraft drops the draft of a connector if match accepts its version; ErrVersion.
	// Without a draft there is nothing to do.
	DropRulesDraft(ctx context.Context, directory, connector uuid.UUID, match IfMatch) error
}

// RulesDraft reads the draft of a connector's rules; its zero value when there is none.
func (d *Directory) RulesDraft(ctx context.Context, connector string) (RulesDraft, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return RulesDraft{}, err
	}
	return d.store.RulesDraft(ctx, c.DirectoryID, c.ID)
}

// KeepRulesDraft keeps rules as a connector's draft, begun from a version of its rules; ErrVersion.
// They are not checked: whoever writes them is not done.
func (d *Directory) KeepRulesDraft(ctx context.Context, by Admin, connector string, match IfMatch, basedOn int64, rules policy.Rules) (RulesDraft, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return RulesDraft{}, err
	}
	if basedOn > c.RulesVersion {
		return RulesDraft{}, &RefusedError{Code: "invalidVersion", Detail: fmt.Sprintf("basedOn names version %d of the rules, and the newest is %d; send the number in the ETag of the rules", basedOn, c.RulesVersion)}
	}
	return d.store.KeepRulesDraft(ctx, c.DirectoryID, c.ID, match, RulesDraft{Rules: rules, BasedOn: basedOn, Actor: by.ID, Changed: d.now()})
}

// DropRulesDraft drops the draft of a connector; ErrVersion.
func (d *Directory) DropRulesDraft(ctx context.Context, connector string, match IfMatch) error {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return err
	}
	return d.store.DropRulesDraft(ctx, c.DirectoryID, c.ID, match)
}
