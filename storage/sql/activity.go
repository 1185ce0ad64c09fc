package sql

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Requests of connectors. A batch of them is one transaction, beside those that the requests were:
//
//	activity        a row for each request
//	activity_words  the words it is found by; whatever is kept of a body is among them, as the
//	                erasure of a person goes by them
//	activity_days   how many requests and bytes a day has, for retention by size
//	traffic         how many there were of each connector in a minute, for overviews
const (
	activityWords = "activity_words"
	flagCut       = 1
	flagErased    = 2
	rowOverhead   = 400 // bytes of a row beside its texts, with its indexes, about
)

var activityColumns = []string{
	"id", "time", "took", "connector_id", "directory_id", "slug", "credential_id", "credential", "address", "agent", "version", "method", "path",
	"route", "operation", "status", "effect", "detail", "resources", "body", "bytes", "flags", "size",
}

// KeepActivity implements tenants.ActivityStore.
func (s *Store) KeepActivity(ctx context.Context, requests []tenants.Activity) error {
	if len(requests) == 0 {
		return nil
	}
	words := make(map[uuid.UUID][]string, len(requests))
	rows := make([][]any, len(requests))
	came := make(map[uuid.UUID]tenants.Activity, len(requests))
	for i, a := range requests {
		words[a.ID] = activityWordsOf(&a)
		came[a.ID] = a
		rows[i] = activityRow(a)
	}
	err := s.write(ctx, everyConnector, func(t *tx) error {
		var kept []numberedWords
		days := map[int64]tally{}
		counted := sums{}
		t.insertReturning(func(r row) error {
			var seq, at, size int64
			var id uuid.UUID
			err := r.Scan(&seq, &id, &at, &size)
			kept = append(kept, numberedWords{seq, words[id]})
			days[at/dayMicros] = days[at/dayMicros].plus(1, size)
			counted.add(came[id].Connector, fromMicros(at), trafficOfRequest(came[id]))
			return err
		}, "activity", activityColumns, rows, "on conflict (id) do nothing returning seq, id, time, size")
		if err := t.flush(); err != nil {
			return err
		}
		t.addWords(activityWords, kept)
		t.tallyDays(days)
		t.addTraffic(counted)
		return nil
	})
	return wrap(err, "keeping requests")
}

// activityWordsOf are the words by which a request is found. A body with more words than are kept
// could not be found by all of them, so it is left out, and so are a path and an error like that.
func activityWordsOf(a *tenants.Activity) []string {
	texts := append([]string{a.ID.String(), a.Path, a.Detail}, textsOfIDs(a.Resources)...)
	found := wordsOf(append(slices.Clone(texts), textsIn(a.Body)...)...)
	if len(found) >= mostWords {
		a.Body, a.Cut = nil, true
		if found = wordsOf(texts...); len(found) >= mostWords {
			a.Path, a.Detail = a.Route, ""
			found = wordsOf(append([]string{a.ID.String(), a.Path}, textsOfIDs(a.Resources)...)...)
		}
	}
	return found
}

func activityRow(a tenants.Activity) []any {
	resources := strings.Join(textsOfIDs(a.Resources), " ")
	flags := int64(0)
	if a.Cut {
		flags = flagCut
	}
	size := int64(rowOverhead + 2*(len(a.Path)+len(a.Detail)+len(a.Body)+len(resources)) + len(a.Agent) + len(a.Effect)) // twice: the words
	return []any{a.ID, micros(a.Time), a.Took.Microseconds(), a.Connector, a.Directory, a.Slug, a.Credential, a.CredentialName, a.Address, a.Agent, a.Version, a.Method,
		a.Path, a.Route, a.Operation, int64(a.Status), a.Effect, a.Detail, resources, string(a.Body), a.Bytes, flags, size}
}

// tally is how many requests there are, and their bytes.
type tally struct{ requests, bytes int64 }

func (t tally) plus(requests, bytes int64) tally {
	return tally{t.requests + requests, t.bytes + bytes}
}

// tallyDays adds to what is known of days, in their order.
func (t *tx) tallyDays(days map[int64]tally) {
	for _, day := range slices.Sorted(maps.Keys(days)) {
		t.exec(nil, `insert into activity_days (day, requests, bytes) values (?, ?, ?)
			on conflict (day) do update set requests = activity_days.requests + excluded.requests, bytes = activity_days.bytes + excluded.bytes`,
			day, days[day].requests, days[day].bytes)
	}
}

// lockOfActivity is held by the transaction that drops old requests: one replica at a time.
const lockOfActivity = "activity"

