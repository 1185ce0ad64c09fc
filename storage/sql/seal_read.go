package sql

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/muster-scim/muster/directory/seal"
)

const (
	blocksAtOnce = 20 // their leaves are some megabytes
	eventsAtOnce = 2 * seal.Most
)

// AuditKeys are the public keys by which blocks were signed, the oldest first.
func (s *Store) AuditKeys(ctx context.Context) (keys []ed25519.PublicKey, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var text string
			if err := r.Scan(&text); err != nil {
				return err
			}
			key, err := seal.ParseKey(text)
			if err == nil { // what is none signs nothing, which its blocks will show
				keys = append(keys, key)
			}
			return nil
		}, "select public from audit_keys order by added_at, id")
		return nil
	})
	return keys, wrap(err, "reading the keys of the audit")
}

// AuditBlocks are up to limit blocks behind the given number, in their order.
func (s *Store) AuditBlocks(ctx context.Context, after int64, limit int) (blocks []seal.Block, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			b, err := scanBlock(r)
			blocks = append(blocks, b)
			return err
		}, "select "+blockColumns+" from audit_blocks b where b.number > ? order by b.number limit ?", after, limit)
		return nil
	})
	return blocks, wrap(err, "reading the blocks of the audit")
}

// AuditState says how far sealing has come: the newest block, nil if there is none; how many
// blocks hold no events any more, as retention dropped them; and how many events wait to be
// sealed, with the time of the oldest of them.
func (s *Store) AuditState(ctx context.Context) (state seal.State, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		after := beginning
		t.query(func(r row) error {
			b, err := scanBlock(r)
			state.Newest, after = &b, b.Last
			return err
		}, "select "+blockColumns+" from audit_blocks b order by b.number desc limit 1")
		t.query(func(r row) error { return r.Scan(&state.Dropped) },
			"select coalesce((select l.number - 1 from audit_leaves l order by l.number limit 1), (select max(b.number) from audit_blocks b), 0)")
		if err := t.flush(); err != nil {
			return err
		}
		behind, args := t.behind(after)
		t.query(func(r row) error {
			var oldest int64
			err := r.Scan(&state.Waiting, &oldest)
			if oldest > 0 {
				state.Oldest = fromMicros(oldest).UTC()
			}
			return err
		}, "select count(*), coalesce(min(n.time), 0) from (select e.time from events e where "+behind+" limit 10000) n", args...)
		return nil
	})
	return state, wrap(err, "reading how far the audit is sealed")
}

// leafedBlock is a block with what it was made from.
type leafedBlock struct {
	seal.Block
	leaves []byte // nil: retention dropped them
}

// WalkAudit gives every block behind number after, with its leaves and the events that are in its
// place now, and then the events that no block seals yet. Each page is a transaction of its own:
// what is sealed does not change, and memory stays flat. With values, events have their clear
// values. While each and rest are at work, the next page is read.
func (s *Store) WalkAudit(ctx context.Context, after int64, values bool, each func(b seal.Block, leaves []byte, events []seal.Event) error, rest func([]seal.Event) error) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan func() error, 2)
	var failed error // of reading; there once pages is closed
	go func() {
		defer close(pages)
		give := func(page func() error) error {
			select {
			case pages <- page:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		failed = s.walk(ctx, after, values, func(b seal.Block, leaves []byte, events []seal.Event) error {
			return give(func() error { return each(b, leaves, events) })
		}, func(events []seal.Event) error {
			return give(func() error { return rest(events) })
		})
	}()
	defer func() { // the reader has ended when this does
		cancel()
		for range pages { //nolint:revive // what was read in vain
		}
	}()
	for page := range pages {
		if err := page(); err != nil {
			return err
		}
	}
	return failed
}

func (s *Store) walk(ctx context.Context, after int64, values bool,
	each func(b seal.Block, leaves []byte, events []seal.Event) error, rest func([]seal.Event) error) error {
	end := beginning
	if after > 0 {
		before, err := s.AuditBlocks(ctx, after-1, 1)
		if err != nil {
			return err
		}
		if len(before) > 0 && before[0].Number == after {
			end = before[0].Last
		}
	}
	for {
		blocks, err := s.leafedBlocks(ctx, after)
		if err != nil {
			return err
		}
		if len(blocks) == 0 {
			break
		}
		for len(blocks) > 0 {
			n, expected := 1, blocks[0].Events
			for n < len(blocks) && expected+blocks[n].Events <= eventsAtOnce {
				expected += blocks[n].Events
				n++
			}
			if end, err = s.walkRun(ctx, end, blocks[:n], expected, values, each); err != nil {
				return err
			}
			after, blocks = blocks[n-1].Number, blocks[n:]
		}
	}
	for {
		events, places, err := s.eventsBetween(ctx, end, nil, eventsAtOnce, values)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := rest(events); err != nil {
			return err
		}
		end = places[len(places)-1]
	}
}

// walkRun gives a run of blocks, whose events are read at once.
func (s *Store) walkRun(ctx context.Context, after seal.Place, run []leafedBlock, expected int, values bool, each func(seal.Block, []byte, []seal.Event) error) (seal.Place, error) {
	last := run[len(run)-1].Last
	const strays = 1000 // rows that do not belong there are found, and need not all be read
	events, places, err := s.eventsBetween(ctx, after, &last, expected+strays, values)
	if err != nil {
		return last, err
	}
	for _, b := range run {
		n := 0
		for n < len(places) && !places[n].After(b.Last) {
			n++
		}
		if err := each(b.Block, b.leaves, events[:n:n]); err != nil {
			return last, err
		}
		events, places = events[n:], places[n:]
	}
	return last, nil
}

func (s *Store) leafedBlocks(ctx context.Context, after int64) (blocks []leafedBlock, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var b leafedBlock
			var err error
			b.Block, err = scanBlock(r, &b.leaves)
			blocks = append(blocks, b)
			return err
		}, "select "+blockColumns+", l.leaves from audit_blocks b left join audit_leaves l on l.number = b.number where b.number > ? order by b.number limit ?", after, blocksAtOnce)
		return nil
	})
	return blocks, wrap(err, "reading the blocks of the audit")
}

