package directory

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// left is a store with one connector, whose IdP sends nothing, and whose reader leaves once it has
// answered.
type left struct {
	Store
	settings *Settings
	leave    context.CancelFunc
}

func (l left) Connector(context.Context, string) (tenants.Connector, error) {
	return tenants.Connector{}, nil
}

func (l left) Settings(context.Context, uuid.UUID) (*Settings, error) { return l.settings, nil }

func (l left) SentGroups(context.Context, uuid.UUID, uuid.UUID, int) ([]SentGroup, error) {
	return nil, nil
}

func (l left) Look(context.Context, Scope, func(Tx) error) error {
	l.leave()
	return nil
}

func TestNamesAreNotJudgedForWhoHasLeft(t *testing.T) {
	t.Parallel()
	protected, err := policy.CompileDirectory(policy.DirectorySettings{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	d := New(left{leave: leave, settings: &Settings{Directory: protected, Connectors: map[uuid.UUID]*Connector{{}: {Policy: &policy.Connector{}}}}},
		Options{Now: time.Now})
	if j, err := d.JudgeRules(ctx, "acme-okta", Judging{Names: []string{"jira"}}); !errors.Is(err, context.Canceled) || len(j.Names) > 0 {
		t.Errorf("judged %+v, %v", j.Names, err)
	}
}
