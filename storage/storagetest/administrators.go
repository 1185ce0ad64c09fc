package storagetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

// Administrators is a store of administrators and of the tenants to which they are limited.
type Administrators interface {
	administrators.Store
	CreateTenant(ctx context.Context, name string) (tenants.Tenant, error)
	DeleteTenant(ctx context.Context, name string) error
}

// TestAdministrators runs what every store of administrators guarantees, through the registry that
// uses it. open returns an empty database.
func TestAdministrators(t *testing.T, open func(t *testing.T) Administrators) {
	for name, f := range map[string]func(*testing.T, *adminsWorld){
		"a set-up link makes the first owner, once":                     setupLinksWorkOnce,
		"of those who use one link at once one succeeds":                linksAreRacedFor,
		"a password opens, and every failure looks the same":            passwordsOpen,
		"failures count for address and account, and lock nobody out":   failuresAreCounted,
		"a session ends when idle, at its end, and by another sign-in":  sessionsEnd,
		"sessions are listed and ended, one's own or anybody's":         sessionsAreListed,
		"what is taken from an administrator ends the sessions":         changesEndSessions,
		"the deployment keeps an owner":                                 theLastOwnerStays,
		"of two owners who leave at once one stays":                     ownersRace,
		"a limit stays a limit when its tenants go":                     limitsOutliveTenants,
		"an API token does what it may and its administrator may":       apiTokensAreBounded,
		"whom a provider vouches for comes in if invited or given role": vouchedComeIn,
		"an administrator's e-mail is unique by its key form":           emailsAreUnique,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &adminsWorld{store: open(t)}
			w.now.Store(time.Now().UnixMicro())
			w.registry = administrators.NewRegistry(w.store, w.clock)
			f(t, w)
		})
	}
}

const (
	adaPassword = "correct horse battery staple"
	homeAddress = "192.0.2.7"
)

// adminsWorld is a database with a registry over it and a clock that tests move.
type adminsWorld struct {
	store    Administrators
	registry *administrators.Registry
	now      atomic.Int64
}

func (w *adminsWorld) clock() time.Time      { return time.UnixMicro(w.now.Load()) }
func (w *adminsWorld) later(d time.Duration) { w.now.Add(d.Microseconds()) }
func fromHome() administrators.From {
	return administrators.From{Address: homeAddress, Agent: "a browser"}
}

