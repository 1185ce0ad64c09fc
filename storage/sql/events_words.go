package sql

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/seal"
)

// Events are found by their words. Writing them costs more than writing the event, so nobody's
// request does: what is sealed is indexed behind it, and the few events of the seconds before that
// are read and compared by whoever searches.

const (
	tableOfWords = "event_words"
	// lockOfWords is held by the transaction that writes words, and by those that take clear values
	// away: words of values that were read before and written after would stay for ever.
	lockOfWords = "event words"

	wordsAtOnce = 2000  // events whose words are written in one transaction
	mostUnread  = 20000 // events without words that a search reads; with more, it has to wait
)

// The kinds of tags among the words of events.
const (
	tagPerson  = 'p' // the user or the record whose clear values are among the words
	tagRequest = 'r'
	tagOutcome = 'o'
)

// wordy is an event with all that its words are made of.
type wordy struct {
	seq             int64
	action, request string
	changes, values string
	connector       string // whose event it is: its slug
	user, record    uuid.UUID
}

const wordyColumns = "e.seq, e.action, e.request, e.changes, coalesce(v.data, ''), coalesce(c.slug, ''), coalesce(e.user_id, " + none + "), coalesce(e.record_id, " + none + ")"

const wordyFrom = " from events e left join event_values v on v.event_id = e.id left join connectors c on c.id = e.connector_id where "

func scanWordy(all *[]wordy) func(row) error {
	return func(r row) error {
		var w wordy
		err := r.Scan(&w.seq, &w.action, &w.request, &w.changes, &w.values, &w.connector, &w.user, &w.record)
		*all = append(*all, w)
		return err
	}
}

// words are all the words of an event, its tags first: those are never too many.
func (w wordy) words() []string {
	tags := []string{}
	if w.request != "" {
		tags = append(tags, tag(tagRequest, w.request))
	}
	if o := directory.OutcomeOf(w.action, []byte(w.changes)); o != directory.EventDone {
		tags = append(tags, tag(tagOutcome, string(o)))
	}
	if w.values != "" {
		for _, id := range []uuid.UUID{w.user, w.record} {
			if id != uuid.Nil {
				tags = append(tags, tag(tagPerson, id.String()))
			}
		}
	}
	return append(tags, wordsOf(append(textsIn(w.told()), textsIn([]byte(w.values))...)...)...)
}

// told is what changed, without what reasons say of other connectors: who sees the event may not be
// allowed to see that, and would find out by searching for it.
func (w wordy) told() []byte {
	changes := []byte(w.changes)
	var read map[string]any
	in := json.NewDecoder(bytes.NewReader(changes))
	in.UseNumber()
	if !bytes.Contains(changes, []byte(`"because"`)) || in.Decode(&read) != nil {
		return changes
	}
	w.keepOwn(read)
	kept, err := json.Marshal(read)
	if err != nil {
		return changes // what was JSON is
	}
	return kept
}

// keepOwn leaves of every reason in value that is not the event's own connector's its code alone,
// and no reason's detail, which may name anybody.
func (w wordy) keepOwn(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			w.keepOwn(item)
		}
	case map[string]any:
		if reason, ok := value["because"].(map[string]any); ok {
			delete(reason, "detail")
			if reason["connector"] != w.connector {
				value["because"] = reason["code"]
			}
		}
		for _, item := range value {
			w.keepOwn(item)
		}
	}
}

// IndexEvents writes the words of sealed events that have none yet, up to a page of them, in one
// transaction. more says that others may be waiting. One process at a time does it; the others
// find nothing to do.
func (s *Store) IndexEvents(ctx context.Context) (more bool, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		more = false
		if t.pg() {
			var got bool
			t.query(func(r row) error { return r.Scan(&got) }, "select pg_try_advisory_xact_lock(?)", lockHash(lockOfWords))
			if err := t.flush(); err != nil || !got {
				return err
			}
		}
		indexed, sealed, err := t.indexedAndSealed()
		if err != nil {
			return err
		}
		var fresh, anew []wordy
		if sealed.After(indexed) {
			behind, args := t.behind(indexed)
			until, untilArgs := t.notBehind(sealed)
			t.query(scanWordy(&fresh), "select "+wordyColumns+wordyFrom+behind+" and "+until+" order by "+t.inOrder()+" limit ?",
				append(append(args, untilArgs...), wordsAtOnce)...)
		}
		known, args := t.notBehind(indexed)
		waiting := "select n.seq from event_words_waiting n order by n.seq limit ?"
		var waited []int64
		t.query(func(r row) error {
			var seq int64
			err := r.Scan(&seq)
			waited = append(waited, seq)
			return err
		}, waiting, wordsAtOnce)
		t.query(scanWordy(&anew), "select "+wordyColumns+wordyFrom+"e.seq in ("+waiting+") and "+known, append([]any{wordsAtOnce}, args...)...)
		if err := t.flush(); err != nil {
			return err
		}
		rows := make([]numberedWords, 0, len(fresh)+len(anew))
		for _, w := range append(fresh, anew...) {
			rows = append(rows, numberedWords{w.seq, w.words()})
		}
		t.addWords(tableOfWords, rows)
		if len(waited) > 0 {
			condition, numbers := t.inNumbers("seq", waited)
			t.exec(nil, "delete from event_words_waiting where "+condition, numbers)
			t.forgetWords(tableOfWords) // they wait because somebody was erased
		}
		if len(fresh) > 0 {
			t.exec(nil, "update event_words_state set position = (select e.position from events e where e.seq = ?), seq = ? where id = 1",
				fresh[len(fresh)-1].seq, fresh[len(fresh)-1].seq)
		}
		more = len(fresh) == wordsAtOnce || len(waited) == wordsAtOnce
		return nil
	})
	return more, wrap(err, "writing the words of events")
}

