package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/webhook"
	"github.com/muster-scim/muster/tenants"
)

const webhookColumns = `h.id, coalesce(h.directory_id, ` + none + `), coalesce((select d.name from directories d where d.id = h.directory_id), ''),
	h.url, h.description, h.types, h.state, h.reason, h.secret, h.old_secret, coalesce(h.old_until, 0), h.cursor_seq, h.failures,
	coalesce(h.failing_since, 0), h.next_at, coalesce(h.last_success_at, 0), h.last_error, h.created_at, h.updated_at, h.version`

// scanWebhook reads webhookColumns, and what follows them into more.
func scanWebhook(r row, more ...any) (webhook.Webhook, error) {
	var w webhook.Webhook
	var types json.RawMessage
	var until, failures, since, next, success, created, updated int64
	err := r.Scan(append([]any{&w.ID, &w.DirectoryID, &w.Directory, &w.URL, &w.Description, &types, &w.State, &w.Reason, &w.Secret, &w.OldSecret, &until,
		&w.Cursor, &failures, &since, &next, &success, &w.LastError, &created, &updated, &w.Version}, more...)...)
	if err != nil {
		return w, err
	}
	w.OldUntil, w.FailingSince, w.NextAt, w.LastSuccess = orNever(until), orNever(since), orNever(next), orNever(success)
	w.Failures, w.CreatedAt, w.UpdatedAt = int(failures), fromMicros(created), fromMicros(updated)
	if err := json.Unmarshal(types, &w.Types); err != nil {
		return w, fmt.Errorf("reading the types of webhook %s: %w", w.ID, err)
	}
	return w, nil
}

// lockOfWebhooks is held by whoever makes one, so that they can be counted.
const lockOfWebhooks = "webhooks"

// CreateWebhook implements webhook.Store.
func (s *Store) CreateWebhook(ctx context.Context, w webhook.Webhook, most int) (webhook.Webhook, error) {
	if w.Directory != "" {
		d, err := s.directoryNamed(ctx, w.Directory)
		if err != nil {
			return webhook.Webhook{}, err
		}
		w.DirectoryID, w.Directory = d.ID, d.Name
	}
	made := w
	err := s.write(ctx, everyConnector, func(t *tx) error {
		if t.pg() {
			t.exec(nil, "select pg_advisory_xact_lock(?)", lockHash(lockOfWebhooks))
		}
		var count, dropped, newest int64
		t.query(func(r row) error { return r.Scan(&count) }, "select count(*) from webhooks")
		t.query(func(r row) error { return r.Scan(&dropped, &newest) }, feedEnds)
		if err := t.flush(); err != nil {
			return err
		}
		if count >= int64(most) {
			return &tenants.Problem{Kind: tenants.ErrTaken, Code: webhook.CodeTooMany, Detail: fmt.Sprintf("there are %d webhooks already; delete one that nobody needs", count)}
		}
		now := micros(s.now())
		if made = w; w.Cursor < 0 {
			made.Cursor = max(dropped, newest)
		}
		made.CreatedAt, made.UpdatedAt, made.Version = fromMicros(now), fromMicros(now), 1
		t.exec(nil, `insert into webhooks (id, directory_id, url, description, types, state, reason, secret, cursor_seq, created_at, updated_at)
			values (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?)`, w.ID, nullID(w.DirectoryID), w.URL, w.Description, t.jsonList(slices.Concat([]string{}, w.Types)),
			string(w.State), w.Secret, made.Cursor, now, now)
		t.webhookEvent("webhook.created", made, map[string]any{"description": w.Description, "types": slices.Concat([]string{}, w.Types)})
		return nil
	})
	return made, wrap(err, "making a webhook")
}

// webhookEvent tells of a webhook. Of its address the host alone: the path may be a secret.
func (t *tx) webhookEvent(action string, w webhook.Webhook, more map[string]any) {
	changes := map[string]any{"webhook": w.ID, "host": hostOf(w.URL)}
	for name, value := range more {
		changes[name] = value
	}
	t.adminEvent(adminEvent{action: action, directory: w.DirectoryID, changes: changes})
}

// Webhooks implements webhook.Store.
func (s *Store) Webhooks(ctx context.Context, through int64) (all []webhook.Webhook, waiting map[uuid.UUID]webhook.Backlog, err error) {
	waiting = map[uuid.UUID]webhook.Backlog{}
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var behind int64
			w, err := scanWebhook(r, &behind)
			all = append(all, w)
			waiting[w.ID] = webhook.Backlog{Behind: int(behind)}
			return err
		}, "select "+webhookColumns+`, (select count(*) from (select 1 from events e where e.seq > h.cursor_seq and e.seq <= ? limit 10000) n)
			from webhooks h order by h.id`, through)
		t.query(func(r row) error {
			var id uuid.UUID
			var pending, failed, oldest int64
			err := r.Scan(&id, &pending, &failed, &oldest)
			b := waiting[id]
			b.Pending, b.Failed, b.Oldest = int(pending), int(failed), orNever(oldest)
			waiting[id] = b
			return err
		}, `select webhook_id, sum(case when state = 'pending' then 1 else 0 end), sum(case when state = 'failed' then 1 else 0 end),
				coalesce(min(case when state = 'pending' then created_at end), 0)
			from webhook_deliveries where state <> 'delivered' group by webhook_id`)
		return nil
	})
	return all, waiting, wrap(err, "listing webhooks")
}