// eventsBetween are the events behind a place, up to and with last (nil: without end), in the
// order in which they are sealed.
func (s *Store) eventsBetween(ctx context.Context, after seal.Place, last *seal.Place, limit int, values bool) (events []seal.Event, places []seal.Place, err error) {
	columns, from := s.sealedColumns(), " from events e "
	if values {
		columns += ", v.data, v.salt"
		from += "left join event_values v on v.event_id = e.id "
	}
	err = s.read(ctx, everyConnector, func(t *tx) error {
		where, args := t.behind(after)
		if last != nil {
			until, more := t.notBehind(*last)
			where, args = where+" and "+until, append(args, more...)
		}
		events, places = make([]seal.Event, 0, min(limit, eventsAtOnce)), make([]seal.Place, 0, min(limit, eventsAtOnce))
		t.query(func(r row) error {
			var data, salt *string
			var more []any
			if values {
				more = []any{&data, &salt}
			}
			e, at, err := s.scanSealed(r, more...)
			if data != nil && salt != nil {
				e.Values = &seal.Values{Data: *data, Salt: *salt}
			}
			events, places = append(events, e), append(places, at)
			return err
		}, "select "+columns+from+"where "+where+" order by "+t.inOrder()+" limit ?", append(args, limit)...)
		return nil
	})
	return events, places, wrap(err, "reading the events of the audit")
}

// DropSealed drops the events of up to limit of the oldest blocks that hold none younger than
// before, and writes an event that says so, in one transaction. It returns how many events went.
// The blocks stay. Younger than thirty days nothing goes, whatever before says.
func (s *Store) DropSealed(ctx context.Context, before time.Time, limit int) (dropped int64, err error) {
	if least := s.now().Add(-keptLeast); before.After(least) {
		before = least
	}
	err = s.write(ctx, everyConnector, func(t *tx) error {
		dropped = 0
		if t.pg() {
			t.exec(nil, "select pg_advisory_xact_lock(?)", lockHash(lockOfSeal))
		}
		t.lockWords()
		var old []seal.Block
		t.query(func(r row) error {
			b, err := scanBlock(r)
			old = append(old, b)
			return err
		}, "select "+blockColumns+" from audit_leaves l join audit_blocks b on b.number = l.number order by l.number limit ?", limit)
		if err := t.flush(); err != nil {
			return err
		}
		through := int64(0)
		for _, b := range old {
			if !b.To.Before(before) {
				break
			}
			through = b.Number
			t.dropWordsOfBlock(b)
			var n int64
			if err := t.dropBlock(b, &n); err != nil {
				return err
			}
			dropped += n
		}
		if through > 0 {
			t.adminEvent(adminEvent{action: seal.RetentionAction, changes: map[string]any{"through": through, "events": dropped, "before": before.UTC()}})
		}
		return nil
	})
	return dropped, wrap(err, "dropping old events")
}

// dropBlock drops the events of the oldest block that has some.
func (t *tx) dropBlock(b seal.Block, n *int64) error {
	if t.pg() {
		t.query(func(r row) error { return r.Scan(n) }, "select drop_sealed_events(?)", b.Number)
		return t.flush()
	}
	t.exec(nil, "update audit_state set dropped_seq = ? where id = 1", b.Last.Seq)
	t.exec(nil, "delete from event_values where event_id in (select id from events where seq >= ? and seq <= ?)", b.First.Seq, b.Last.Seq)
	t.exec(n, "delete from events where seq >= ? and seq <= ?", b.First.Seq, b.Last.Seq)
	t.exec(nil, "delete from audit_leaves where number = ?", b.Number)
	return t.flush()
}
