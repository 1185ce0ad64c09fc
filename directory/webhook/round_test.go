package webhook

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestWhatConcernsOneUserWaitsForWhatCameBefore(t *testing.T) {
	t.Parallel()
	ada, bob := uuid.New(), uuid.New()
	waiting := []Delivery{
		{Seq: 1, Ordered: ada, NextAt: noon.Add(time.Hour)}, {Seq: 2, Ordered: bob, NextAt: noon}, {Seq: 3, Ordered: ada, NextAt: noon}, {Seq: 4, Ordered: bob, NextAt: noon},
	}
	ready := chains(waiting, false, noon)
	if len(ready) != 1 || len(ready[0]) != 2 || ready[0][0].Seq != 2 || ready[0][1].Seq != 4 {
		t.Errorf("while Ada's first waits, ready are %+v", ready)
	}
	if ready = chains(waiting, true, noon); len(ready) != 1 || len(ready[0]) != 1 || ready[0][0].Seq != 1 {
		t.Errorf("of a receiver that is down, ready are %+v", ready)
	}
}

func TestADeliveryIsGivenUpOnlyIfOthersGotThrough(t *testing.T) {
	t.Parallel()
	down := Outcome{Error: "nobody listens"}
	d, at := Delivery{State: Pending}, noon
	for range 50 {
		d.judge(down, Webhook{LastSuccess: noon.Add(-time.Minute)}, at)
		if d.State != Pending {
			t.Fatalf("while nothing gets through it is %s after %d attempts", d.State, d.Attempts)
		}
		if wait := d.NextAt.Sub(at); wait < 4*time.Second || wait > 27*time.Hour {
			t.Fatalf("the pause after %d attempts is %v", d.Attempts, wait)
		}
		at = d.NextAt
	}
	d.judge(down, Webhook{LastSuccess: at}, at)
	if d.State != Failed {
		t.Errorf("when others get through it is %s after %d attempts", d.State, d.Attempts)
	}
}

func TestAReceiverThatIsDownIsKnockedAtUntilItIsBack(t *testing.T) {
	t.Parallel()
	r, at := Round{Webhook: Webhook{State: Enabled}}, noon
	for range RestAfter {
		r.taken(Outcome{Status: 500}, at)
	}
	if !r.Webhook.resting() || r.Webhook.State != Enabled || !r.Webhook.NextAt.After(at) || r.Webhook.NextAt.After(at.Add(6*time.Second)) {
		t.Fatalf("after some failures it is %+v", r.Webhook)
	}
	for r.Webhook.State == Enabled {
		next := r.Webhook.NextAt
		if wait := next.Sub(at); wait > 34*time.Minute {
			t.Fatalf("it is tried again after %v", wait)
		}
		at = next
		before := r
		before.taken(Outcome{Status: 204}, at)
		if !before.Awake || before.Webhook.Failures != 0 || !before.Webhook.NextAt.IsZero() || !before.Webhook.FailingSince.IsZero() {
			t.Fatalf("when it takes something it is %+v", before)
		}
		r.taken(Outcome{}, at)
	}
	if after := at.Sub(noon); r.Webhook.Reason != ReasonFailing || after < disableAfter || after > disableAfter+time.Hour {
		t.Errorf("it is disabled after %v: %s", after, r.Webhook.Reason)
	}
}

func TestGoneDisablesAndRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	r := Round{Webhook: Webhook{State: Enabled}}
	r.taken(Outcome{Status: http.StatusTooManyRequests, RetryAfter: time.Hour}, noon)
	if !r.Webhook.NextAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("the next attempt is at %v", r.Webhook.NextAt)
	}
	r.taken(Outcome{Status: http.StatusGone}, noon)
	if r.Webhook.State != Disabled || r.Webhook.Reason != ReasonGone {
		t.Errorf("410 makes it %s %s", r.Webhook.State, r.Webhook.Reason)
	}
	for text, want := range map[string]time.Duration{"7": 7 * time.Second, "-1": 0, "x": 0, "": 0, "99999999": mostPatience, noon.Add(time.Minute).Format(http.TimeFormat): time.Minute} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, noon); got != want {
			t.Errorf("Retry-After %q is %v, want %v", text, got, want)
		}
	}
}

