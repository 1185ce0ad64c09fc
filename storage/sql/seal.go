package sql

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/seal"
)

// lockOfSeal is held by the transaction that seals: one replica at a time. It ends with that
// transaction, however that ends, and who does not get it leaves sealing to who has it.
const lockOfSeal = "seal"

// What the position of an event is; see migration 15.
const (
	byTransaction = "transaction"
	byTime        = "time"
)

// graceOfTime is how far blocks stay behind where positions are times: longer than a transaction
// of ours can take.
const graceOfTime = 2 * writeTimeout

// Seal seals what can be sealed, up to a block's worth of events, in one transaction. It returns
// the new block; nil if there was nothing, or if another process was at it. full says that more
// may be waiting. Nobody who writes events waits for it.
func (s *Store) Seal(ctx context.Context, signer *seal.Signer) (made *seal.Block, full bool, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		made, full = nil, false
		if t.pg() {
			var got bool
			t.query(func(r row) error { return r.Scan(&got) }, "select pg_try_advisory_xact_lock(?)", lockHash(lockOfSeal))
			if err := t.flush(); err != nil || !got {
				return err
			}
		}
		var last *seal.Block
		t.query(func(r row) error {
			b, err := scanBlock(r)
			last = &b
			return err
		}, "select "+blockColumns+" from audit_blocks b order by b.number desc limit 1")
		horizon := t.horizon()
		if err := t.flush(); err != nil {
			return err
		}
		after := beginning
		if last != nil {
			after = last.Last
		}
		// The horizon was read first: what is below it, no later look finds more of.
		var events []seal.Event
		var places []seal.Place
		behind, args := t.behind(after)
		if t.pg() {
			behind, args = behind+" and e.position < ?", append(args, *horizon)
		}
		t.query(func(r row) error {
			e, at, err := s.scanSealed(r)
			events, places = append(events, e), append(places, at)
			return err
		}, "select "+s.sealedColumns()+" from events e where "+behind+" order by "+t.inOrder()+" limit ?", append(args, seal.Most)...)
		if err := t.flush(); err != nil || len(events) == 0 {
			return err
		}
		block, leaves := signer.Make(last, events, places[0], places[len(places)-1], s.now())
		t.exec(nil, "insert into audit_keys (id, public, added_at) values (?, ?, ?) on conflict (id) do nothing",
			signer.ID(), seal.FormatKey(signer.Public()), micros(s.now()))
		t.exec(nil, `insert into audit_blocks (number, previous, events, first_position, first_seq, last_position, last_seq, from_time, to_time,
				root, sealed_at, key_id, hash, signature) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			block.Number, block.Previous, int64(block.Events), block.First.Position, block.First.Seq, block.Last.Position, block.Last.Seq,
			micros(block.From), micros(block.To), block.Root, micros(block.Sealed), block.Key, block.Hash, block.Signature)
		t.exec(nil, "insert into audit_leaves (number, leaves) values (?, ?)", block.Number, leaves)
		t.addTraffic(trafficOfEvents(events))
		made, full = &block, len(events) == seal.Most
		return nil
	})
	if isDuplicate(err) { // another process was faster after all
		return nil, true, nil
	}
	return made, full, wrap(err, "sealing events")
}

// beginning is before every event, also one that somebody put before the first.
var beginning = seal.Place{Position: math.MinInt64, Seq: math.MinInt64}

// horizon queues the look for the position below which no event can come any more.
func (t *tx) horizon() *int64 {
	below := int64(1)
	if !t.pg() {
		return &below // every position is 0, and there is one writer at a time
	}
	t.query(func(r row) error { return r.Scan(&below) }, `select case kind
			when '`+byTransaction+`' then pg_snapshot_xmin(pg_current_snapshot())::text::bigint + shift
			else (extract(epoch from clock_timestamp()) * 1000000)::bigint - ? end
		from audit_state where id = 1`, graceOfTime.Microseconds())
	return &below
}

const blockColumns = `b.number, b.previous, b.events, b.first_position, b.first_seq, b.last_position, b.last_seq, b.from_time, b.to_time,
	b.root, b.sealed_at, b.key_id, b.hash, b.signature`

// scanBlock reads blockColumns, and what follows them into more.
func scanBlock(r row, more ...any) (b seal.Block, err error) {
	var events, from, to, sealed int64
	err = r.Scan(append([]any{&b.Number, &b.Previous, &events, &b.First.Position, &b.First.Seq, &b.Last.Position, &b.Last.Seq, &from, &to,
		&b.Root, &sealed, &b.Key, &b.Hash, &b.Signature}, more...)...)
	b.Events, b.From, b.To, b.Sealed = int(events), fromMicros(from).UTC(), fromMicros(to).UTC(), fromMicros(sealed).UTC()
	return b, err
}

// inOrder is the order in which events are sealed. On SQLite only the number counts, whatever
// stands in the column for positions.
func (t *tx) inOrder() string {
	if t.pg() {
		return "e.position, e.seq"
	}
	return "e.seq"
}

// behind is the condition that an event stands behind a place, and notBehind that it does not.
func (t *tx) behind(p seal.Place) (condition string, args []any) { return t.compared(">", p) }

func (t *tx) notBehind(p seal.Place) (condition string, args []any) { return t.compared("<=", p) }

func (t *tx) compared(how string, p seal.Place) (condition string, args []any) {
	if t.pg() {
		return "(e.position, e.seq) " + how + " (?, ?)", []any{p.Position, p.Seq}
	}
	return "e.seq " + how + " ?", []any{p.Seq}
}

// errElsewhere says that a database's transactions count from another beginning than its events.
var errElsewhere = errors.New(`the database was restored into another PostgreSQL server, whose transactions count from another number than the events: run "muster migrate" once, then start again`)

// CheckPositions makes sure that new events come behind the ones that are there, so that they can
// be sealed. After a restore into another cluster they may not, until Migrate has been.
func (s *Store) CheckPositions(ctx context.Context) error {
	behind, err := s.positionsBehind(ctx)
	if err == nil && behind > 0 {
		err = errElsewhere
	}
	return err
}

// positionsBehind is by how much a new event's position would be too small; 0 if it is not.
func (s *Store) positionsBehind(ctx context.Context) (behind int64, err error) {
	if !s.isPostgres() {
		return 0, nil
	}
	err = s.write(ctx, everyConnector, func(t *tx) error { // writing: only then there is an id to look at
		behind = 0
		return t.positionsBehind(&behind)
	})
	return behind, wrap(err, "comparing the positions of events")
}

func (t *tx) positionsBehind(behind *int64) error {
	var kind string
	t.query(func(r row) error { return r.Scan(&kind) }, "select kind from audit_state where id = 1")
	if err := t.flush(); err != nil || kind != byTransaction {
		return err
	}
	t.query(func(r row) error { return r.Scan(behind) }, `select greatest(0, 1 - (pg_current_xact_id()::text::bigint + s.shift) + greatest(
			coalesce((select e.position from events e order by e.position desc limit 1), 0),
			coalesce((select b.last_position from audit_blocks b order by b.number desc limit 1), 0)))
		from audit_state s where s.id = 1`)
	return t.flush()
}

// renewPositions lets the positions of new events begin behind those that are there, if they do
// not. It is for the tables' owner.
func (s *Store) renewPositions(ctx context.Context) error {
	behind, err := s.positionsBehind(ctx)
	if err != nil || behind == 0 {
		return err
	}
	err = s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(nil, "select pg_advisory_xact_lock(?)", lockHash(lockOfSeal))
		t.exec(nil, "lock table events in access exclusive mode")
		if err := t.flush(); err != nil {
			return err
		}
		behind = 0
		if err := t.positionsBehind(&behind); err != nil {
			return err
		}
		var shift int64
		t.query(func(r row) error { return r.Scan(&shift) }, "update audit_state set shift = shift + ? where id = 1 returning shift", behind)
		if err := t.flush(); err != nil {
			return err
		}
		t.exec(nil, fmt.Sprintf("alter table events alter column position set default (pg_current_xact_id()::text::bigint + %d)", shift))
		return nil
	})
	if pgCode(err) == pgInsufficientPrivilege {
		return fmt.Errorf("%w (as the tables' owner): %w", errElsewhere, err)
	}
	if err == nil {
		s.log.InfoContext(ctx, "the database was restored into another server: the audit goes on behind what it has", "shifted", behind)
	}
	return wrap(err, "renewing the positions of events")
}

// sealedValues are the clear values of an event as a row of their own, and the keyed hash that
// stands for them in the event.
func sealedValues(event, directory, user, record uuid.UUID, data []byte) (hash string, row []any) {
	v := seal.Values{Data: string(data), Salt: seal.NewSalt()}
	return seal.HashValues(v), []any{event, nullID(directory), nullID(user), nullID(record), v.Data, v.Salt}
}

// keptLeast is the least age of events that retention may drop: the database insists on it.
const keptLeast = 30 * 24 * time.Hour
