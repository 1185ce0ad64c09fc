package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Note writes an event of the context's actor. A connector that there is none of is left out.
func (s *Store) Note(ctx context.Context, n tenants.Note) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		e := adminEvent{action: n.Action, changes: n.Changes}
		if n.Connector != "" {
			known, err := t.placesOf([]string{n.Connector})
			if err != nil {
				return err
			}
			e.connector, e.directory = known[n.Connector].connector, known[n.Connector].directory
		}
		t.adminEvent(e)
		return nil
	})
	return wrap(err, "writing the event %s", n.Action)
}

// place is where a connector is.
type place struct{ connector, directory uuid.UUID }

// placesOf finds connectors by their slugs.
func (t *tx) placesOf(slugs []string) (map[string]place, error) {
	found := map[string]place{}
	condition, args := t.oneOfText("slug", slugs)
	t.query(func(r row) error {
		var slug string
		var p place
		err := r.Scan(&slug, &p.connector, &p.directory)
		found[slug] = p
		return err
	}, "select slug, id, directory_id from connectors where "+condition, args)
	return found, t.flush()
}

// KeepRefused writes an event for each refusal, or for each number of them that are alike.
func (s *Store) KeepRefused(ctx context.Context, refused []tenants.Refused) error {
	asked := map[string]bool{}
	for _, r := range refused {
		if r.Slug != "" {
			asked[r.Slug] = true
		}
	}
	err := s.write(ctx, everyConnector, func(t *tx) error {
		known := map[string]place{}
		if len(asked) > 0 {
			var err error
			if known, err = t.placesOf(slices.Sorted(maps.Keys(asked))); err != nil {
				return err
			}
		}
		rows := make([][]any, len(refused))
		for i, r := range refused {
			changes := map[string]any{"side": r.Side, "reason": r.Reason, "count": r.Count}
			if r.Status != 0 {
				changes["status"] = r.Status
			}
			if r.Method != "" {
				changes["method"] = r.Method
			}
			if r.Count > 1 {
				changes["since"] = r.First.UTC().Format(time.RFC3339)
			}
			text, err := json.Marshal(changes)
			if err != nil {
				return fmt.Errorf("encoding a refusal: %w", err)
			}
			kind, id := "system", "muster"
			switch {
			case r.Credential != uuid.Nil:
				kind, id = "credential", r.Credential.String()
			case r.Side == "admin" && r.Status != 401:
				kind, id = "admin", "token"
			}
			at := known[r.Slug]
			rows[i] = []any{newID(), micros(r.Last), nullID(at.directory), nullID(at.connector), kind, id, "request.refused", r.Request, string(text)}
		}
		t.insert("events", []string{"id", "time", "directory_id", "connector_id", "actor_type", "actor", "action", "request", "changes"}, rows, "")
		return nil
	})
	return wrap(err, "writing refused requests")
}

// noteFirstUses writes an event for each credential that had never been used. Two replicas that saw
// a first use at once write one: the update decides.
func (t *tx) noteFirstUses(ids []uuid.UUID, used map[uuid.UUID]time.Time) error {
	type first struct {
		id uuid.UUID
		place
		name string
		at   int64
	}
	var found []first
	for _, id := range ids {
		at := micros(used[id])
		t.query(func(r row) error {
			f := first{id: id, at: at}
			err := r.Scan(&f.connector, &f.directory, &f.name)
			found = append(found, f)
			return err
		}, `update credentials set last_used_at = ? where id = ? and last_used_at is null
			returning connector_id, coalesce((select c.directory_id from connectors c where c.id = connector_id), `+none+`), name`, at, id)
	}
	if err := t.flush(); err != nil {
		return err
	}
	rows := make([][]any, len(found))
	for i, f := range found {
		text, err := json.Marshal(map[string]any{"credential": f.id, "name": f.name})
		if err != nil {
			return fmt.Errorf("encoding a first use: %w", err)
		}
		rows[i] = []any{newID(), f.at, nullID(f.directory), nullID(f.connector), "credential", f.id.String(), "credential.firstUsed", string(text)}
	}
	t.insert("events", []string{"id", "time", "directory_id", "connector_id", "actor_type", "actor", "action", "changes"}, rows, "")
	return nil
}