// owner makes the first owner, ada@acme.example.
func (w *adminsWorld) owner(t *testing.T) administrators.SignedIn {
	t.Helper()
	link, err := w.registry.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.registry.Redeem(t.Context(), link.Secret, "ada@acme.example", "Ada", adaPassword, fromHome())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// invite makes an administrator with a password.
func (w *adminsWorld) invite(t *testing.T, n administrators.New) administrators.SignedIn {
	t.Helper()
	_, link, err := w.registry.Create(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.registry.Redeem(t.Context(), link.Secret, "", "", adaPassword, fromHome())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// enters fails unless a session's secret opens, or does not.
func (w *adminsWorld) enters(t *testing.T, secret string, want bool, when string) {
	t.Helper()
	_, err := w.registry.BySession(t.Context(), secret)
	if want && err != nil || !want && !errors.Is(err, administrators.ErrWrong) {
		t.Errorf("%s: the session gave %v, want it open: %v", when, err, want)
	}
}

func setupLinksWorkOnce(t *testing.T, w *adminsWorld) {
	first, err := w.registry.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stale, err := w.registry.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.registry.Redeem(t.Context(), first.Secret, "ada@acme.example", "Ada", "short", fromHome())
	wants(t, "a short password", err, tenants.ErrInvalid)
	got, err := w.registry.Redeem(t.Context(), first.Secret, "Ada@acme.example", "Ada", adaPassword, fromHome())
	if err != nil || got.Administrator.Role != administrators.Owner || got.Administrator.Limited || got.Session.Method != administrators.ByLink {
		t.Fatalf("redeemed to %+v, %v", got, err)
	}
	w.enters(t, got.Secret, true, "after the set-up")
	for what, secret := range map[string]string{"the link, used": first.Secret, "another set-up link": stale.Secret, "no link": strings.Repeat("A", 52)} {
		_, err := w.registry.Redeem(t.Context(), secret, "eve@evil.example", "Eve", adaPassword, fromHome())
		wants(t, what, err, tenants.ErrUnknown)
	}
	_, err = w.registry.SetupLink(t.Context())
	wants(t, "a set-up link where there is an owner", err, tenants.ErrTaken)

	_, link, err := w.registry.Create(t.Context(), administrators.New{Email: "bob@acme.example", Role: administrators.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	w.later(administrators.LinkTime)
	_, err = w.registry.Redeem(t.Context(), link.Secret, "", "", adaPassword, fromHome())
	wants(t, "a link that has ended", err, tenants.ErrUnknown)
}

func linksAreRacedFor(t *testing.T, w *adminsWorld) {
	link, err := w.registry.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			_, err := w.registry.Redeem(t.Context(), link.Secret, string(rune('a'+i))+"@acme.example", "x", adaPassword, fromHome())
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, tenants.ErrUnknown) && !errors.Is(err, tenants.ErrTaken) {
				t.Errorf("a loser got %v", err)
			}
		})
	}
	all.Wait()
	if list, err := w.registry.Administrators(t.Context()); won.Load() != 1 || err != nil || len(list) != 1 {
		t.Errorf("%d used the link, %d owners were made (%v)", won.Load(), len(list), err)
	}
}

func passwordsOpen(t *testing.T, w *adminsWorld) {
	ada := w.owner(t)
	got, err := w.registry.SignIn(t.Context(), " ADA@acme.example ", adaPassword, fromHome())
	if err != nil || got.Administrator.ID != ada.Administrator.ID || got.Secret == ada.Secret {
		t.Fatalf("signed in as %+v, %v", got.Administrator, err)
	}
	caller, err := w.registry.BySession(t.Context(), got.Secret)
	if err != nil || caller.Actor() != "ada@acme.example" || caller.Role != administrators.Owner || caller.Administrator.LastSignIn.IsZero() {
		t.Errorf("the caller is %+v, %v", caller, err)
	}
	off := true
	bob := w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.Viewer})
	if _, err := w.registry.Update(t.Context(), bob.Administrator.ID, nil, administrators.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string][2]string{
		"a wrong password": {"ada@acme.example", adaPassword + "!"}, "an empty one": {"ada@acme.example", ""},
		"nobody": {"eve@acme.example", adaPassword}, "a disabled one": {"bob@acme.example", adaPassword}, "a long one": {"ada@acme.example", strings.Repeat("x", 5000)},
	} {
		if _, err := w.registry.SignIn(t.Context(), try[0], try[1], fromHome()); !errors.Is(err, administrators.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func failuresAreCounted(t *testing.T, w *adminsWorld) {
	w.owner(t)
	var throttled *administrators.Throttled
	for range 10 {
		if _, err := w.registry.SignIn(t.Context(), "ada@acme.example", "wrong", fromHome()); !errors.Is(err, administrators.ErrWrong) {
			t.Fatal(err)
		}
	}
	if _, err := w.registry.SignIn(t.Context(), "ADA@acme.example", adaPassword, fromHome()); !errors.As(err, &throttled) || throttled.Wait <= 0 {
		t.Errorf("after ten failures: %v", err)
	}
	elsewhere := administrators.From{Address: "198.51.100.9"}
	if _, err := w.registry.SignIn(t.Context(), "ada@acme.example", adaPassword, elsewhere); err != nil {
		t.Errorf("somebody else's failures locked Ada out: %v", err)
	}
	w.later(15 * time.Minute)
	if _, err := w.registry.SignIn(t.Context(), "ada@acme.example", adaPassword, fromHome()); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

func sessionsEnd(t *testing.T, w *adminsWorld) {
	idle := w.owner(t)
	for range 5 {
		w.later(administrators.IdleTime - time.Minute)
		w.enters(t, idle.Secret, true, "used before it was idle for too long")
	}
	w.later(administrators.IdleTime + time.Second)
	w.enters(t, idle.Secret, false, "idle for too long")

	sign := func(session string) administrators.SignedIn {
		from := fromHome()
		from.Session = session
		got, err := w.registry.SignIn(t.Context(), "ada@acme.example", adaPassword, from)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	long := sign("")
	for range int(administrators.LongestTime/(20*time.Minute)) - 1 {
		w.later(20 * time.Minute)
		w.enters(t, long.Secret, true, "in use")
	}
	w.later(20 * time.Minute)
	w.enters(t, long.Secret, false, "at its end, though in use")

	before := sign("")
	after := sign(before.Secret)
	w.enters(t, before.Secret, false, "after the same browser signed in again")
	w.enters(t, after.Secret, true, "the new one")
	chosen := strings.Repeat("B", len(after.Secret))
	if got := sign(chosen); got.Secret == chosen {
		t.Error("a session got the id that the browser brought")
	}
	w.enters(t, chosen, false, "an id that somebody chose")
}

func sessionsAreListed(t *testing.T, w *adminsWorld) {
	ada := w.owner(t)
	bob := w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.Viewer})
	all, err := w.registry.Sessions(t.Context(), uuid.Nil)
	if err != nil || len(all) != 2 || all[0].Email != "bob@acme.example" || all[0].Address != homeAddress || all[0].Agent != "a browser" {
		t.Fatalf("Sessions = %+v, %v", all, err)
	}
	wants(t, "another's session", w.registry.EndSession(t.Context(), bob.Administrator.ID, ada.Session.ID), tenants.ErrUnknown)
	w.enters(t, ada.Secret, true, "after Bob tried to end it")
	if err := w.registry.EndSession(t.Context(), uuid.Nil, bob.Session.ID); err != nil {
		t.Error(err)
	}
	w.enters(t, bob.Secret, false, "ended by an owner")
	if own, err := w.registry.Sessions(t.Context(), bob.Administrator.ID); err != nil || len(own) != 0 {
		t.Errorf("Bob still has %+v, %v", own, err)
	}
}

func changesEndSessions(t *testing.T, w *adminsWorld) {
	w.owner(t)
	if _, err := w.store.CreateTenant(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	operator, on, name := administrators.Operator, true, "Robert"
	only, none := []string{"ACME"}, []string{}
	bob := w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.RuleEditor})
	sign := func() string {
		got, err := w.registry.SignIn(t.Context(), "bob@acme.example", adaPassword, fromHome())
		if err != nil {
			t.Fatal(err)
		}
		return got.Secret
	}
	for what, c := range map[string]administrators.Change{
		"a role": {Role: &operator}, "a limit": {Tenants: &only},
	} {
		secret := sign()
		a, err := w.registry.Update(t.Context(), bob.Administrator.ID, nil, c)
		if err != nil || a.Version < 2 {
			t.Fatalf("%s: %+v, %v", what, a, err)
		}
		w.enters(t, secret, false, what)
		again := sign()
		if _, err := w.registry.Update(t.Context(), bob.Administrator.ID, nil, c); err != nil {
			t.Fatal(err)
		}
		w.enters(t, again, true, what+", which changed nothing")
	}
	secret := sign()
	if _, err := w.registry.Update(t.Context(), bob.Administrator.ID, nil, administrators.Change{Name: &name}); err != nil {
		t.Fatal(err)
	}
	w.enters(t, secret, true, "a name")
	got, err := w.registry.ChangePassword(t.Context(), bob.Administrator, adaPassword, "another horse, another staple", fromHome())
	if err != nil {
		t.Fatal(err)
	}
	w.enters(t, secret, false, "a new password")
	w.enters(t, got.Secret, true, "whoever chose it")
	if _, err := w.registry.ChangePassword(t.Context(), got.Administrator, "wrong", "yet another horse, yet", fromHome()); !errors.Is(err, administrators.ErrWrong) {
		t.Errorf("a wrong current password: %v", err)
	}
	if a, err := w.registry.Update(t.Context(), bob.Administrator.ID, nil, administrators.Change{Tenants: &none, Disabled: &on}); err != nil || a.Limited || !a.Disabled() {
		t.Errorf("%+v, %v", a, err)
	}
	w.enters(t, got.Secret, false, "disabled")
	wantsVersion := func(v int64) bool { return v == 1 }
	if _, err := w.registry.Update(t.Context(), bob.Administrator.ID, wantsVersion, administrators.Change{Name: &name}); !errors.Is(err, tenants.ErrVersion) {
		t.Errorf("an old version: %v", err)
	}
}

func theLastOwnerStays(t *testing.T, w *adminsWorld) {
	ada := w.owner(t).Administrator
	if _, err := w.store.CreateTenant(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	w.invite(t, administrators.New{Email: "limited@acme.example", Role: administrators.Owner, Tenants: []string{"acme"}})
	viewer, on, only := administrators.Viewer, true, []string{"acme"}
	for what, c := range map[string]administrators.Change{"demoted": {Role: &viewer}, "disabled": {Disabled: &on}, "limited": {Tenants: &only}} {
		_, err := w.registry.Update(t.Context(), ada.ID, nil, c)
		wants(t, "the only owner "+what, err, tenants.ErrNotEmpty)
	}
	wants(t, "the only owner deleted", w.registry.Delete(t.Context(), ada.ID), tenants.ErrNotEmpty)
	if a, err := w.registry.Administrator(t.Context(), ada.ID); err != nil || !a.Governs() || a.Version != ada.Version {
		t.Errorf("the owner is %+v, %v", a, err)
	}
	w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.Owner})
	if err := w.registry.Delete(t.Context(), ada.ID); err != nil {
		t.Errorf("one of two owners: %v", err)
	}
	wants(t, "somebody who is gone", w.registry.Delete(t.Context(), ada.ID), tenants.ErrUnknown)
}

