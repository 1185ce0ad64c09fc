package sql

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
	"github.com/muster-scim/muster/tenants"
)

// indexAll writes the words of all that is sealed.
func indexAll(t testing.TB, s *Store) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.IndexEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// said is an event of a test.
type said struct {
	action, request, changes, values string
	user                             uuid.UUID
}

func saySome(t *testing.T, s *Store, all ...said) {
	t.Helper()
	mustWrite(t, s, func(x *tx) error {
		for _, e := range all {
			id := newID()
			sum, apart := sealedValues(id, uuid.Nil, e.user, uuid.Nil, []byte(e.values))
			x.insert("events", []string{"id", "time", "actor_type", "actor", "action", "user_id", "request", "changes", "values_hash"},
				[][]any{{id, micros(time.Now()), "admin", "test", e.action, nullID(e.user), e.request, e.changes, sum}}, "")
			x.insert("event_values", []string{"event_id", "directory_id", "user_id", "record_id", "data", "salt"}, [][]any{apart}, "")
		}
		return nil
	})
}

// foundBy are the actions of the events that a filter finds, the newest first.
func foundBy(t testing.TB, s *Store, f directory.EventFilter) string {
	t.Helper()
	page, err := s.Events(t.Context(), directory.EventQuery{EventFilter: f}, directory.Listing{Limit: 100})
	if err != nil {
		t.Errorf("%+v: %v", f, err)
	}
	var actions []string
	for _, e := range page.Items {
		actions = append(actions, e.Action)
	}
	return strings.Join(actions, " ")
}

func TestNoWordIsOfAReasonOfAnotherConnector(t *testing.T) {
	t.Parallel()
	for changes, want := range map[string]string{
		`{"group": "Eng", "because": {"code": "neverAssign", "connector": "acme", "pattern": "eng*"}}`:                                   "acme eng neverassign",
		`{"group": "Eng", "because": {"code": "neverAssign", "connector": "beta", "pattern": "secret"}}`:                                 "eng neverassign",
		`{"group": "Eng", "because": {"code": "held", "detail": "beta has disabled 7"}}`:                                                 "eng held",
		`{"would": {"lines": [{"op": "addMembership", "because": {"code": "alwaysAssign", "connector": "beta", "pattern": "secret"}}]}}`: "addmembership alwaysassign",
		`{"note": "beta", "n": 12345678901234567890}`:                                                                                    "12345678901234567890 beta",
	} {
		words := slices.DeleteFunc(wordy{changes: changes, connector: "acme"}.words(), func(w string) bool { return strings.HasPrefix(w, ".") }) // tags
		slices.Sort(words)
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s has the words %q, want %q", changes, got, want)
		}
	}
}

func TestNothingIsFoundOfAPurgedDirectory(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		d := directory.New(s, directory.Options{Now: time.Now})
		acme := connected(t, s, "acme")
		_, err := d.CreateUser(t.Context(), directory.Source{Connector: acme, Request: "r"}, scim.Document{"userName": "ada", "active": true, "name": map[string]any{"familyName": "Lovelace"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, s, keptRequest(acme, time.Now(), func(a *tenants.Activity) { a.Path = "/Users/lovelace" }))
		sealAll(t, s, newSigner(t, "ours"))
		indexAll(t, s)
		lovelace := directory.EventFilter{Text: "lovelace"}
		if foundBy(t, s, lovelace) == "" {
			t.Fatal("the events have no words")
		}
		mustWrite(t, s, func(x *tx) error {
			x.exec(nil, "update directories set removed_at = 1, purge_after = 1 where id = ?", acme.DirectoryID)
			return nil
		})
		gone := false
		for tries := 0; !gone && tries < 100; tries++ {
			if gone, err = s.PurgeDirectory(t.Context(), acme.DirectoryID, time.Now(), 2); err != nil {
				t.Fatal(err)
			}
		}
		indexAll(t, s)
		if found := foundBy(t, s, lovelace); found != "" || !gone {
			t.Errorf("the directory is gone (%v), and its people are found in %s", gone, found)
		}
		if n, bytes, err := s.ActivitySize(t.Context()); err != nil || n != 0 || bytes != 0 {
			t.Errorf("%d requests of %d bytes are counted (%v)", n, bytes, err)
		}
		if n := numbers(t, s, 1, "select count(*) from activity_days")[0]; n != 0 {
			t.Errorf("%d days are counted", n)
		}
		var words int64
		mustWrite(t, s, func(x *tx) error {
			kept := x.holding(activityWords, x.answers(question{"lovelace"}))
			x.query(func(r row) error { return r.Scan(&words) }, "select count(*) from ("+kept.sql+") k", kept.args...)
			return nil
		})
		if words != 0 {
			t.Errorf("%d requests are found by their words", words)
		}
	})
}