// indexedAndSealed are the places up to which events have words, and up to which they are sealed.
func (t *tx) indexedAndSealed() (indexed, sealed seal.Place, err error) {
	indexed, sealed = beginning, beginning
	t.query(func(r row) error { return r.Scan(&indexed.Position, &indexed.Seq) }, "select position, seq from event_words_state where id = 1")
	t.query(func(r row) error { return r.Scan(&sealed.Position, &sealed.Seq) }, "select last_position, last_seq from audit_blocks order by number desc limit 1")
	return indexed, sealed, t.flush()
}

// unread reads the events that have no words yet. It refuses when those are too many to be read by
// whoever searches.
func (t *tx) unread() (all []wordy, err error) {
	indexed, _, err := t.indexedAndSealed()
	if err != nil {
		return nil, err
	}
	behind, args := t.behind(indexed)
	t.query(scanWordy(&all), "select "+wordyColumns+wordyFrom+behind+" order by "+t.inOrder()+" limit ?", append(args, mostUnread+1)...)
	t.query(scanWordy(&all), "select "+wordyColumns+wordyFrom+"e.seq in (select n.seq from event_words_waiting n) limit ?", mostUnread+1)
	if err := t.flush(); err != nil {
		return nil, err
	}
	if len(all) > mostUnread {
		return nil, directory.ErrIndexing
	}
	return all, nil
}

// answering is the condition that event e answers a question: by its words, or, where it has none
// yet, by those it will have. It is for events below a number.
func (t *tx) answering(q question, behind int64) (fragment, error) {
	unread, err := t.unread()
	if err != nil {
		return fragment{}, err
	}
	var numbers []int64
	for _, w := range unread {
		if q.matches(w.words()) {
			numbers = append(numbers, w.seq)
		}
	}
	return t.found(tableOfWords, "e.seq", behind, []terms{t.answers(q)}, numbers...)
}

// dropWordsOfErased drops the words of what the audit tells of a person, and of records that were
// nobody's, which a query names.
func (w *work) dropWordsOfErased(p directory.Purge, records string, args ...any) {
	people := append([]uuid.UUID{p.User}, p.Erase.Records...)
	w.query(func(r row) error {
		var id uuid.UUID
		err := r.Scan(&id)
		people = append(people, id)
		return err
	}, records, args...)
	if w.flush() == nil {
		w.dropWordsOf(people)
	}
}

// dropWordsOf queues that the words of the events go that tell clear values of users or records,
// as those values do: what is left of the events gets words anew. It waits until nobody is writing
// words.
func (t *tx) dropWordsOf(people []uuid.UUID) {
	t.lockWords()
	for _, id := range people {
		told := t.holding(tableOfWords, t.answers(question{tag(tagPerson, id.String())}))
		t.exec(nil, "insert into event_words_waiting (seq) "+told.sql+conflictFree(t.pg()), told.args...)
		t.dropWords(tableOfWords, told)
	}
}

// dropWordsOfBlock queues that the words of a block's events go, before the events do.
func (t *tx) dropWordsOfBlock(b seal.Block) {
	from, args := t.compared(">=", b.First)
	until, untilArgs := t.notBehind(b.Last)
	t.dropWords(tableOfWords, fragment{"select e.seq from events e where " + from + " and " + until, append(args, untilArgs...)})
}

// conflictFree ends an insert of rows that may be there. SQLite's parser needs a "where" before it.
func conflictFree(pg bool) string {
	if pg {
		return " on conflict do nothing"
	}
	return " and true on conflict do nothing"
}

// lockWords queues waiting for whoever writes words, and keeps others from it until the
// transaction ends.
func (t *tx) lockWords() {
	if t.pg() {
		t.exec(nil, "select pg_advisory_xact_lock(?)", lockHash(lockOfWords))
	}
}

// inNumbers is in for a column of numbers.
func (t *tx) inNumbers(column string, numbers []int64) (condition string, arg any) {
	f := t.numbers(numbers)
	return column + " in (" + f.sql + ")", f.args[0]
}

// numbers is a query for numbers themselves.
func (t *tx) numbers(numbers []int64) fragment {
	if t.pg() {
		return fragment{"select unnest(?::bigint[])", []any{numbers}}
	}
	var list strings.Builder
	for i, n := range numbers {
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteString(strconv.FormatInt(n, 10))
	}
	return fragment{fromJSON, []any{"[" + list.String() + "]"}}
}
