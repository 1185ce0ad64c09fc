package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

const planColumns = `p.id, p.directory_id, p.connector_id, p.draft, p.state, p.hash, p.outcome, p.epoch, p.rules_version, p.mode,
	p.counts, p.done, p.total, p.actor, p.problem, p.created_at, p.beat_at, p.heard`

func scanPlan(r row) (directory.Plan, error) {
	var p directory.Plan
	var draft, counts json.RawMessage
	var created, beat int64
	err := r.Scan(&p.ID, &p.Directory, &p.Connector, &draft, &p.State, &p.Hash, &p.Outcome, &p.Epoch, &p.RulesVersion, &p.Mode,
		&counts, &p.Done, &p.Total, &p.Actor, &p.Problem, &created, &beat, &p.Heard)
	if err != nil {
		return p, err
	}
	p.Created, p.Beat = fromMicros(created), fromMicros(beat)
	if err := json.Unmarshal(draft, &p.Draft); err != nil {
		return p, fmt.Errorf("reading the draft of plan %s: %w", p.ID, err)
	}
	if err := json.Unmarshal(counts, &p.Counts); err != nil {
		return p, fmt.Errorf("reading the counts of plan %s: %w", p.ID, err)
	}
	return p, nil
}

// Heard is the newest event of a connector.
func (s *Store) Heard(ctx context.Context, directoryID, connector uuid.UUID) (seq int64, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&seq) }, "select coalesce(max(seq), 0) from events where connector_id = ?", connector)
		return nil
	})
	return seq, err
}

// GroupSizes counts the members of directory groups.
func (s *Store) GroupSizes(ctx context.Context, directoryID uuid.UUID, groups []uuid.UUID) (map[uuid.UUID]int, error) {
	sizes := make(map[uuid.UUID]int, len(groups))
	if len(groups) == 0 {
		return sizes, nil
	}
	err := s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		condition, ids := t.oneOf("group_id", groups)
		t.query(func(r row) error {
			var id uuid.UUID
			var n int
			err := r.Scan(&id, &n)
			sizes[id] = n
			return err
		}, "select group_id, count(*) from memberships where "+condition+" and directory_id = ? group by group_id", ids, directoryID)
		return nil
	})
	return sizes, err
}

// BeginPlan writes a plan's row, or begins it anew.
func (s *Store) BeginPlan(ctx context.Context, p directory.Plan) error {
	return s.write(ctx, ofDirectory(p.Directory), func(t *tx) error {
		draft, counts, err := planJSON(p)
		if err != nil {
			return err
		}
		if p.State == directory.PlanRunning {
			t.exec(nil, "update plans set state = 'failed', problem = 'a newer plan of the connector took its place' where connector_id = ? and directory_id = ? and state = 'running' and id <> ?",
				p.Connector, p.Directory, p.ID)
		}
		for _, table := range []string{"plan_users", "plan_changes"} {
			t.exec(nil, "delete from "+table+" where plan_id = ? and directory_id = ?", p.ID, p.Directory)
		}
		t.exec(nil, `insert into plans (id, directory_id, connector_id, draft, state, hash, outcome, epoch, rules_version, mode,
				counts, done, total, actor, problem, created_at, beat_at, heard) values (?, ?, ?, ?, ?, '', '', ?, ?, ?, ?, 0, 0, ?, '', ?, ?, ?)
			on conflict (id) do update set state = excluded.state, hash = '', outcome = '', epoch = excluded.epoch, rules_version = excluded.rules_version,
				mode = excluded.mode, counts = excluded.counts, done = 0, total = 0, problem = '', created_at = excluded.created_at, heard = excluded.heard, beat_at = excluded.beat_at
			where plans.directory_id = excluded.directory_id and plans.state <> 'applied'`,
			p.ID, p.Directory, p.Connector, draft, string(p.State), p.Epoch, p.RulesVersion, string(p.Mode), counts, p.Actor, micros(p.Created), micros(p.Beat), p.Heard)
		return nil
	})
}

func planJSON(p directory.Plan) (draft, counts string, err error) {
	d, err := json.Marshal(p.Draft)
	if err != nil {
		return "", "", fmt.Errorf("encoding the draft of plan %s: %w", p.ID, err)
	}
	c, err := json.Marshal(p.Counts)
	if err != nil {
		return "", "", fmt.Errorf("encoding the counts of plan %s: %w", p.ID, err)
	}
	return string(d), string(c), nil
}

// SavePlan writes a plan's state and appends people and lines.
func (s *Store) SavePlan(ctx context.Context, p directory.Plan, users []directory.PlanUser, lines []directory.PlanLine) (ours bool, err error) {
	err = s.write(ctx, ofDirectory(p.Directory), func(t *tx) error {
		_, counts, err := planJSON(p)
		if err != nil {
			return err
		}
		people, err := planUserRows(p, users)
		if err != nil {
			return err
		}
		changes, err := planLineRows(p, lines)
		if err != nil {
			return err
		}
		var changed int64
		t.exec(&changed, `update plans set state = ?, hash = ?, outcome = ?, counts = ?, done = ?, total = ?, problem = ?, beat_at = ?
			where id = ? and directory_id = ? and state in ('running', 'making')`,
			string(p.State), p.Hash, p.Outcome, counts, p.Done, p.Total, p.Problem, micros(p.Beat), p.ID, p.Directory)
		if err := t.flush(); err != nil {
			return err
		}
		if ours = changed > 0; !ours {
			return nil
		}
		t.insert("plan_users", []string{"plan_id", "seq", "directory_id", "connector_id", "user_id", "record_id", "user_name", "hash", "losses"}, people, "")
		t.insert("plan_changes", []string{"plan_id", "place", "directory_id", "connector_id", "op", "user_id", "user_name", "group_id", "group_key", "group_name",
			"code", "because", "detail"}, changes, "")
		return nil
	})
	return ours, err
}