func ownersRace(t *testing.T, w *adminsWorld) {
	ada := w.owner(t).Administrator
	bob := w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.Owner}).Administrator
	viewer := administrators.Viewer
	var all sync.WaitGroup
	for _, id := range []uuid.UUID{ada.ID, bob.ID} {
		all.Go(func() {
			_, err := w.registry.Update(t.Context(), id, nil, administrators.Change{Role: &viewer})
			if err != nil && !errors.Is(err, tenants.ErrNotEmpty) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := w.registry.Administrators(t.Context())
	if err != nil || len(list) != 2 || list[0].Governs() == list[1].Governs() {
		t.Errorf("left are %+v, %v", list, err)
	}
}

func limitsOutliveTenants(t *testing.T, w *adminsWorld) {
	w.owner(t)
	if _, err := w.store.CreateTenant(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	bob := w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.Viewer, Tenants: []string{"Acme", "acme"}})
	if a := bob.Administrator; !a.Limited || len(a.Tenants) != 1 || a.Tenants[0].Name != "acme" {
		t.Fatalf("made %+v", a)
	}
	if err := w.store.DeleteTenant(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	caller, err := w.registry.BySession(t.Context(), bob.Secret)
	if err != nil || !caller.Limited() || len(caller.Administrator.Tenants) != 0 || caller.Owns(uuid.New()) {
		t.Errorf("without the tenant the caller is %+v, %v", caller, err)
	}
	_, _, err = w.registry.Create(t.Context(), administrators.New{Email: "eve@acme.example", Role: administrators.Viewer, Tenants: []string{"acme"}})
	wants(t, "a limit to no tenant", err, tenants.ErrInvalid)
	if list, err := w.registry.Administrators(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("a refused administrator was made: %+v, %v", list, err)
	}
}

func apiTokensAreBounded(t *testing.T, w *adminsWorld) {
	w.owner(t)
	bob := w.invite(t, administrators.New{Email: "bob@acme.example", Role: administrators.RuleEditor}).Administrator
	soon := w.clock().Add(time.Hour)
	_, _, err := w.registry.AddToken(t.Context(), bob, "ci", administrators.Owner, soon)
	wants(t, "a token that may do more", err, tenants.ErrInvalid)
	for _, end := range []time.Time{{}, w.clock(), w.clock().Add(2 * administrators.LongestToken)} {
		_, _, err = w.registry.AddToken(t.Context(), bob, "ci", administrators.Viewer, end)
		wants(t, "a token without a proper end", err, tenants.ErrInvalid)
	}
	made, secret, err := w.registry.AddToken(t.Context(), bob, "ci", administrators.RuleEditor, soon)
	if err != nil || !administrators.IsToken(secret) || !strings.HasSuffix(secret, made.Hint) {
		t.Fatalf("made %+v, %v", made, err)
	}
	_, _, err = w.registry.AddToken(t.Context(), bob, "CI", administrators.Viewer, soon)
	wants(t, "a second token of the name", err, tenants.ErrTaken)
	caller, err := w.registry.ByToken(t.Context(), secret)
	if err != nil || caller.Role != administrators.RuleEditor || caller.Actor() != "bob@acme.example/ci" {
		t.Errorf("the caller is %+v, %v", caller, err)
	}
	operator, on := administrators.Operator, true
	if _, err := w.registry.Update(t.Context(), bob.ID, nil, administrators.Change{Role: &operator}); err != nil {
		t.Fatal(err)
	}
	if caller, err := w.registry.ByToken(t.Context(), secret); err != nil || caller.Role != administrators.Operator {
		t.Errorf("after its administrator became an operator the token is %v, %v", caller.Role, err)
	}
	wants(t, "another's token", w.registry.DeleteToken(t.Context(), uuid.New(), made.ID), tenants.ErrUnknown)
	if list, err := w.registry.Tokens(t.Context(), bob.ID); err != nil || len(list) != 1 || list[0].LastUsedAt.IsZero() {
		t.Errorf("Tokens = %+v, %v", list, err)
	}
	if _, err := w.registry.Update(t.Context(), bob.ID, nil, administrators.Change{Disabled: &on}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.registry.ByToken(t.Context(), secret); !errors.Is(err, administrators.ErrWrong) {
		t.Errorf("a disabled one's token: %v", err)
	}
	off := false
	if _, err := w.registry.Update(t.Context(), bob.ID, nil, administrators.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour)
	if _, err := w.registry.ByToken(t.Context(), secret); !errors.Is(err, administrators.ErrWrong) {
		t.Errorf("a token that has ended: %v", err)
	}
	if err := w.registry.DeleteToken(t.Context(), bob.ID, made.ID); err != nil {
		t.Error(err)
	}
}

func vouchedComeIn(t *testing.T, w *adminsWorld) {
	w.owner(t)
	comes := func(p administrators.Person) (administrators.SignedIn, error) {
		p.Issuer = "https://idp.example"
		return w.registry.SignInWith(t.Context(), p, fromHome())
	}
	refused := func(what string, p administrators.Person) {
		t.Helper()
		if _, err := comes(p); !errors.Is(err, administrators.ErrNotInvited) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("somebody unknown", administrators.Person{Subject: "1", Email: "bob@acme.example", Verified: true})
	refused("an e-mail that is not verified", administrators.Person{Subject: "1", Email: "ada@acme.example"})
	ada, err := comes(administrators.Person{Subject: "1", Email: "ADA@acme.example", Verified: true})
	if err != nil || ada.Administrator.Subject != "1" || ada.Administrator.Role != administrators.Owner || ada.Session.Method != administrators.ByOIDC {
		t.Fatalf("Ada came in as %+v, %v", ada, err)
	}
	refused("another person of the same e-mail", administrators.Person{Subject: "2", Email: "ada@acme.example", Verified: true})
	if _, err := comes(administrators.Person{Subject: "1", Email: "changed@acme.example"}); err != nil {
		t.Errorf("the same person with another e-mail: %v", err)
	}

	given, err := comes(administrators.Person{Subject: "3", Email: "carol@acme.example", Verified: true, Name: "Carol", Claimed: true, Role: administrators.Operator})
	if err != nil || given.Administrator.Role != administrators.Operator || given.Administrator.Name != "Carol" {
		t.Fatalf("given a role: %+v, %v", given, err)
	}
	now, err := comes(administrators.Person{Subject: "3", Email: "carol@acme.example", Verified: true, Claimed: true, Role: administrators.Viewer})
	if err != nil || now.Administrator.Role != administrators.Viewer {
		t.Errorf("given another role: %+v, %v", now, err)
	}
	w.enters(t, given.Secret, false, "begun with the former role")
	refused("whose role was taken", administrators.Person{Subject: "3", Email: "carol@acme.example", Verified: true, Claimed: true})
	on := true
	if _, err := w.registry.Update(t.Context(), now.Administrator.ID, nil, administrators.Change{Disabled: &on}); err != nil {
		t.Fatal(err)
	}
	refused("a disabled one", administrators.Person{Subject: "3", Email: "carol@acme.example", Verified: true, Claimed: true, Role: administrators.Owner})
}

func emailsAreUnique(t *testing.T, w *adminsWorld) {
	w.owner(t)
	_, _, err := w.registry.Create(t.Context(), administrators.New{Email: "ADA@ACME.example", Role: administrators.Viewer})
	wants(t, "the same e-mail in capitals", err, tenants.ErrTaken)
	for _, n := range []administrators.New{{Email: "token", Role: administrators.Viewer}, {Email: "@x", Role: administrators.Viewer},
		{Email: "a/b@x.example", Role: administrators.Viewer}, {Email: "x@y.example"}, {Email: "x@y.example", Role: "root"}} {
		_, _, err := w.registry.Create(t.Context(), n)
		wants(t, "an administrator that cannot be", err, tenants.ErrInvalid)
	}
}
