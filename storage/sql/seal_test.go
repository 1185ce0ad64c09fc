package sql

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/seal"
)

func newSigner(t testing.TB, name string) *seal.Signer {
	t.Helper()
	s, err := seal.NewSigner([]byte(fmt.Sprintf("%-32s", name)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tell writes events, each with clear values of a person.
func tell(t testing.TB, s *Store, n int, at time.Time) {
	t.Helper()
	err := s.write(t.Context(), everyConnector, func(x *tx) error {
		for i := range n {
			id := newID()
			sum, apart := sealedValues(id, uuid.Nil, uuid.Nil, uuid.Nil, []byte(fmt.Sprintf(`{"title":"Countess %d"}`, i)))
			x.insert("events", []string{"id", "time", "actor_type", "actor", "action", "changes", "values_hash"},
				[][]any{{id, micros(at), "admin", "test", "test.told", `{"title":"<b>"}`, sum}}, "")
			x.insert("event_values", []string{"event_id", "directory_id", "user_id", "record_id", "data", "salt"}, [][]any{apart}, "")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sealAll seals until nothing waits. What others of the server's databases are doing may hold it
// up for a moment.
func sealAll(t testing.TB, s *Store, by *seal.Signer) {
	t.Helper()
	for ctx, tries := t.Context(), 0; ; tries++ {
		if _, _, err := s.Seal(ctx, by); err != nil {
			t.Fatal(err)
		}
		state, err := s.AuditState(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if state.Waiting == 0 {
			return
		}
		if tries == 3000 {
			t.Fatalf("%d events are never sealed", state.Waiting)
		}
		if sleep(ctx, 10*time.Millisecond) != nil {
			t.Fatal(ctx.Err())
		}
	}
}

// verify checks what is in the database, through an export.
func verify(t testing.TB, s *Store, head *seal.Head, trusted ...ed25519.PublicKey) (seal.Result, error) {
	t.Helper()
	keys, err := s.AuditKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := seal.NewWriter(&file, keys)
	if err == nil {
		err = s.WalkAudit(t.Context(), 0, true, w.Block, w.Events)
	}
	if err = errors.Join(err, w.End()); err != nil {
		t.Fatal(err)
	}
	return seal.Verify(&file, seal.NewCheck(trusted, nil, head))
}

func newestHead(t testing.TB, s *Store) seal.Head {
	t.Helper()
	state, err := s.AuditState(t.Context())
	if err != nil || state.Newest == nil {
		t.Fatalf("there is no block (%v)", err)
	}
	return state.Newest.Head()
}

func TestEveryEventIsSealedOnceAlthoughWritersOvertakeEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ours := newSigner(t, "ours")
		done, sealed := make(chan struct{}), sync.WaitGroup{}
		for range 2 { // two replicas seal while others write
			sealed.Go(func() {
				for {
					if _, _, err := s.Seal(t.Context(), ours); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		var writers sync.WaitGroup
		for range 6 {
			writers.Go(func() {
				for range 15 {
					tell(t, s, 3, time.Now())
				}
			})
		}
		writers.Wait()
		close(done)
		sealed.Wait()
		sealAll(t, s, ours)
		r, err := verify(t, s, nil, ours.Public())
		if err != nil || r.Events != 6*15*3 || r.Unsealed != 0 || r.Erased != 0 {
			t.Errorf("verified %+v: %v", r, err)
		}
	})
}

// TestABlockWaitsForWhoTookItsNumberEarlier is PostgreSQL's alone: SQLite has one writer.
func TestABlockWaitsForWhoTookItsNumberEarlier(t *testing.T) {
	t.Parallel()
	s, ours := newPostgres(t), newSigner(t, "ours")
	err := s.write(t.Context(), everyConnector, func(x *tx) error {
		x.adminEvent(adminEvent{action: "test.slow"})
		if err := x.flush(); err != nil {
			return err
		}
		tell(t, s, 2, time.Now()) // later numbers, committed earlier
		b, _, err := s.Seal(t.Context(), ours)
		if err == nil && b != nil {
			t.Errorf("block %d has %d events, although an earlier one is on its way", b.Number, b.Events)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sealAll(t, s, ours)
	if r, err := verify(t, s, nil, ours.Public()); err != nil || r.Events != 3 {
		t.Errorf("verified %+v: %v", r, err)
	}
}

func TestTamperingWithTheDatabaseIsFoundAndNamed(t *testing.T) {
	for name, c := range map[string]struct {
		tamper func(x *tx)
		kind   seal.Kind
		block  int64
		seq    int64
	}{
		"one flipped byte":   {func(x *tx) { x.exec(nil, `update events set changes = '{"title":"<c>"}' where seq = 8`) }, seal.Changed, 2, 8},
		"one deleted row":    {func(x *tx) { x.exec(nil, `delete from events where seq = 8`) }, seal.Missing, 2, 0},
		"the first row gone": {func(x *tx) { x.exec(nil, `delete from events where seq = 1`) }, seal.Missing, 1, 0},
		"two swapped rows": {func(x *tx) {
			for _, step := range [][2]int{{7, -7}, {8, 7}, {-7, 8}} {
				x.exec(nil, `update events set seq = ? where seq = ?`, step[1], step[0])
			}
		}, seal.Changed, 2, 7},
		"an added row": {func(x *tx) {
			x.exec(nil, `insert into events (seq, id, time, actor_type, actor, action, position) select -1, ?, 1, 'a', 'a', 'a', position from events where seq = 3`, newID())
		}, seal.Added, 1, -1},
		"other clear values": {func(x *tx) {
			x.exec(nil, `update event_values set data = '{"title":"Nobody"}' where event_id = (select id from events where seq = 3)`)
		}, seal.Changed, 1, 3},
		"a cut tail": {func(x *tx) {
			x.exec(nil, `delete from events where seq > 10`)
			x.exec(nil, `delete from audit_leaves where number = 3`)
			x.exec(nil, `delete from audit_blocks where number = 3`)
		}, seal.Cut, 3, 0},
		"a foreign signature": {func(x *tx) {
			x.exec(nil, `update audit_blocks set signature = (select b.signature from audit_blocks b where b.number = 1) where number = 2`)
		}, seal.Forged, 2, 0},
		"a block made again by a foreign key": {func(x *tx) {
			x.exec(nil, `delete from audit_leaves where number = 3`)
			x.exec(nil, `delete from audit_blocks where number = 3`)
		}, seal.Forged, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onBothAsOwner(t, func(t *testing.T, s *Store) {
				ours := newSigner(t, "ours")
				for range 3 {
					tell(t, s, 5, time.Now())
					sealAll(t, s, ours)
				}
				head := newestHead(t, s)
				if r, err := verify(t, s, &head, ours.Public()); err != nil || r.Events != 15 || r.Blocks != 3 {
					t.Fatalf("before: %+v, %v", r, err)
				}
				mustWrite(t, s, func(x *tx) error {
					if !x.pg() { // whoever can write the file can do this
						x.exec(nil, "drop trigger events_stay")
						x.exec(nil, "drop trigger events_are_never_changed")
					}
					c.tamper(x)
					return nil
				})
				if name == "a block made again by a foreign key" {
					sealAll(t, s, newSigner(t, "foreign"))
					head = newestHead(t, s)
				}
				_, err := verify(t, s, &head, ours.Public())
				var broken *seal.Broken
				if !errors.As(err, &broken) || broken.Kind != c.kind || broken.Block != c.block || broken.Seq != c.seq {
					t.Errorf("found %+v (%v), want %s in block %d, row %d", broken, err, c.kind, c.block, c.seq)
				}
			})
		})
	}
}

func TestAPersonIsErasedAndTheAuditVerifies(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ours := newSigner(t, "ours")
		tell(t, s, 3, time.Now())
		sealAll(t, s, ours)
		mustWrite(t, s, func(x *tx) error {
			x.exec(nil, "delete from event_values where event_id in (select id from events where seq = 2)")
			return nil
		})
		if r, err := verify(t, s, nil, ours.Public()); err != nil || r.Erased != 1 || r.Events != 3 {
			t.Errorf("verified %+v: %v", r, err)
		}
	})
}

func TestARotatedKeyKeepsVerifying(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for _, key := range []string{"first", "second"} {
			tell(t, s, 2, time.Now())
			sealAll(t, s, newSigner(t, key))
		}
		if r, err := verify(t, s, nil, newSigner(t, "second").Public()); err != nil || r.Blocks != 2 {
			t.Errorf("verified %+v: %v", r, err)
		}
	})
}

func TestARestoreIntoAnotherServerGoesOnBeingSealed(t *testing.T) {
	t.Parallel()
	s, ours := newOwner(t), newSigner(t, "ours")
	const elsewhere = 1 << 40 // where the transactions of the former server had come to
	counts := func(from int64) {
		mustWrite(t, s, func(x *tx) error {
			x.exec(nil, "update audit_state set shift = ?", from)
			x.exec(nil, fmt.Sprintf("alter table events alter column position set default (pg_current_xact_id()::text::bigint + %d)", from))
			return nil
		})
	}
	counts(elsewhere)
	tell(t, s, 3, time.Now())
	sealAll(t, s, ours)
	counts(0)
	if err := s.CheckPositions(t.Context()); !errors.Is(err, errElsewhere) {
		t.Errorf("a server that does not migrate starts: %v", err)
	}
	for range 2 { // again: there is nothing to renew then
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CheckPositions(t.Context()); err != nil {
		t.Errorf("after migrating: %v", err)
	}
	tell(t, s, 2, time.Now())
	sealAll(t, s, ours)
	if r, err := verify(t, s, nil, ours.Public()); err != nil || r.Events != 5 || r.Blocks != 2 {
		t.Errorf("verified %+v: %v", r, err)
	}
}

func TestRetentionDropsOldSealedBlocksAndSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ours, now, ctx := newSigner(t, "ours"), time.Now(), t.Context()
		for _, days := range []int{500, 450, 40, 0} {
			tell(t, s, 5, now.AddDate(0, 0, -days))
			sealAll(t, s, ours)
		}
		drop := func(days, want int) {
			t.Helper()
			n, err := s.DropSealed(ctx, now.AddDate(0, 0, -days), 10)
			if err != nil || n != int64(want) {
				t.Errorf("dropped %d events older than %d days (%v), want %d", n, days, err, want)
			}
			sealAll(t, s, ours)
		}
		drop(400, 10)
		drop(400, 0)
		r, err := verify(t, s, nil, ours.Public())
		if err != nil || r.Dropped != 2 || r.Events != 11 || r.Blocks != 5 {
			t.Errorf("verified %+v: %v", r, err)
		}
		drop(0, 5) // what is younger than thirty days stays, whoever asks
		if r, err := verify(t, s, nil, ours.Public()); err != nil || r.Dropped != 3 || r.Events != 7 {
			t.Errorf("verified %+v: %v", r, err)
		}
		var values int
		mustWrite(t, s, func(x *tx) error {
			x.query(func(r row) error { return r.Scan(&values) }, "select count(*) from event_values")
			return nil
		})
		if err := s.write(ctx, everyConnector, func(x *tx) error { x.exec(nil, "delete from events"); return nil }); err == nil {
			t.Error("young events can be deleted")
		}
		if values != 5 {
			t.Errorf("%d clear values are there, want those of the 5 young events", values)
		}
	})
}

func TestTheRoleThatServesCannotDropYoungEvents(t *testing.T) {
	t.Parallel()
	s, ours := newPostgres(t), newSigner(t, "ours")
	tell(t, s, 5, time.Now())
	sealAll(t, s, ours)
	for _, statement := range []string{"select drop_sealed_events(1)", "set app.retention = 'on'; delete from events", "delete from audit_blocks",
		"update audit_blocks set hash = ''", "update audit_state set shift = 0", "delete from audit_leaves"} {
		err := s.write(context.WithoutCancel(t.Context()), everyConnector, func(x *tx) error {
			for part := range strings.SplitSeq(statement, "; ") {
				x.exec(nil, part)
			}
			return nil
		})
		if err == nil {
			t.Errorf("%s: it may", statement)
		}
	}
	if r, err := verify(t, s, nil, ours.Public()); err != nil || r.Events != 5 {
		t.Errorf("verified %+v: %v", r, err)
	}
}
