package sql

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/webhook"
	"github.com/muster-scim/muster/tenants"
)

const deliveryColumns = `v.id, v.webhook_id, v.seq, v.event_id, v.type, v.ordered, v.state, v.attempts, v.next_at, coalesce(v.first_at, 0), coalesce(v.last_at, 0),
	v.status, v.error, v.took, v.created_at`

func scanDelivery(r row) (webhook.Delivery, error) {
	var d webhook.Delivery
	var attempts, next, first, last, status, took, created int64
	err := r.Scan(&d.ID, &d.Webhook, &d.Seq, &d.Event, &d.Type, &d.Ordered, &d.State, &attempts, &next, &first, &last, &status, &d.Error, &took, &created)
	d.Attempts, d.Status, d.Took = int(attempts), int(status), time.Duration(took)*time.Microsecond
	d.NextAt, d.FirstAt, d.LastAt, d.Created = fromMicros(next), orNever(first), orNever(last), fromMicros(created)
	return d, err
}

// hostOf is the part of an address that may be told.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// Deliveries implements webhook.Store.
func (s *Store) Deliveries(ctx context.Context, id uuid.UUID, state webhook.Progress, l directory.Listing) (directory.Page[webhook.Delivery], error) {
	list := inOrderOfIDs(everyConnector, listing{table: "webhook_deliveries", filter: id.String() + " " + string(state), descending: true}, uuid.Max,
		func(d webhook.Delivery) uuid.UUID { return d.ID })
	found := false
	page, err := readKeyset(ctx, s, list, l, func(t *tx, behind uuid.UUID, limit int64, p *directory.Page[webhook.Delivery]) error {
		t.query(func(r row) error {
			var one int64
			found = true
			return r.Scan(&one)
		}, "select 1 from webhooks h where h.id = ?", id)
		sql := cat("select "+deliveryColumns+" from webhook_deliveries v where v.webhook_id = ", argument{id}, " and v.id < ", argument{behind})
		if state != "" {
			sql = cat(sql, " and v.state = ", argument{string(state)})
		}
		sql = cat(sql, " order by v.id desc limit ", argument{limit})
		t.query(into(p, scanDelivery), sql.sql, sql.args...)
		return nil
	})
	if err == nil && !found {
		err = webhook.Unknown(id)
	}
	return page, wrap(err, "listing the deliveries of webhook %s", id)
}

// Redeliver implements webhook.Store.
func (s *Store) Redeliver(ctx context.Context, id, delivery uuid.UUID) (webhook.Delivery, error) {
	var again webhook.Delivery
	err := s.changeWebhook(ctx, id, func(t *tx, w webhook.Webhook) error {
		again = webhook.Delivery{}
		at := micros(s.now())
		t.exec(nil, "update webhook_deliveries set state = 'pending', ordered = id, attempts = 0, next_at = ?, first_at = null where id = ? and webhook_id = ?", at, delivery, id)
		t.query(func(r row) (err error) { again, err = scanDelivery(r); return err },
			"select "+deliveryColumns+" from webhook_deliveries v where v.id = ? and v.webhook_id = ?", delivery, id)
		if err := t.flush(); err != nil {
			return err
		}
		if again.ID == uuid.Nil {
			return &tenants.Problem{Kind: tenants.ErrUnknown, Code: webhook.CodeDeliveryUnknown,
				Detail: "the webhook has no delivery " + delivery.String() + "; GET /api/v1/webhooks/" + id.String() + "/deliveries lists those of the last 14 days"}
		}
		t.webhookEvent("webhook.redelivered", w, map[string]any{"delivery": delivery, "event": again.Event})
		return nil
	})
	return again, wrap(err, "delivering %s again", delivery)
}

// FeedItems implements webhook.Work.
func (s *Store) FeedItems(ctx context.Context, seqs []int64) (map[int64]directory.FeedItem, error) {
	found := make(map[int64]directory.FeedItem, len(seqs))
	if len(seqs) == 0 {
		return found, nil
	}
	err := s.read(ctx, everyConnector, func(t *tx) error {
		where := cat("e.seq in (", argument{seqs[0]})
		least, most := seqs[0], seqs[0]
		for _, seq := range seqs[1:] {
			where = cat(where, ", ", argument{seq})
			least, most = min(least, seq), max(most, seq)
		}
		items, err := t.feedRange(cat(where, ")"), least-1, most, len(seqs))
		for _, item := range items {
			found[item.Seq] = item
		}
		return err
	})
	return found, wrap(err, "reading events to send")
}

// DropDeliveries implements webhook.Work.
func (s *Store) DropDeliveries(ctx context.Context, before time.Time) (dropped int64, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(&dropped, "delete from webhook_deliveries where state <> 'pending' and last_at < ?", micros(before))
		return nil
	})
	return dropped, wrap(err, "dropping old deliveries")
}
