package sql

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

// dayMicros is a day as times are kept.
const dayMicros = int64(24 * time.Hour / time.Microsecond)

// DuePurges looks for users whose time is over; see directory.PurgeStore.
func (s *Store) DuePurges(ctx context.Context, now time.Time, limit int) (id uuid.UUID, users []uuid.UUID, err error) {
	const due = "u.status = 'deleted' and u.purge_after <= ?"
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&id) }, `select d.id from directories d where d.removed_at is null
			and exists (select 1 from users u where u.directory_id = d.id and `+due+") order by d.name_key limit 1", micros(now))
		if err := t.flush(); err != nil || id == uuid.Nil {
			return err
		}
		t.query(func(r row) error {
			var user uuid.UUID
			err := r.Scan(&user)
			users = append(users, user)
			return err
		}, "select u.id from users u where u.directory_id = ? and "+due+" order by u.purge_after, u.id limit ?", id, micros(now), limit)
		return nil
	})
	return id, users, wrap(err, "looking for users to purge")
}

// savePurges deletes users for good, with everything that hangs on them.
func (w *work) savePurges(purges []directory.Purge) {
	for _, p := range purges {
		w.settling(func() { w.purgePerson(p) })
	}
}

func (w *work) purgePerson(p directory.Purge) {
	d := w.scope.directory
	for _, table := range []string{"memberships", "user_logins", "holds", "user_words"} {
		w.exec(nil, "delete from "+table+" where user_id = ? and directory_id = ?", p.User, d)
	}
	w.unknowCandidate(p.User)
	w.exec(nil, "delete from conflicts where directory_id = ? and (user_id = ? or decided_user = ?)", d, p.User, p.User)
	if p.Erase != nil {
		w.erase(p)
	}
	w.dropTombstones(p.Tombstones)
	w.exec(nil, "delete from users where id = ? and directory_id = ?", p.User, d)
	if p.Erase != nil {
		for _, k := range p.Former {
			w.exec(nil, "delete from former_keys where directory_id = ? and kind = ? and hash = ?", d, k.Kind, k.Hash)
		}
		return
	}
	rows := make([][]any, len(p.Former))
	for i, k := range p.Former {
		rows[i] = []any{d, k.Kind, k.Hash, micros(w.store.now())}
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return strings.Compare(a[1].(string)+a[2].(string), b[1].(string)+b[2].(string))
	})
	rows = slices.CompactFunc(rows, func(a, b []any) bool { return a[1] == b[1] && a[2] == b[2] })
	w.insert("former_keys", []string{"directory_id", "kind", "hash", "purged_at"}, rows,
		"on conflict (directory_id, kind, hash) do update set purged_at = excluded.purged_at")
}

