package sql

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/webhook"
)

// WebhooksDue implements webhook.Work.
func (s *Store) WebhooksDue(ctx context.Context, worker string, through int64) (due []uuid.UUID, err error) {
	now := micros(s.now())
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			due = append(due, id)
			return err
		}, `select h.id from webhooks h where h.state = 'enabled' and h.next_at <= ? and (h.lease_owner = ? or h.lease_until < ?)
				and (h.cursor_seq < ? or exists (select 1 from webhook_deliveries v where v.webhook_id = h.id and v.state = 'pending' and (v.next_at <= ? or h.failures >= ?)))
			order by h.id`, now, worker, now, through, now, int64(webhook.RestAfter))
		return nil
	})
	return due, wrap(err, "looking for webhooks that are due")
}

// LeaseWebhook implements webhook.Work.
func (s *Store) LeaseWebhook(ctx context.Context, id uuid.UUID, worker string, length time.Duration) (w webhook.Webhook, ours bool, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		ours = false
		now := s.now()
		var n int64
		t.exec(&n, "update webhooks set lease_owner = ?, lease_until = ? where id = ? and state = 'enabled' and (lease_owner = ? or lease_until < ?)",
			worker, micros(now.Add(length)), id, worker, micros(now))
		t.query(func(r row) (err error) { w, err = scanWebhook(r); return err }, "select "+webhookColumns+" from webhooks h where h.id = ?", id)
		if err := t.flush(); err != nil {
			return err
		}
		ours = n == 1
		return nil
	})
	return w, ours, wrap(err, "taking the lease of webhook %s", id)
}

// ReleaseWebhook implements webhook.Work.
func (s *Store) ReleaseWebhook(ctx context.Context, id uuid.UUID, worker string) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(nil, "update webhooks set lease_owner = '', lease_until = 0 where id = ? and lease_owner = ?", id, worker)
		return nil
	})
	return wrap(err, "giving back the lease of webhook %s", id)
}

// holdsLease says whether the worker still has it, and holds the webhook's row.
func (t *tx) holdsLease(id uuid.UUID, worker string) (w webhook.Webhook, ours bool, err error) {
	lock := ""
	if t.pg() {
		lock = " for update of h"
	}
	var owner string
	t.query(func(r row) error { w, err = scanWebhook(r, &owner); return err }, "select "+webhookColumns+", h.lease_owner from webhooks h where h.id = ?"+lock, id)
	if err := t.flush(); err != nil {
		return w, false, err
	}
	return w, owner == worker, nil
}

// FillWebhook implements webhook.Work. The cursor and the deliveries that it stands for move
// together, or neither does.
func (s *Store) FillWebhook(ctx context.Context, h webhook.Webhook, worker string, through int64, window int) (waiting []webhook.Delivery, more bool, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		waiting, more = nil, false
		w, ours, err := t.holdsLease(h.ID, worker)
		if err != nil || !ours {
			return err
		}
		t.query(func(r row) error {
			d, err := scanDelivery(r)
			waiting = append(waiting, d)
			return err
		}, "select "+deliveryColumns+" from webhook_deliveries v where v.webhook_id = ? and v.state = 'pending' order by v.seq limit ?", h.ID, int64(window))
		if err := t.flush(); err != nil {
			return err
		}
		room := window - len(waiting)
		if w.Cursor >= through || room <= 0 {
			more = w.Cursor < through
			return nil
		}
		read, fresh, err := t.wantedEvents(w, through, room)
		if err != nil {
			return err
		}
		now := micros(s.now())
		rows := make([][]any, len(fresh))
		for i := range fresh {
			d := &fresh[i]
			d.ID, d.NextAt, d.Created = newID(), fromMicros(now), fromMicros(now)
			rows[i] = []any{d.ID, h.ID, nullID(w.DirectoryID), d.Seq, d.Event, d.Type, d.Ordered, string(d.State), now, now}
		}
		t.insert("webhook_deliveries", []string{"id", "webhook_id", "directory_id", "seq", "event_id", "type", "ordered", "state", "next_at", "created_at"}, rows, "")
		t.exec(nil, "update webhooks set cursor_seq = ? where id = ?", read, h.ID)
		waiting, more = append(waiting, fresh...), read < through
		return nil
	})
	return waiting, more, wrap(err, "looking for what webhook %s wants", h.ID)
}

// wantedEvents reads deliveries for a webhook behind its cursor, and how far it read.
func (t *tx) wantedEvents(w webhook.Webhook, through int64, room int) (read int64, fresh []webhook.Delivery, err error) {
	where := cat("(substr(e.action, 1, 10) = 'directory.' or substr(e.action, 1, 10) = 'connector.')")
	if w.DirectoryID != uuid.Nil {
		where = cat(where, " and e.directory_id = ", argument{w.DirectoryID})
	}
	page, err := t.feed(where, w.Cursor, through, room)
	for _, item := range page.Items {
		if d, wanted := webhook.DeliveryOf(w, item.Event); wanted {
			fresh = append(fresh, d)
		}
	}
	return page.Read, fresh, err
}

// KeepRound implements webhook.Work.
func (s *Store) KeepRound(ctx context.Context, id uuid.UUID, worker string, r webhook.Round) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		now, ours, err := t.holdsLease(id, worker)
		if err != nil || !ours {
			return err
		}
		for _, d := range r.Deliveries {
			t.exec(nil, `update webhook_deliveries set state = ?, attempts = ?, next_at = ?, first_at = ?, last_at = ?, status = ?, error = ?, took = ? where id = ? and webhook_id = ?`,
				string(d.State), int64(d.Attempts), micros(d.NextAt), nullTime(d.FirstAt), nullTime(d.LastAt), int64(d.Status), d.Error, d.Took.Microseconds(), d.ID, id)
		}
		if now.Version != r.Webhook.Version { // an administrator changed it meanwhile: what was found out is of what it was before
			t.awaken(id, micros(s.now()))
			return nil
		}
		next := int64(0)
		if !r.Webhook.NextAt.IsZero() {
			next = micros(r.Webhook.NextAt)
		}
		t.exec(nil, "update webhooks set failures = ?, failing_since = ?, next_at = ?, last_success_at = ?, last_error = ? where id = ?",
			int64(r.Webhook.Failures), nullTime(r.Webhook.FailingSince), next, nullTime(r.Webhook.LastSuccess), r.Webhook.LastError, id)
		if r.Awake {
			t.awaken(id, micros(s.now()))
		}
		if r.Webhook.State == webhook.Disabled && now.State == webhook.Enabled {
			t.exec(nil, "update webhooks set state = ?, reason = ?, version = version + 1 where id = ?", string(webhook.Disabled), string(r.Webhook.Reason), id)
			t.webhookEvent("webhook.disabled", now, map[string]any{"reason": r.Webhook.Reason, "error": r.Webhook.LastError})
		}
		return nil
	})
	return wrap(err, "writing down what webhook %s took", id)
}