func planLineRows(p directory.Plan, lines []directory.PlanLine) ([][]any, error) {
	rows := make([][]any, len(lines))
	for i, l := range lines {
		because, err := json.Marshal(l.Because)
		if err != nil {
			return nil, fmt.Errorf("encoding a reason: %w", err)
		}
		detail, err := json.Marshal(l.Detail)
		if err != nil {
			return nil, fmt.Errorf("encoding a plan's line: %w", err)
		}
		code := string(l.Because.Code)
		if x := l.Detail.Linked; x != nil && x.Conflict != "" {
			code = x.Conflict
		}
		rows[i] = []any{p.ID, l.Place, p.Directory, p.Connector, string(l.Op), nullID(l.User), l.UserName, nullID(l.Group), l.GroupKey, l.GroupName,
			code, string(because), string(detail)}
	}
	return rows, nil
}

// Plan reads one plan of a directory.
func (s *Store) Plan(ctx context.Context, directoryID, id uuid.UUID) (directory.Plan, error) {
	found, err := s.plansWhere(ctx, directoryID, "p.id = ?", id)
	if err == nil && len(found) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.Plan{}, err
	}
	return found[0], nil
}

// Plans lists a connector's plans, the newest first.
func (s *Store) Plans(ctx context.Context, directoryID, connector uuid.UUID) ([]directory.Plan, error) {
	return s.plansWhere(ctx, directoryID, "p.connector_id = ?", connector)
}

func (s *Store) plansWhere(ctx context.Context, directoryID uuid.UUID, condition string, arg any) (found []directory.Plan, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error {
			p, err := scanPlan(r)
			found = append(found, p)
			return err
		}, "select "+planColumns+" from plans p where p.directory_id = ? and "+condition+" order by p.created_at desc, p.id desc", directoryID, arg)
		return nil
	})
	return found, err
}

// PlanLines reads a page of a plan's lines: losses first.
func (s *Store) PlanLines(ctx context.Context, directoryID, id uuid.UUID, f directory.LineFilter, l directory.Listing) (directory.Page[directory.PlanLine], error) {
	bound, err := json.Marshal(f)
	if err != nil {
		return directory.Page[directory.PlanLine]{}, err
	}
	list := inOrderOfNumbers(ofDirectory(directoryID), listing{space: id, table: "plan_changes", filter: string(bound)}, -1,
		func(line directory.PlanLine) int64 { return line.Place })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[directory.PlanLine]) error {
		where, args := linesWhere(directoryID, id, f)
		t.query(total(p), "select count(*) from plan_changes l where "+where, args...)
		t.query(into(p, scanLine), `select l.place, l.op, coalesce(l.user_id, `+none+`), l.user_name, coalesce(l.group_id, `+none+`), l.group_key, l.group_name, l.because, l.detail
			from plan_changes l where `+where+" and l.place > ? order by l.place limit ?", append(slices.Clone(args), behind, limit)...)
		return nil
	})
}

func linesWhere(directoryID, id uuid.UUID, f directory.LineFilter) (where string, args []any) {
	where, args = "l.plan_id = ? and l.directory_id = ?", []any{id, directoryID}
	add := func(condition string, more ...any) {
		where += " and " + condition
		args = append(args, more...)
	}
	if user, err := uuid.Parse(f.User); err == nil {
		add("l.user_id = ?", user)
	} else if f.User != "" {
		add("lower(l.user_name) = lower(?)", f.User)
	}
	if group, err := uuid.Parse(f.Group); err == nil {
		add("l.group_id = ?", group)
	} else if f.Group != "" {
		add("l.group_key = ?", canonical.Key(f.Group))
	}
	if f.Op != "" {
		add("l.op = ?", string(f.Op))
	}
	if f.Reason != "" {
		add("l.code = ?", f.Reason)
	}
	return where, args
}

func scanLine(r row) (directory.PlanLine, error) {
	var l directory.PlanLine
	var because, detail json.RawMessage
	if err := r.Scan(&l.Place, &l.Op, &l.User, &l.UserName, &l.Group, &l.GroupKey, &l.GroupName, &because, &detail); err != nil {
		return l, err
	}
	if err := json.Unmarshal(because, &l.Because); err != nil {
		return l, fmt.Errorf("reading the reason of a plan's line: %w", err)
	}
	if err := json.Unmarshal(detail, &l.Detail); err != nil {
		return l, fmt.Errorf("reading a plan's line: %w", err)
	}
	return l, nil
}

// DropPlans deletes plans that were made before a time, but for those of running jobs.
func (s *Store) DropPlans(ctx context.Context, before time.Time) error {
	type old struct{ id, directory uuid.UUID }
	var drop []old
	err := s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var o old
			err := r.Scan(&o.id, &o.directory)
			drop = append(drop, o)
			return err
		}, `select p.id, p.directory_id from plans p where p.created_at < ?
			and not exists (select 1 from jobs j where j.plan_id = p.id and j.state = 'running') order by p.created_at limit 100`, micros(before))
		return nil
	})
	for _, o := range drop {
		if err != nil {
			break
		}
		err = s.write(ctx, ofDirectory(o.directory), func(t *tx) error {
			if t.pg() {
				t.exec(nil, patience)
			}
			for _, statement := range []string{"delete from plan_changes where plan_id = ?", "delete from plan_users where plan_id = ?", "delete from plans where id = ?"} {
				t.exec(nil, statement+" and directory_id = ?", o.id, o.directory)
			}
			return nil
		})
	}
	return err
}