// unknowCandidate withdraws the open conflicts of others that offer the user, and queues their
// records: what is in the way of linking them is found afresh.
func (w *work) unknowCandidate(user uuid.UUID) {
	offering := "directory_id = ? and decision is null and detail like ?"
	args := []any{w.scope.directory, `%"` + user.String() + `"%`}
	w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
		select c.directory_id, c.connector_id, c.record_id, cast(? as bigint) from conflicts c where c.`+offering, append([]any{micros(w.store.now())}, args...)...)
	w.exec(nil, "delete from conflicts where "+offering, args...)
}

// dropTombstones deletes records that are tombstones, and what hangs on them.
func (w *work) dropTombstones(records []uuid.UUID) {
	if len(records) == 0 {
		return
	}
	for table, column := range map[string]string{"record_emails": "record_id", "unique_values": "record_id", "members": "member_id", "conflicts": "record_id", "settle_queue": "record_id"} {
		condition, ids := w.oneOf(column, records)
		w.exec(nil, "delete from "+table+" where "+condition+" and directory_id = ?", ids, w.scope.directory)
	}
	condition, ids := w.oneOf("id", records)
	w.exec(nil, "delete from user_records where "+condition+" and directory_id = ? and deleted_at is not null", ids, w.scope.directory)
}

// erase deletes what is said of a person elsewhere: tombstones of its name that nobody has, clear
// values of the audit, lines of plans, what decided conflicts of others offered, and members of
// groups that name it and resolve to nothing.
func (w *work) erase(p directory.Purge) {
	if p.UserName == "" {
		w.eraseTold(p)
		return
	}
	d := w.scope.directory
	key, known := canonical.Key(p.UserName), w.nobodyElses(p.User, p.Erase.Keys)
	nobodys := "directory_id = ? and user_name_key = ? and deleted_at is not null and user_id is null"
	records := "select id from user_records where " + nobodys
	w.dropWordsOfErased(p, records, d, key) // before the values they were taken from
	w.exec(nil, "delete from event_values where directory_id = ? and user_id = ?", d, p.User)
	w.exec(nil, "delete from event_values where directory_id = ? and record_id in ("+records+")", d, d, key)
	w.exec(nil, "delete from record_emails where directory_id = ? and record_id in ("+records+")", d, d, key)
	w.exec(nil, "delete from conflicts where directory_id = ? and record_id in ("+records+")", d, d, key)
	w.exec(nil, "delete from user_records where "+nobodys, d, key)
	w.exec(nil, "update conflicts set detail = '{}' where directory_id = ? and decision is not null and detail like ?", d, `%"`+p.User.String()+`"%`)
	if len(p.Erase.Records) > 0 {
		condition, ids := w.oneOf("record_id", p.Erase.Records)
		w.exec(nil, "delete from event_values where "+condition+" and directory_id = ?", ids, d)
	}
	for _, table := range []string{"plan_users", "plan_changes"} {
		w.exec(nil, "delete from "+table+" where directory_id = ? and (user_id = ? or user_name = ? or lower(user_name) = ?)", d, p.User, p.UserName, key)
	}
	naming, texts := w.mentioning(key, known, "detail")
	w.exec(nil, "update plan_changes set detail = '{}' where directory_id = ? and "+naming, append([]any{d}, texts...)...)
	if len(known) > 0 {
		condition, keys := w.oneOfText("value_key", known)
		w.exec(nil, "delete from unresolved_members where directory_id = ? and "+condition, d, keys)
	}
	w.eraseImported(p.User, key, known)
	w.eraseActivity(key, known)
}

// nobodyElses are those keys of an erased person that no living user of the directory has: a name or
// an address may have been handed on, and what waits for its new owner stays.
func (w *work) nobodyElses(user uuid.UUID, known []string) []string {
	if len(known) == 0 {
		return nil
	}
	taken := map[string]bool{}
	for _, column := range []string{"user_name_key", "email_key"} {
		condition, keys := w.oneOfText(column, known)
		w.query(func(r row) error {
			var key string
			err := r.Scan(&key)
			taken[key] = true
			return err
		}, "select "+column+" from users where directory_id = ? and id <> ? and status <> 'deleted' and "+condition, w.scope.directory, user, keys)
	}
	if w.flush() != nil {
		return nil // the transaction ends
	}
	return slices.DeleteFunc(slices.Clone(known), func(key string) bool { return taken[key] })
}

// eraseImported deletes the rows of imports that are about the person: as a user, or as the member
// of a group. Rows of others that only may name it lose their text: a short name is in many words.
func (w *work) eraseImported(user uuid.UUID, userName string, known []string) {
	d := w.scope.directory
	keys, args := w.oneOfText("u.key", known)
	mails, addresses := w.oneOfText("u.email_key", known)
	person := "u.directory_id = ? and u.kind = 'user' and (u.user_id = ? or " + keys + " or " + mails + ")"
	members, names := w.oneOfText("lower(m.member)", known)
	w.exec(nil, `delete from import_rows as m where m.directory_id = ? and m.kind = 'membership' and (m.user_id = ? or `+members+`
			or exists (select 1 from import_rows u where u.import_id = m.import_id and u.ref <> '' and u.ref = m.member and `+person+"))",
		d, user, names, d, user, args, addresses)
	w.exec(nil, "delete from import_rows as u where "+person, d, user, args, addresses)
	naming, texts := w.mentioning(userName, known, "said", "value", "detail")
	w.exec(nil, `update import_rows set said = '', value = '', detail = case when code = '' then '' else 'The row named somebody who was erased since.' end
		where directory_id = ? and `+naming, append([]any{d}, texts...)...)
}

// mentioning is the condition that a text may name a person: its userName or an address is
// somewhere in it. Other identifiers may be any number.
func (w *work) mentioning(userName string, known []string, columns ...string) (condition string, args []any) {
	within := "instr"
	if w.pg() {
		within = "strpos"
	}
	var found []string
	for _, text := range known {
		if text != userName && !strings.Contains(text, "@") {
			continue
		}
		for _, column := range columns {
			found, args = append(found, within+"(lower("+column+"), ?) > 0"), append(args, text)
		}
	}
	if len(found) == 0 {
		return "1 = 0", nil
	}
	return "(" + strings.Join(found, " or ") + ")", args
}

// HoldersOfName names the connectors that hold a record of a userName; see directory.PurgeStore.
func (s *Store) HoldersOfName(ctx context.Context, id uuid.UUID, key string) (holders []uuid.UUID, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.query(func(r row) error {
			var connector uuid.UUID
			err := r.Scan(&connector)
			holders = append(holders, connector)
			return err
		}, `select r.connector_id from user_records r where r.connector_id in (select c.id from connectors c where c.directory_id = ?)
			and r.user_name_key = ? and r.deleted_at is null`, id, key)
		return nil
	})
	return holders, wrap(err, "looking for the holders of a name")
}

// FormerKey says when a user of a key was purged; see directory.PurgeStore.
func (s *Store) FormerKey(ctx context.Context, id uuid.UUID, k directory.FormerKey) (at time.Time, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.query(func(r row) error {
			var n int64
			err := r.Scan(&n)
			at = fromMicros(n)
			return err
		}, "select purged_at from former_keys where directory_id = ? and kind = ? and hash = ?", id, k.Kind, k.Hash)
		return nil
	})
	return at, wrap(err, "looking for a former key")
}
