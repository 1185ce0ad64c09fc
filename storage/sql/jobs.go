package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

const jobColumns = `j.id, j.directory_id, j.connector_id, j.plan_id, coalesce((select c.slug from connectors c where c.id = j.connector_id), ''),
	j.state, j.draft, j.former, j.at_seq, j.checking, j.done, j.total, j.failed, j.actor, j.comment, j.problem,
	coalesce(j.way_back, ` + none + `), j.created_at, j.beat_at, coalesce(j.finished_at, 0)`

func scanJob(r row) (directory.Job, error) {
	var j directory.Job
	var draft, former json.RawMessage
	var created, beat, finished int64
	err := r.Scan(&j.ID, &j.Directory, &j.Connector, &j.Plan, &j.Slug, &j.State, &draft, &former, &j.At, &j.Checking, &j.Done, &j.Total, &j.Failed,
		&j.Actor, &j.Comment, &j.Problem, &j.WayBack, &created, &beat, &finished)
	if err != nil {
		return j, err
	}
	j.Created, j.Beat, j.Finished = fromMicros(created), fromMicros(beat), fromMicros(finished)
	if err := json.Unmarshal(draft, &j.Draft); err != nil {
		return j, fmt.Errorf("reading the draft of job %s: %w", j.ID, err)
	}
	if err := json.Unmarshal(former, &j.Former); err != nil {
		return j, fmt.Errorf("reading what job %s replaced: %w", j.ID, err)
	}
	return j, nil
}

// Job reads a job of any directory.
func (s *Store) Job(ctx context.Context, id uuid.UUID) (directory.Job, error) {
	found, err := s.jobsWhere(ctx, "j.id = ?", id)
	if err == nil && len(found) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.Job{}, err
	}
	return found[0], nil
}

// RunningJobs are the jobs of every directory that are not finished.
func (s *Store) RunningJobs(ctx context.Context) ([]directory.Job, error) {
	return s.jobsWhere(ctx, "j.state = ?", string(directory.JobRunning))
}

func (s *Store) jobsWhere(ctx context.Context, condition string, arg any) (found []directory.Job, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			j, err := scanJob(r)
			found = append(found, j)
			return err
		}, "select "+jobColumns+" from jobs j where "+condition+" order by j.id", arg)
		return nil
	})
	return found, err
}

// Jobs lists jobs of every directory, the newest first.
func (s *Store) Jobs(ctx context.Context, l directory.Listing) (directory.Page[directory.Job], error) {
	list := inOrderOfIDs(everyConnector, listing{table: "jobs", filter: onlyText(ctx), descending: true}, uuid.Max, func(j directory.Job) uuid.UUID { return j.ID })
	return readKeyset(ctx, s, list, l, func(t *tx, behind uuid.UUID, limit int64, p *directory.Page[directory.Job]) error {
		own := ofOwnConnector(ctx, "j.connector_id")
		t.query(total(p), "select count(*) from jobs j where "+own.sql, own.args...)
		page := cat("select "+jobColumns+" from jobs j where ", own, " and j.id < ", argument{behind}, " order by j.id desc limit ", argument{limit})
		t.query(into(p, scanJob), page.sql, page.args...)
		return nil
	})
}

// TakeJob locks a running job for this transaction.
func (w *work) TakeJob(ctx context.Context, id uuid.UUID, wait bool) (*directory.Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	words := "for update of j skip locked"
	if wait {
		words = "for update of j"
	}
	var found *directory.Job
	w.query(func(r row) error {
		j, err := scanJob(r)
		found = &j
		return err
	}, "select "+jobColumns+" from jobs j where j.id = ? and j.directory_id = ? and j.state = 'running'"+w.locking(words), id, w.scope.directory)
	return found, w.flush()
}

// JobUsers reads people of a plan in order.
func (w *work) JobUsers(ctx context.Context, plan uuid.UUID, after int64, limit int) ([]directory.PlanUser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.planUsers(w.scope.directory, plan, after, limit)
}

