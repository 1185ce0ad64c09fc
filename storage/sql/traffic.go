package sql

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/seal"
	"github.com/muster-scim/muster/tenants"
)

// Sums of what came and what it did: a row for each connector and minute, and one for each
// connector and quarter of an hour. They are written by transactions that are few (a batch of
// requests, a block of the audit), so that no request waits for a row that all of them change.
const (
	fineStep, coarseStep = 60, 900     // seconds
	fineKept             = 6 * 60 * 60 // seconds
	coarseKept           = 35 * 86_400 // seconds
	trafficDay           = 24 * time.Hour
)

// slot is a row of sums.
type slot struct {
	step, start int64
	connector   uuid.UUID
}

// sums are what is to be added.
type sums map[slot]tenants.Traffic

// add counts something of a connector that was at a time, in both steps.
func (s sums) add(connector uuid.UUID, at time.Time, what tenants.Traffic) {
	for _, step := range []int64{fineStep, coarseStep} {
		k := slot{step, at.Unix() / step * step, connector}
		s[k] = s[k].Plus(what)
	}
}

// trafficOfRequest counts a request.
func trafficOfRequest(a tenants.Activity) tenants.Traffic {
	switch {
	case a.Status >= 500:
		return tenants.Traffic{Failed: 1}
	case a.Status >= 400:
		return tenants.Traffic{Refused: 1}
	case a.Method == "GET" || a.Method == "HEAD" || strings.HasSuffix(a.Route, ".search"):
		return tenants.Traffic{Reads: 1}
	}
	return tenants.Traffic{Writes: 1}
}

// effective are the beginnings of the actions that are effective changes, acts those of them that
// an administrator does, whose changes have events of their own, and losing those by which somebody
// loses something.
var (
	effective = []string{"directory.user.", "directory.membership.", "directory.group."}
	acts      = map[string]bool{"directory.user.blocked": true, "directory.user.unblocked": true, "directory.user.reapplied": true, "directory.group.reapplied": true}
	losing    = map[string]bool{"directory.user.disabled": true, "directory.user.deleted": true, "directory.membership.removed": true}
)

// trafficOfEvents counts effective changes.
func trafficOfEvents(events []seal.Event) sums {
	all := sums{}
	for _, e := range events {
		if acts[e.Action] || !slices.ContainsFunc(effective, func(begin string) bool { return strings.HasPrefix(e.Action, begin) }) {
			continue
		}
		what := tenants.Traffic{Changes: 1}
		if losing[e.Action] {
			what.Losses = 1
		}
		all.add(e.Connector, e.Time, what)
	}
	return all
}

var trafficColumns = []string{"step", "start", "connector_id", "reads", "writes", "refused", "failed", "changes", "losses"}

// addTraffic adds sums, in an order that is everybody's, so that nobody waits in a circle.
func (t *tx) addTraffic(all sums) {
	var rows [][]any
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.start, b.start), slices.Compare(a.connector[:], b.connector[:]))
	}) {
		w := all[k]
		rows = append(rows, []any{k.step, k.start, k.connector, w.Reads, w.Writes, w.Refused, w.Failed, w.Changes, w.Losses})
	}
	if len(rows) == 0 {
		return
	}
	var more []string
	for _, c := range trafficColumns[3:] {
		more = append(more, c+" = traffic."+c+" + excluded."+c)
	}
	t.insert("traffic", trafficColumns, rows, "on conflict (step, start, connector_id) do update set "+strings.Join(more, ", "))
}

// dropTraffic forgets sums that nothing shows any more.
func (t *tx) dropTraffic() {
	now := t.store.now().Unix()
	t.exec(nil, "delete from traffic where step = ? and start < ?", int64(fineStep), now-fineKept)
	t.exec(nil, "delete from traffic where step = ? and start < ?", int64(coarseStep), now-coarseKept)
}

// trafficSums are whole numbers, which sums are not on PostgreSQL.
const trafficSums = `cast(sum(a.reads) as bigint), cast(sum(a.writes) as bigint), cast(sum(a.refused) as bigint),
	cast(sum(a.failed) as bigint), cast(sum(a.changes) as bigint), cast(sum(a.losses) as bigint)`

func scanTraffic(r row, t *tenants.Traffic, before ...any) error {
	return r.Scan(append(before, &t.Reads, &t.Writes, &t.Refused, &t.Failed, &t.Changes, &t.Losses)...)
}

// Traffic implements tenants.OverviewStore. The rows of a time are added up in the order of their
// index, and the few times that are left here.
func (s *Store) Traffic(ctx context.Context, connector uuid.UUID, since time.Time, step time.Duration) (all []tenants.TrafficAt, err error) {
	seconds := int64(step / time.Second)
	kept := int64(fineStep)
	if seconds%coarseStep == 0 {
		kept = coarseStep
	}
	err = s.read(ctx, everyConnector, func(t *tx) error {
		all = nil
		where := cat("a.step = ", argument{kept}, " and a.start >= ", argument{since.Unix()}, " and ", t.requestsShown())
		if connector != uuid.Nil {
			where = cat(where, " and a.connector_id = ", argument{connector})
		}
		sql := cat("select a.start, "+trafficSums+" from traffic a where ", where, " group by a.start order by a.start")
		t.query(func(r row) error {
			var what tenants.Traffic
			var start int64
			if err := scanTraffic(r, &what, &start); err != nil {
				return err
			}
			at := time.Unix(start/seconds*seconds, 0).UTC()
			if last := len(all) - 1; last >= 0 && all[last].Start.Equal(at) {
				all[last].Traffic = all[last].Plus(what)
			} else {
				all = append(all, tenants.TrafficAt{Start: at, Traffic: what})
			}
			return nil
		}, sql.sql, sql.args...)
		return nil
	})
	return all, wrap(err, "reading what came")
}
