package sql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

const consumerColumns = "c.id, c.directory_id, d.name, c.name, c.handle, c.shown_attributes, c.shown_groups, c.created_at, c.updated_at, c.version"

// scanConsumer reads consumerColumns behind other columns, whose places come first.
func scanConsumer(r row, before ...any) (tenants.Consumer, error) {
	var c tenants.Consumer
	var attributes, groups json.RawMessage
	var created, updated int64
	err := r.Scan(append(before, &c.ID, &c.DirectoryID, &c.Directory, &c.Name, &c.Handle, &attributes, &groups, &created, &updated, &c.Version)...)
	if err != nil {
		return c, err
	}
	c.CreatedAt, c.UpdatedAt = fromMicros(created), fromMicros(updated)
	if err := json.Unmarshal(attributes, &c.Attributes); err != nil {
		return c, fmt.Errorf("reading the attributes of consumer %s: %w", c.ID, err)
	}
	if err := json.Unmarshal(groups, &c.Groups); err != nil {
		return c, fmt.Errorf("reading the groups of consumer %s: %w", c.ID, err)
	}
	return c, nil
}

// findConsumer finds what a consumer's token stands for. Those of a removed directory stand for
// nothing.
func (s *Store) findConsumer(ctx context.Context, key string) (tenants.Entry, error) {
	entry, found := tenants.Entry{}, false
	var hash []byte
	err := s.read(ctx, everyConnector, func(t *tx) error { // who calls is what it finds out
		t.query(func(r row) error {
			var expires, created int64
			c, err := scanConsumer(r, &entry.Credential.ID, &entry.Credential.Hint, &hash, &expires, &created)
			entry.Credential.Name, entry.Credential.Kind = c.Name, tenants.Bearer
			entry.Credential.CreatedAt = fromMicros(created)
			if expires != 0 {
				entry.Credential.ExpiresAt = fromMicros(expires)
			}
			entry.Connector.Slug = tenants.ConsumerSlug(c.Handle)
			entry.Consumer, found = &c, true
			return err
		}, "select k.id, k.hint, k.hash, coalesce(k.expires_at, 0), k.created_at, "+consumerColumns+` from consumer_tokens k
			join consumers c on c.id = k.consumer_id join directories d on d.id = c.directory_id
			where k.lookup_key = ? and d.removed_at is null`, key)
		return nil
	})
	switch {
	case err != nil:
		return tenants.Entry{}, fmt.Errorf("reading a consumer's token: %w", err)
	case !found:
		return tenants.Entry{}, tenants.ErrUnknown
	case copy(entry.Hash[:], hash) != len(entry.Hash):
		return tenants.Entry{}, fmt.Errorf("the token %s of consumer %s has a broken hash", entry.Credential.ID, entry.Consumer.ID)
	}
	return entry, nil
}

// CreateConsumer implements tenants.ConsumerStore.
func (s *Store) CreateConsumer(ctx context.Context, directory string, n tenants.NewConsumer) (tenants.Consumer, error) {
	id, err := s.directoryNamed(ctx, directory)
	if err != nil {
		return tenants.Consumer{}, err
	}
	made := tenants.Consumer{ID: newID(), DirectoryID: id.ID, Directory: id.Name, Name: n.Name, Handle: n.Handle,
		Attributes: n.Attributes, Groups: n.Groups, Version: 1}
	err = s.write(ctx, ofDirectory(id.ID), func(t *tx) error {
		now := micros(s.now())
		made.CreatedAt, made.UpdatedAt = fromMicros(now), fromMicros(now)
		attributes, groups := t.shownLists(n.Attributes, n.Groups)
		t.exec(nil, `insert into consumers (id, directory_id, name, name_key, handle, shown_attributes, shown_groups, created_at, updated_at, version)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`, made.ID, id.ID, n.Name, canonical.Key(n.Name), n.Handle, attributes, groups, now, now)
		made.Tokens = []tenants.ConsumerToken{t.addConsumerToken(made, n.Token)}
		t.adminEvent(adminEvent{action: "consumer.created", directory: id.ID,
			changes: map[string]any{"id": made.ID, "name": n.Name, "attributes": n.Attributes, "groups": n.Groups, "token": made.Tokens[0].ID}})
		return nil
	})
	return made, wrap(consumerTaken(err, n.Name), "making a consumer of directory %s", directory)
}

// shownLists are the two lists as they are stored.
func (t *tx) shownLists(attributes []string, groups []policy.Entry) (shownAttributes, shownGroups string) {
	return t.jsonList(slices.Concat([]string{}, attributes)), t.jsonList(slices.Concat([]policy.Entry{}, groups))
}

