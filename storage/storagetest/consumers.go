package storagetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// consume makes a consumer of main.
func (w tenantsWorld) consume(t *testing.T, name string) (tenants.Consumer, string) {
	t.Helper()
	c, token, err := w.registry.CreateConsumer(t.Context(), "main", tenants.NewConsumer{Name: name, Attributes: []string{"USERNAME", "emails"}, Groups: policy.Text("jira-.*")})
	if err != nil {
		t.Fatalf("making consumer %s: %v", name, err)
	}
	return c, token
}

// enter presents a consumer's token at a directory.
func (w tenantsWorld) enter(t *testing.T, directory, token string) (tenants.Principal, error) {
	t.Helper()
	return tenants.NewAuthenticator(openGate{w}, time.Now).AuthenticateConsumer(t.Context(), tenants.Caller{Slug: directory, Headers: []string{"Bearer " + token}})
}

func consumersReadBack(t *testing.T, w tenantsWorld) {
	made, token := w.consume(t, "Jira")
	w.consume(t, "Confluence")
	all, err := w.registry.Consumers(t.Context(), "MAIN")
	if err != nil || len(all) != 2 || all[0].Name != "Confluence" || all[1].ID != made.ID || all[1].Directory != "main" || len(all[1].Tokens) != 1 ||
		!slices.Equal(all[1].Attributes, []string{"userName", "emails"}) || len(all[1].Groups) != 1 || all[1].Groups[0].Text != "jira-.*" {
		t.Fatalf("Consumers = %+v, %v", all, err)
	}
	if k := all[1].Tokens[0]; k.Hint != token[len(token)-4:] || !k.LastUsedAt.IsZero() || !k.ExpiresAt.IsZero() {
		t.Errorf("its token is %+v", k)
	}
	_, _, err = w.registry.CreateConsumer(t.Context(), "main", tenants.NewConsumer{Name: " JIRA"})
	wants(t, "a second consumer of the name", err, tenants.ErrTaken)
	_, _, err = w.registry.CreateConsumer(t.Context(), "nowhere", tenants.NewConsumer{Name: "x"})
	wants(t, "a consumer of no directory", err, tenants.ErrUnknown)
	for _, n := range []tenants.NewConsumer{{Name: "x", Attributes: []string{"password"}}, {Name: "x", Attributes: []string{"nonsense"}},
		{Name: "x", ExpiresAt: time.Now().Add(-time.Hour)}, {Name: ""}} {
		_, _, err := w.registry.CreateConsumer(t.Context(), "main", n)
		wants(t, "a consumer that cannot be", err, tenants.ErrInvalid)
	}
	if _, _, err := w.registry.CreateConsumer(t.Context(), "main", tenants.NewConsumer{Name: "x", Groups: policy.Text("(")}); err == nil {
		t.Error("a pattern that does not compile was taken")
	}

	groups := []policy.Entry{{Form: policy.FormIs, Text: "staff"}}
	changed, err := w.registry.UpdateConsumer(t.Context(), "main", made.ID, nil, tenants.ConsumerChange{Groups: &groups})
	if err != nil || changed.Version != 2 || changed.Groups[0].Text != "staff" || len(changed.Attributes) != 2 {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	same, err := w.registry.UpdateConsumer(t.Context(), "main", made.ID, func(v int64) bool { return v == 2 }, tenants.ConsumerChange{Groups: &groups})
	if err != nil || same.Version != 2 {
		t.Errorf("a change that changes nothing: %+v, %v", same, err)
	}
	if _, err := w.registry.UpdateConsumer(t.Context(), "main", made.ID, func(int64) bool { return false }, tenants.ConsumerChange{}); !errors.Is(err, tenants.ErrVersion) {
		t.Errorf("a change of another version: %v", err)
	}
}

func consumersEnterTheirDirectory(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	_, secrets := w.connector(t, "acme", "a")
	made, token := w.consume(t, "Jira")
	p, err := w.enter(t, "Main", token)
	if err != nil || p.Consumer == nil || p.Consumer.ID != made.ID || p.Consumer.Directory != "main" || p.Credential.Name != "Jira" || p.Connector.Slug != tenants.ConsumerSlug(made.Handle) {
		t.Fatalf("entered as %+v, %v", p, err)
	}
	for doing, try := range map[string]func() error{
		"a connector's token at a directory": func() error { _, err := w.enter(t, "main", secrets.Token); return err },
		"a consumer's token at a connector":  func() error { _, err := w.authenticate(t, "a", "Bearer "+token); return err },
		"a consumer's token elsewhere":       func() error { _, err := w.enter(t, "other", token); return err },
		"a consumer's token with another end": func() error {
			_, err := w.enter(t, "main", token[:len(token)-1]+string(token[len(token)-1]^1))
			return err
		},
		"no token": func() error { _, err := w.enter(t, "main", ""); return err },
	} {
		if err := try(); !errors.Is(err, tenants.ErrUnauthenticated) {
			t.Errorf("%s: %v", doing, err)
		}
	}
}

func consumerTokensRotate(t *testing.T, w tenantsWorld) {
	made, first := w.consume(t, "Jira")
	other, theirs := w.consume(t, "Confluence")
	var forgotten []string
	w.registry.Changed = func(slug string) { forgotten = append(forgotten, slug) }
	k, second, err := w.registry.MintConsumerToken(t.Context(), "main", made.ID, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{first, second, theirs} {
		if _, err := w.enter(t, "main", token); err != nil {
			t.Errorf("of several tokens one does not enter: %v", err)
		}
	}
	wants(t, "ending a token through another consumer", w.registry.DeleteConsumerToken(t.Context(), "main", other.ID, k.ID), tenants.ErrUnknown)
	used := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{used, used.Add(-time.Hour)} {
		if err := w.TouchConsumerTokens(t.Context(), map[uuid.UUID]time.Time{k.ID: at, uuid.New(): at}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := w.registry.ConsumerByID(t.Context(), "main", made.ID)
	if err != nil || len(c.Tokens) != 2 || !c.Tokens[1].LastUsedAt.Equal(used) || !c.Tokens[0].LastUsedAt.IsZero() {
		t.Errorf("the consumer is %+v, %v", c, err)
	}
	if err := w.registry.DeleteConsumerToken(t.Context(), "main", made.ID, k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.enter(t, "main", second); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("an ended token: %v", err)
	}
	if _, err := w.enter(t, "main", first); err != nil {
		t.Errorf("the token beside it: %v", err)
	}
	if err := w.registry.DeleteConsumer(t.Context(), "main", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.enter(t, "main", first); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("a token of a deleted consumer: %v", err)
	}
	wants(t, "deleting it again", w.registry.DeleteConsumer(t.Context(), "main", made.ID), tenants.ErrUnknown)
	if slug := tenants.ConsumerSlug(made.Handle); len(forgotten) == 0 || slices.ContainsFunc(forgotten[len(forgotten)-1:], func(s string) bool { return s != slug }) {
		t.Errorf("caches were told of %v, want %s last", forgotten, slug)
	}
}