func TestEventsAreFoundByTheirWordsBeforeAndAfterTheyAreIndexed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		saySome(t, s,
			said{action: "a.ada", request: "0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b", changes: `{"group":"Jira Admins"}`, values: `{"name":{"after":{"familyName":"Lovelace"}}}`},
			said{action: "a.bob", request: "client-chosen 'id", changes: `{"note":"50% \"quoted\" Lovelock"}`, values: `{}`},
			said{action: "request.refused", changes: `{"reason":"wrongToken"}`, values: `{}`},
			said{action: "a.would", request: "r3", changes: `{"would":{"people":1}}`, values: `{}`},
		)
		look := func(when string) {
			t.Helper()
			for _, c := range []struct {
				f    directory.EventFilter
				want string
			}{
				{directory.EventFilter{Text: "lovelace"}, "a.ada"},
				{directory.EventFilter{Text: "LOVEL"}, "a.bob a.ada"},
				{directory.EventFilter{Text: "admins jira"}, "a.ada"},
				{directory.EventFilter{Text: "lovelace", Action: "b"}, ""},
				{directory.EventFilter{Text: "familyName"}, ""},
				{directory.EventFilter{Text: "%"}, ""},
				{directory.EventFilter{Text: "50% \"quoted"}, "a.bob"},
				{directory.EventFilter{Request: "0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"}, "a.ada"},
				{directory.EventFilter{Request: "client-chosen 'id"}, "a.bob"},
				{directory.EventFilter{Request: "client-chosen"}, ""},
				{directory.EventFilter{Request: "client-chosen 'id", Text: "lovel"}, "a.bob"},
				{directory.EventFilter{Outcome: directory.EventRefused}, "request.refused"},
				{directory.EventFilter{Outcome: directory.EventWould}, "a.would"},
				{directory.EventFilter{Outcome: directory.EventDone}, "a.bob a.ada"},
				{directory.EventFilter{Outcome: directory.EventWould, Request: "r3"}, "a.would"},
				{directory.EventFilter{Action: "a."}, "a.would a.bob a.ada"},
				{directory.EventFilter{Action: "A."}, ""},
				{directory.EventFilter{Actor: "test", Action: "a.b"}, "a.bob"},
			} {
				if got := foundBy(t, s, c.f); got != c.want {
					t.Errorf("%s, %+v finds %q, want %q", when, c.f, got, c.want)
				}
			}
		}
		look("before sealing")
		sealAll(t, s, newSigner(t, "ours"))
		look("sealed")
		indexAll(t, s)
		if n := numbers(t, s, 1, "select count(*) from event_words")[0]; n != 4 {
			t.Errorf("%d events have words, want 4", n)
		}
		look("indexed")
		saySome(t, s, said{action: "a.new", changes: `{"x":"lovelace"}`, values: `{}`})
		if got := foundBy(t, s, directory.EventFilter{Text: "lovelace"}); got != "a.new a.ada" {
			t.Errorf("of the index and of what came since, %q are found", got)
		}
	})
}

func TestNobodyIsFoundByAnErasedName(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		leaveTraces(t, s)
		sealAll(t, s, newSigner(t, "ours"))
		indexAll(t, s)
		d := directory.New(s, directory.Options{Now: time.Now})
		user := soleUser(t, d, policy.UserDisabled)
		find := func(text string) int {
			t.Helper()
			page, err := d.Events(t.Context(), directory.EventFilter{Text: text, User: user.ID.String()}, directory.Listing{Limit: 100})
			if err != nil {
				t.Error(err)
			}
			return len(page.Items)
		}
		if find("countess") == 0 {
			t.Fatal("the test looks in vain")
		}
		if _, err := d.EraseUser(t.Context(), directory.Admin{ID: "test"}, "main", user.ID, user.UserName); err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"at once", "indexed again", "sealed and indexed again"} {
			for _, name := range []string{"ada.lovelace", "countess", "byron"} {
				if n := find(name); n != 0 {
					t.Errorf("%s: %q finds %d events of who was erased", when, name, n)
				}
			}
			if when == "indexed again" {
				sealAll(t, s, newSigner(t, "ours"))
			}
			indexAll(t, s)
		}
		if n := numbers(t, s, 1, "select count(*) from event_words_waiting")[0]; n != 0 {
			t.Errorf("%d events wait for words", n)
		}
		saying := tablesSaying(t, s, []string{"lovelace", "countess", "byron"})
		saying = slices.DeleteFunc(saying, func(where string) bool { return !strings.HasPrefix(where, "event_") })
		if len(saying) > 0 {
			t.Errorf("of the erased person there still is\n%s", strings.Join(saying, "\n"))
		}
	})
}