// DropActivity implements tenants.ActivityStore.
func (s *Store) DropActivity(ctx context.Context, l tenants.ActivityLimits, most int) (dropped int, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		dropped = 0
		if t.pg() {
			var got bool
			t.query(func(r row) error { return r.Scan(&got) }, "select pg_try_advisory_xact_lock(?)", lockHash(lockOfActivity))
			if err := t.flush(); err != nil || !got {
				return err
			}
		}
		t.dropTraffic()
		last, err := t.lastOver(l, most)
		if err != nil || last == 0 {
			return err
		}
		days := map[int64]tally{}
		t.exec(nil, "delete from "+activityWords+" where "+t.numberOfWords()+" <= ?", last)
		t.query(func(r row) error {
			var at, size int64
			err := r.Scan(&at, &size)
			days[at/dayMicros] = days[at/dayMicros].plus(-1, -size)
			dropped++
			return err
		}, "delete from activity where seq <= ? returning time, size", last)
		if err := t.flush(); err != nil {
			return err
		}
		t.tallyDays(days)
		t.exec(nil, "delete from activity_days where requests <= 0")
		return nil
	})
	return dropped, wrap(err, "dropping old requests")
}

// lastOver is the number up to which requests are over a limit, of the oldest most; 0 for none.
func (t *tx) lastOver(l tenants.ActivityLimits, most int) (last int64, err error) {
	var bytes int64
	t.query(func(r row) error { return r.Scan(&bytes) }, "select cast(coalesce(sum(bytes), 0) as bigint) from activity_days")
	if err := t.flush(); err != nil {
		return 0, err
	}
	before := int64(0)
	if l.Age > 0 {
		before = micros(t.store.now().Add(-l.Age))
	}
	within := false
	t.query(func(r row) error {
		var seq, at, size int64
		if err := r.Scan(&seq, &at, &size); err != nil {
			return err
		}
		if within = within || at >= before && (l.Bytes == 0 || bytes <= l.Bytes); !within {
			last = seq
			bytes -= size
		}
		return nil
	}, "select seq, time, size from activity order by seq limit ?", most)
	return last, t.flush()
}

// ActivitySize implements tenants.ActivityStore.
func (s *Store) ActivitySize(ctx context.Context) (requests, bytes int64, err error) {
	err = s.read(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&requests, &bytes) },
			"select cast(coalesce(sum(requests), 0) as bigint), cast(coalesce(sum(bytes), 0) as bigint) from activity_days")
		return nil
	})
	return requests, bytes, wrap(err, "reading how much of requests is kept")
}

const leastName = 6 // bytes

// eraseActivity takes out of requests what could be a person's, wherever something known of it is
// named: what remains says that there was a request, of what kind and with what outcome. Short
// numbers, which mean everything, are looked for only where they are a userName: what tells of the
// person by another one has its id or its userName too.
func (w *work) eraseActivity(userName string, known []string) {
	known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return len(k) < leastName && k != userName })
	var seqs []int64
	for some := range slices.Chunk(known, namesAtOnce) {
		found := cat("select a.seq from activity a where a.directory_id = ", argument{w.scope.directory}, " and a.seq in (", w.holding(activityWords, w.naming(some)), ")")
		w.query(func(r row) error {
			var seq int64
			err := r.Scan(&seq)
			seqs = append(seqs, seq)
			return err
		}, found.sql, found.args...)
	}
	if w.flush() != nil || len(seqs) == 0 {
		return // an error ends the transaction
	}
	w.dropWords(activityWords, w.numbers(seqs))
	w.forgetWords(activityWords)
	condition, numbers := w.inNumbers("seq", seqs)
	w.exec(nil, "update activity set path = route, detail = '', body = '', resources = '', agent = '', flags = ? where directory_id = ? and "+condition,
		int64(flagErased), w.scope.directory, numbers)
}

func textsOfIDs(ids []uuid.UUID) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return texts
}

// scanActivity reads activityColumns but the size, behind the number.
func scanActivity(r row) (a tenants.Activity, err error) {
	var at, took, flags, size int64
	var resources, body string
	err = r.Scan(&a.Seq, &a.ID, &at, &took, &a.Connector, &a.Directory, &a.Slug, &a.Credential, &a.CredentialName, &a.Address, &a.Agent, &a.Version, &a.Method,
		&a.Path, &a.Route, &a.Operation, &a.Status, &a.Effect, &a.Detail, &resources, &body, &a.Bytes, &flags, &size)
	a.Time, a.Took = fromMicros(at), time.Duration(took)*time.Microsecond
	a.Cut, a.Erased = flags&flagCut != 0, flags&flagErased != 0
	if body != "" {
		a.Body = json.RawMessage(body)
	}
	for text := range strings.FieldsSeq(resources) {
		id, parsed := uuid.Parse(text)
		a.Resources, err = append(a.Resources, id), cmp.Or(err, parsed)
	}
	return a, err
}