func TestSecretsAreReadWithTheirKeyAndForTheirWebhookAlone(t *testing.T) {
	t.Parallel()
	v, err := newVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := Webhook{ID: uuid.New(), OldUntil: noon}
	secret, old := newSecret(), newSecret()
	w.Secret, w.OldSecret = v.lock(w.ID, secret), v.lock(w.ID, old)
	if strings.Contains(string(w.Secret), string(secret)) {
		t.Error("the secret is kept in clear")
	}
	if all, err := v.secrets(w, noon.Add(-time.Second)); err != nil || len(all) != 2 || string(all[0]) != string(secret) || string(all[1]) != string(old) {
		t.Errorf("during the overlap there are %d secrets, %v", len(all), err)
	}
	if all, err := v.secrets(w, noon); err != nil || len(all) != 1 {
		t.Errorf("after it there are %d secrets, %v", len(all), err)
	}
	if _, err := v.open(uuid.New(), w.Secret); err == nil {
		t.Error("another webhook can read it")
	}
	other, _ := newVault([]byte(strings.Repeat("k", 32)))
	if _, err := other.open(w.ID, w.Secret); err == nil {
		t.Error("another key can read it")
	}
}

func TestTypesAreWhatTheFeedTellsAndTyposAreRefused(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"directory.user.created": "user.created", "directory.membership.removed": "membership.removed", "connector.mode.changed": "connector.mode.changed",
		"directory.created": "directory.created", "directory.import.done": "directory.import.done", "directory.hold.created": "hold.created",
		"record.user.created": "", "request.refused": "", "webhook.created": "", "credential.created": "",
	} {
		if got, ok := TypeOf(action); got != want || ok != (want != "") {
			t.Errorf("%s is %q, want %q", action, got, want)
		}
	}
	for _, w := range []struct {
		types []string
		kind  string
		want  bool
	}{{nil, "x.y", true}, {[]string{"user.*"}, "user.created", true}, {[]string{"user.*"}, "userx.created", false}, {[]string{"user.created"}, "user.created.x", false}, {[]string{"*"}, "a", true}} {
		if got := (Webhook{Types: w.types}).Wants(w.kind); got != w.want {
			t.Errorf("%v wants %s: %v", w.types, w.kind, got)
		}
	}
	if err := checkTypes(append([]string{"*", "user.*", "connector.*"}, Types...)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "user", "user.make", "record.*", "user.c*", "User.created"} {
		if checkTypes([]string{bad}) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestAMessageStaysBelowTwentyKilobytes(t *testing.T) {
	t.Parallel()
	e := directory.FeedItem{Event: directory.Event{ID: uuid.New(), Seq: 7, Time: noon, User: uuid.New(), Group: uuid.New(), Connector: "acme-okta",
		Changes: json.RawMessage(`{"group":"staff"}`)}, Directory: "main", UserName: "ada", GroupName: "staff"}
	text, err := body("membership.added", e)
	var m Message
	if err != nil || json.Unmarshal(text, &m) != nil || m.Type != "membership.added" || !m.Timestamp.Equal(noon) || m.Data.ID != e.ID || m.Data.User.UserName != "ada" || m.Data.Group.DisplayName != "staff" || m.Data.Incomplete {
		t.Errorf("the message is %s, %v", text, err)
	}
	e.Changes = json.RawMessage(`{"x":"` + strings.Repeat("x", 30_000) + `"}`)
	text, err = body("membership.added", e)
	if err != nil || len(text) > mostBody || !strings.Contains(string(text), `"incomplete":true`) {
		t.Errorf("a long message has %d bytes, %v", len(text), err)
	}
}