// Confirmed reads the losses of users that the plan of the directory's running job confirms.
func (w *work) Confirmed(ctx context.Context, users []uuid.UUID) (map[uuid.UUID][]directory.Loss, error) {
	if err := ctx.Err(); err != nil || len(users) == 0 {
		return nil, err
	}
	found := make(map[uuid.UUID][]directory.Loss)
	condition, ids := w.oneOf("u.user_id", users)
	w.query(func(r row) error {
		var user uuid.UUID
		var text json.RawMessage
		if err := r.Scan(&user, &text); err != nil {
			return err
		}
		var losses []directory.Loss
		if err := json.Unmarshal(text, &losses); err != nil {
			return fmt.Errorf("reading the losses of user %s: %w", user, err)
		}
		found[user] = append(found[user], losses...)
		return nil
	}, `select u.user_id, u.losses from jobs j join plan_users u on u.plan_id = j.plan_id
		where j.directory_id = ? and j.state = 'running' and u.losses is not null and `+condition, w.scope.directory, ids)
	return found, w.flush()
}

// saveJobs writes a new job and the progress of one.
func (w *work) saveJobs(c *directory.Changes) {
	if j := c.NewJob; j != nil {
		draft, err := json.Marshal(j.Draft)
		if err != nil {
			w.fail(fmt.Errorf("encoding the draft of job %s: %w", j.ID, err))
			return
		}
		former, err := json.Marshal(j.Former)
		if err != nil {
			w.fail(fmt.Errorf("encoding what job %s replaces: %w", j.ID, err))
			return
		}
		w.exec(nil, `insert into jobs (id, directory_id, connector_id, plan_id, state, draft, former, done, total, failed, actor, comment, created_at, beat_at, finished_at)
			values (?, ?, ?, ?, ?, ?, ?, 0, ?, 0, ?, ?, ?, ?, ?)`,
			j.ID, w.scope.directory, j.Connector, j.Plan, string(j.State), string(draft), string(former), j.Total, j.Actor, j.Comment,
			micros(j.Created), micros(j.Created), nullTime(j.Finished))
		w.exec(nil, "update plans set state = 'applied' where id = ? and directory_id = ?", j.Plan, w.scope.directory)
	}
	if j := c.Job; j != nil {
		beat := j.Beat
		if beat.IsZero() {
			beat = time.UnixMicro(w.moment(c.TouchedAt))
		}
		w.exec(nil, `update jobs set state = ?, at_seq = ?, checking = ?, done = ?, failed = ?, problem = ?, way_back = ?, beat_at = ?, finished_at = ?
			where id = ? and directory_id = ?`, string(j.State), j.At, j.Checking, j.Done, j.Failed, j.Problem, nullID(j.WayBack), micros(beat),
			nullTime(j.Finished), j.ID, w.scope.directory)
	}
}

// bury makes tombstones of user records whose connector retires: what their views are is written
// with their links.
func (w *work) bury(c *directory.Changes) {
	if c.BuryAll != uuid.Nil {
		w.buryAll(c.BuryAll, w.moment(c.TouchedAt))
	}
	if len(c.Bury) == 0 {
		return
	}
	condition, ids := w.oneOf("id", c.Bury)
	now := w.moment(c.TouchedAt)
	w.exec(nil, `update user_records set state = 'deleted', deleted_at = ?, modified_at = ?, version = version + 1
		where `+condition+" and directory_id = ? and deleted_at is null", now, now, ids, w.scope.directory)
	condition, ids = w.oneOf("record_id", c.Bury)
	w.exec(nil, "delete from unique_values where "+condition+" and directory_id = ?", ids, w.scope.directory)
	condition, ids = w.oneOf("member_id", c.Bury)
	w.exec(nil, "delete from members where "+condition+" and directory_id = ?", ids, w.scope.directory)
}

// buryAll makes tombstones of whatever a connector still holds.
func (w *work) buryAll(connector uuid.UUID, at int64) {
	directory := w.scope.directory
	if w.pg() {
		w.exec(nil, patience)
	}
	for _, statement := range []string{
		"delete from members where connector_id = ? and directory_id = ?",
		"delete from unresolved_members where connector_id = ? and directory_id = ?",
		"delete from group_records where connector_id = ? and directory_id = ?",
		"delete from unique_values where connector_id = ? and directory_id = ?",
	} {
		w.exec(nil, statement, connector, directory)
	}
	w.exec(nil, `update user_records set state = 'deleted', deleted_at = ?, modified_at = ?, version = version + 1,
			view_state = case when view_state = 'none' then view_state else 'deleted' end
		where connector_id = ? and directory_id = ? and deleted_at is null`, at, at, connector, directory)
}