// UpdateWebhook implements webhook.Store.
func (s *Store) UpdateWebhook(ctx context.Context, id uuid.UUID, match func(version int64) bool, c webhook.Change) (webhook.Webhook, error) {
	var changed webhook.Webhook
	err := s.changeWebhook(ctx, id, func(t *tx, now webhook.Webhook) error {
		if match != nil && !match(now.Version) {
			return tenants.ErrVersion
		}
		was := now
		told := map[string]any{}
		if c.URL != nil && *c.URL != now.URL {
			now.URL, told["url"] = *c.URL, true
		}
		if c.Description != nil && *c.Description != now.Description {
			now.Description, told["description"] = *c.Description, *c.Description
		}
		if c.Types != nil && !slices.Equal(*c.Types, now.Types) {
			now.Types, told["types"] = *c.Types, slices.Concat([]string{}, *c.Types)
		}
		if c.State != nil && *c.State != now.State {
			now.State, now.Reason, told["state"] = *c.State, "", *c.State
		}
		if changed = now; len(told) == 0 {
			return nil
		}
		at := micros(s.now())
		changed.Version, changed.UpdatedAt = now.Version+1, fromMicros(at)
		t.exec(nil, "update webhooks set url = ?, description = ?, types = ?, state = ?, reason = ?, updated_at = ?, version = version + 1 where id = ?",
			now.URL, now.Description, t.jsonList(slices.Concat([]string{}, now.Types)), string(now.State), string(now.Reason), at, id)
		if was.State == webhook.Disabled && now.State == webhook.Enabled || was.URL != now.URL { // it starts afresh with what waits
			changed.Failures, changed.FailingSince, changed.NextAt, changed.LastError = 0, time.Time{}, time.Time{}, ""
			t.exec(nil, "update webhooks set failures = 0, failing_since = null, next_at = 0, last_error = '' where id = ?", id)
			t.awaken(id, at)
		}
		t.webhookEvent("webhook.changed", now, told)
		return nil
	})
	return changed, wrap(err, "changing webhook %s", id)
}

// awaken makes everything due that waits.
func (t *tx) awaken(id uuid.UUID, at int64) {
	t.exec(nil, "update webhook_deliveries set next_at = ? where webhook_id = ? and state = 'pending' and next_at > ?", at, id, at)
}

// DeleteWebhook implements webhook.Store.
func (s *Store) DeleteWebhook(ctx context.Context, id uuid.UUID) error {
	err := s.changeWebhook(ctx, id, func(t *tx, w webhook.Webhook) error {
		t.exec(nil, "delete from webhook_deliveries where webhook_id = ?", id)
		t.exec(nil, "delete from webhooks where id = ?", id)
		t.webhookEvent("webhook.deleted", w, nil)
		return nil
	})
	return wrap(err, "deleting webhook %s", id)
}

// ReplaceWebhookSecret implements webhook.Store.
func (s *Store) ReplaceWebhookSecret(ctx context.Context, id uuid.UUID, secret []byte, until time.Time) (webhook.Webhook, error) {
	var changed webhook.Webhook
	err := s.changeWebhook(ctx, id, func(t *tx, w webhook.Webhook) error {
		at := s.now()
		changed = w
		changed.Secret, changed.OldSecret, changed.OldUntil = secret, w.Secret, until
		changed.Version, changed.UpdatedAt = w.Version+1, at
		if !until.After(at) {
			changed.OldSecret, changed.OldUntil = nil, time.Time{}
		}
		t.exec(nil, "update webhooks set secret = ?, old_secret = ?, old_until = ?, next_at = 0, updated_at = ?, version = version + 1 where id = ?",
			secret, changed.OldSecret, nullTime(changed.OldUntil), micros(at), id)
		t.webhookEvent("webhook.secret.changed", w, map[string]any{"bothUntil": until.UTC().Format(time.RFC3339)})
		return nil
	})
	return changed, wrap(err, "changing the secret of webhook %s", id)
}

// changeWebhook runs f in one transaction that holds the webhook's row.
func (s *Store) changeWebhook(ctx context.Context, id uuid.UUID, f func(*tx, webhook.Webhook) error) error {
	return s.write(ctx, everyConnector, func(t *tx) error {
		w, found, err := t.lockWebhook(id)
		if err != nil {
			return err
		}
		if !found {
			return webhook.Unknown(id)
		}
		return f(t, w)
	})
}

// lockWebhook reads a webhook and holds its row.
func (t *tx) lockWebhook(id uuid.UUID) (w webhook.Webhook, found bool, err error) {
	lock := ""
	if t.pg() {
		lock = " for update of h"
	}
	t.query(func(r row) error {
		found = true
		w, err = scanWebhook(r)
		return err
	}, "select "+webhookColumns+" from webhooks h where h.id = ?"+lock, id)
	return w, found, t.flush()
}
