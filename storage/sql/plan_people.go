package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

func planUserRows(p directory.Plan, users []directory.PlanUser) ([][]any, error) {
	rows := make([][]any, len(users))
	for i, u := range users {
		var losses any
		if len(u.Losses) > 0 {
			text, err := json.Marshal(u.Losses)
			if err != nil {
				return nil, fmt.Errorf("encoding the losses of user %s: %w", u.User, err)
			}
			losses = string(text)
		}
		rows[i] = []any{p.ID, u.Seq, p.Directory, p.Connector, nullID(u.User), nullID(u.Record), u.UserName, u.Hash, losses}
	}
	return rows, nil
}

// PlanUsers reads people of a plan in order.
func (s *Store) PlanUsers(ctx context.Context, directoryID, id uuid.UUID, after int64, limit int) (found []directory.PlanUser, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) (err error) {
		found, err = t.planUsers(directoryID, id, after, limit)
		return err
	})
	return found, err
}

// planUsers reads the next people of a plan. Only those who were purged since are missing among its
// numbers, so a page has its end where it would have without them: PostgreSQL, which believes that
// few rows pass its policies, reads and sorts all that is left of the plan for a page without one.
func (t *tx) planUsers(directoryID, id uuid.UUID, after int64, limit int) (found []directory.PlanUser, err error) {
	for _, end := range []int64{after + int64(limit), math.MaxInt64} {
		t.query(func(r row) error {
			u, err := scanPlanUser(r)
			found = append(found, u)
			return err
		}, `select u.seq, coalesce(u.user_id, `+none+`), coalesce(u.record_id, `+none+`), u.user_name, u.hash, u.losses
			from plan_users u where u.plan_id = ? and u.directory_id = ? and u.seq > ? and u.seq <= ? order by u.seq limit ?`, id, directoryID, after, end, limit)
		if err := t.flush(); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

func scanPlanUser(r row) (u directory.PlanUser, err error) {
	var losses json.RawMessage
	if err := r.Scan(&u.Seq, &u.User, &u.Record, &u.UserName, &u.Hash, &losses); err != nil {
		return u, err
	}
	if len(losses) > 0 {
		if err := json.Unmarshal(losses, &u.Losses); err != nil {
			return u, fmt.Errorf("reading the losses of user %s: %w", u.User, err)
		}
	}
	return u, nil
}