func (t *tx) jsonList(list any) string {
	text, err := json.Marshal(list)
	if err != nil {
		t.fail(fmt.Errorf("encoding what a consumer may see: %w", err))
	}
	return string(text)
}

// addConsumerToken queues the insert of a token, and returns it as it will be.
func (t *tx) addConsumerToken(c tenants.Consumer, n tenants.NewConsumerToken) tenants.ConsumerToken {
	now := micros(t.store.now())
	n.ID, n.CreatedAt = newID(), fromMicros(now)
	t.exec(nil, "insert into consumer_tokens (id, consumer_id, directory_id, lookup_key, hash, hint, expires_at, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
		n.ID, c.ID, c.DirectoryID, n.LookupKey, n.Hash[:], n.Hint, nullTime(n.ExpiresAt), now)
	return n.ConsumerToken
}

func consumerTaken(err error, name string) error {
	if !isDuplicate(err, "consumers_name") {
		return err
	}
	return &tenants.Problem{Kind: tenants.ErrTaken, Code: tenants.CodeConsumerTaken, Field: "name",
		Detail: fmt.Sprintf("this directory has a consumer named %q already; choose another name", name)}
}

// Consumers implements tenants.ConsumerStore.
func (s *Store) Consumers(ctx context.Context, directory string) ([]tenants.Consumer, error) {
	id, err := s.directoryNamed(ctx, directory)
	if err != nil {
		return nil, err
	}
	var all []tenants.Consumer
	place := make(map[uuid.UUID]int)
	err = s.read(ctx, ofDirectory(id.ID), func(t *tx) error {
		t.query(func(r row) error {
			c, err := scanConsumer(r)
			place[c.ID] = len(all)
			all = append(all, c)
			return err
		}, "select "+consumerColumns+" from consumers c join directories d on d.id = c.directory_id where c.directory_id = ? order by c.name_key", id.ID)
		t.query(func(r row) error {
			var k tenants.ConsumerToken
			var consumer uuid.UUID
			var expires, used, created int64
			err := r.Scan(&consumer, &k.ID, &k.Hint, &expires, &used, &created)
			k.ExpiresAt, k.LastUsedAt, k.CreatedAt = orNever(expires), orNever(used), fromMicros(created)
			if i, ok := place[consumer]; ok {
				all[i].Tokens = append(all[i].Tokens, k)
			}
			return err
		}, "select consumer_id, id, hint, coalesce(expires_at, 0), coalesce(last_used_at, 0), created_at from consumer_tokens where directory_id = ? order by id", id.ID)
		return nil
	})
	return all, wrap(err, "listing the consumers of directory %s", directory)
}

func orNever(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return fromMicros(n)
}

// UpdateConsumer implements tenants.ConsumerStore.
func (s *Store) UpdateConsumer(ctx context.Context, directory string, id uuid.UUID, match func(version int64) bool, c tenants.ConsumerChange) (tenants.Consumer, error) {
	var changed tenants.Consumer
	err := s.changeConsumer(ctx, directory, id, func(t *tx, now tenants.Consumer) error {
		if match != nil && !match(now.Version) {
			return tenants.ErrVersion
		}
		wereAttributes, wereGroups := t.shownLists(now.Attributes, now.Groups)
		before := []string{now.Name, wereAttributes, wereGroups}
		if c.Name != nil {
			now.Name = *c.Name
		}
		if c.Attributes != nil {
			now.Attributes = *c.Attributes
		}
		if c.Groups != nil {
			now.Groups = *c.Groups
		}
		attributes, groups := t.shownLists(now.Attributes, now.Groups)
		if changed = now; slices.Equal(before, []string{now.Name, attributes, groups}) {
			return nil
		}
		at := micros(s.now())
		changed.Version, changed.UpdatedAt = now.Version+1, fromMicros(at)
		t.exec(nil, "update consumers set name = ?, name_key = ?, shown_attributes = ?, shown_groups = ?, updated_at = ?, version = version + 1 where id = ? and directory_id = ?",
			now.Name, canonical.Key(now.Name), attributes, groups, at, now.ID, now.DirectoryID)
		t.adminEvent(adminEvent{action: "consumer.changed", directory: now.DirectoryID,
			changes: map[string]any{"id": now.ID, "name": now.Name, "attributes": now.Attributes, "groups": now.Groups}})
		return nil
	})
	return changed, wrap(consumerTaken(err, changed.Name), "changing a consumer of directory %s", directory)
}