// TestWordsReadBeforeAnErasureAreNotWrittenAfterIt lets an erasure come while words are written.
func TestWordsReadBeforeAnErasureAreNotWrittenAfterIt(t *testing.T) {
	t.Parallel()
	s, ctx := newPostgres(t), t.Context()
	who := uuid.New()
	saySome(t, s, said{action: "a.ada", changes: `{}`, values: `{"name":"Lovelace"}`, user: who})
	sealAll(t, s, newSigner(t, "ours"))
	err := s.write(ctx, everyConnector, func(x *tx) error {
		x.dropWordsOf([]uuid.UUID{who})
		if err := x.flush(); err != nil {
			return err
		}
		if _, err := s.IndexEvents(ctx); err != nil { // meanwhile, by another replica
			return err
		}
		x.exec(nil, "delete from event_values where user_id = ?", who)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	indexAll(t, s)
	if n := numbers(t, s, 1, "select count(*) from event_words where words @@ 'lovelace'::tsquery")[0]; n != 0 {
		t.Error("the words of values that are gone were written")
	}
}

func TestWordsGoWithDroppedEvents(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		ours, now := newSigner(t, "ours"), time.Now()
		for _, days := range []int{500, 0} {
			tell(t, s, 5, now.AddDate(0, 0, -days))
			sealAll(t, s, ours)
		}
		indexAll(t, s)
		if n, err := s.DropSealed(t.Context(), now.AddDate(0, 0, -400), 10); err != nil || n != 5 {
			t.Fatalf("dropped %d: %v", n, err)
		}
		if n := numbers(t, s, 1, "select count(*) from event_words")[0]; n != 5 {
			t.Errorf("%d events have words, want 5", n)
		}
	})
}

func TestWordsOfEventsAreDroppedOnlyByWhoSeesTheEvents(t *testing.T) {
	t.Parallel()
	s := newPostgres(t)
	w := newSpaces(t, s)
	sealAll(t, s, newSigner(t, "ours"))
	mustWrite(t, s, func(x *tx) error {
		x.exec(nil, "insert into event_words (seq, words) select seq, '''x''' from events")
		return nil
	})
	var dropped int64
	err := s.write(t.Context(), ofDirectory(w.here), func(x *tx) error {
		x.exec(&dropped, "delete from event_words")
		return nil
	})
	if err != nil || dropped != 1 {
		t.Errorf("a directory dropped the words of %d events (%v), want its one", dropped, err)
	}
	err = s.write(t.Context(), ofDirectory(w.here), func(x *tx) error {
		x.exec(nil, "insert into event_words (seq, words) values (99, '''x''')")
		return nil
	})
	if err == nil {
		t.Error("a directory wrote words")
	}
}

// TestSearchesOfEventsUseTheirIndex reads the plans of searches among many events.
func TestSearchesOfEventsUseTheirIndex(t *testing.T) {
	t.Parallel()
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		w := &world{connector: uuid.New(), directory: uuid.New()}
		manyEvents(t, s, 60_000)
		if p, ok := s.db.(*postgres); ok {
			s = open(t, pgtest.AsRole(t, p.pool.Config().ConnString(), appRole)) // policies may spoil plans
		}
		for uses, f := range map[string]directory.EventFilter{
			"event_words_words": {Text: "family77"},
			"event_words":       {Request: "r77"},
			"events_action":     {Action: "audit."},
			"events_actor":      {Actor: "somebody"},
			"events_time":       {Since: time.UnixMicro(59_990)},
		} {
			var plan string
			err := s.read(t.Context(), everyConnector, func(x *tx) error {
				found, err := x.foundByWords(directory.EventQuery{EventFilter: f}, newest)
				if err != nil {
					return err
				}
				where := cat(x.eventsOf(directory.EventQuery{EventFilter: f}), " and ", found)
				plan = explained(t, s, w, cat("select e.seq from events e where ", where, " order by e.seq desc limit 50"))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !s.isPostgres() {
				uses = strings.TrimSuffix(uses, "_words")
			}
			if walks := strings.Contains(plan, "Seq Scan on events"); walks || !strings.Contains(plan, uses) {
				t.Errorf("%+v: the plan does not use %s:\n%s", f, uses, plan)
			}
		}
	})
}

// manyEvents fills the audit and its words without a detour through Go.
func manyEvents(t *testing.T, s *Store, n int) {
	t.Helper()
	series := fmt.Sprintf("(with recursive s(n) as (select 1 union all select n + 1 from s where n < %d) select n from s) s", n)
	uid := `'019a0000-0000-7000-8000-' || substr('000000000000' || cast(n as text), -12)`
	words, from := "insert into event_words (rowid, words) select n, 'common family' || n || ' first' || (n % 1000) from ", series
	if s.isPostgres() {
		uid = `('019a0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid`
		from = fmt.Sprintf("generate_series(1, %d) n", n)
		words = "insert into event_words (seq, words) select n, ('''common'' ''family' || n || ''' ''first' || (n % 1000) || '''')::tsvector from "
	}
	mustWrite(t, s, func(x *tx) error {
		x.exec(nil, `insert into events (id, time, actor_type, actor, action, request, changes)
			select `+uid+`, n, 'admin', 'token', 'directory.membership.added', 'r' || n, '{"group":"common"}' from `+from)
		x.exec(nil, words+from)
		position := "0"
		if s.isPostgres() {
			position = "position"
		}
		x.exec(nil, "update event_words_state set seq = ?, position = (select max("+position+") from events)", n)
		return nil
	})
	mustWrite(t, s, func(x *tx) error {
		x.exec(nil, "analyze")
		return nil
	})
}