// DeleteConsumer implements tenants.ConsumerStore.
func (s *Store) DeleteConsumer(ctx context.Context, directory string, id uuid.UUID) error {
	err := s.changeConsumer(ctx, directory, id, func(t *tx, c tenants.Consumer) error {
		t.exec(nil, "delete from consumer_tokens where consumer_id = ? and directory_id = ?", c.ID, c.DirectoryID)
		t.exec(nil, "delete from consumers where id = ? and directory_id = ?", c.ID, c.DirectoryID)
		t.adminEvent(adminEvent{action: "consumer.deleted", directory: c.DirectoryID, changes: map[string]any{"id": c.ID, "name": c.Name}})
		return nil
	})
	return wrap(err, "deleting a consumer of directory %s", directory)
}

// AddConsumerToken implements tenants.ConsumerStore.
func (s *Store) AddConsumerToken(ctx context.Context, directory string, id uuid.UUID, n tenants.NewConsumerToken) (tenants.ConsumerToken, error) {
	var added tenants.ConsumerToken
	err := s.changeConsumer(ctx, directory, id, func(t *tx, c tenants.Consumer) error {
		added = t.addConsumerToken(c, n)
		t.adminEvent(adminEvent{action: "consumer.token.created", directory: c.DirectoryID, changes: map[string]any{"id": added.ID, "consumer": c.ID, "name": c.Name}})
		return nil
	})
	return added, wrap(err, "adding a token to a consumer of directory %s", directory)
}

// DeleteConsumerToken implements tenants.ConsumerStore.
func (s *Store) DeleteConsumerToken(ctx context.Context, directory string, id, token uuid.UUID) error {
	err := s.changeConsumer(ctx, directory, id, func(t *tx, c tenants.Consumer) error {
		var n int64
		t.exec(&n, "delete from consumer_tokens where id = ? and consumer_id = ? and directory_id = ?", token, c.ID, c.DirectoryID)
		if err := t.flush(); err != nil {
			return err
		}
		if n == 0 {
			return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeTokenUnknown, Detail: fmt.Sprintf("the consumer %q has no token %s", c.Name, token)}
		}
		t.adminEvent(adminEvent{action: "consumer.token.deleted", directory: c.DirectoryID, changes: map[string]any{"id": token, "consumer": c.ID, "name": c.Name}})
		return nil
	})
	return wrap(err, "ending a token of a consumer of directory %s", directory)
}

// changeConsumer runs f in one transaction that holds the consumer's row.
func (s *Store) changeConsumer(ctx context.Context, directory string, id uuid.UUID, f func(*tx, tenants.Consumer) error) error {
	d, err := s.directoryNamed(ctx, directory)
	if err != nil {
		return err
	}
	return s.write(ctx, ofDirectory(d.ID), func(t *tx) error {
		var c tenants.Consumer
		lock := ""
		if t.pg() {
			lock = " for update of c"
		}
		t.query(func(r row) (err error) { c, err = scanConsumer(r); return err },
			"select "+consumerColumns+" from consumers c join directories d on d.id = c.directory_id where c.id = ? and c.directory_id = ?"+lock, id, d.ID)
		if err := t.flush(); err != nil {
			return err
		}
		if c.ID == uuid.Nil {
			return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeConsumerUnknown, Detail: fmt.Sprintf("directory %q has no consumer %s", d.Name, id)}
		}
		return f(t, c)
	})
}

// directoryRef is a directory that is there.
type directoryRef struct {
	ID   uuid.UUID
	Name string
}

func (s *Store) directoryNamed(ctx context.Context, name string) (d directoryRef, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&d.ID, &d.Name) }, "select id, name from directories where name_key = ? and removed_at is null", canonical.Key(name))
		return nil
	})
	if err == nil && d.ID == uuid.Nil {
		err = &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeDirectoryUnknown, Detail: fmt.Sprintf("there is no directory called %q", name)}
	}
	return d, wrap(err, "reading directory %q", name)
}

// TouchConsumerTokens implements tenants.ConsumerStore, as TouchCredentials does for credentials.
func (s *Store) TouchConsumerTokens(ctx context.Context, used map[uuid.UUID]time.Time) error {
	ids := make([]uuid.UUID, 0, len(used))
	for id := range used {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	err := s.write(ctx, everyConnector, func(t *tx) error {
		for _, id := range ids {
			at := micros(used[id])
			t.exec(nil, "update consumer_tokens set last_used_at = ? where id = ? and (last_used_at is null or last_used_at < ?)", at, id, at)
		}
		return nil
	})
	return wrap(err, "writing when the tokens of consumers were used")
}
