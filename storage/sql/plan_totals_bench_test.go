package sql

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// BenchmarkPlanTotals counts a plan of 400,000 lines, 20,000 people who leave ten groups and join
// ten others, by group, by user and by reason: the first page of fifty.
//
//	go test ./storage/sql -run '^$' -bench PlanTotals -benchtime 5x
func BenchmarkPlanTotals(b *testing.B) {
	const people, groups = 20_000, 20
	benchBoth(b, func(b *testing.B, w *benchWorld) {
		c := w.src.Connector
		p := directory.Plan{ID: uuid.New(), Directory: c.DirectoryID, Connector: c.ID, State: directory.PlanReady, Hash: "x"}
		rows := make([]directory.PlanLine, 0, people*groups)
		for i := range people {
			user := uuid.New()
			for g := range groups {
				line := directory.PlanLine{Place: int64(i)<<20 | int64(g), Op: directory.OpRemoveMembership, User: user, UserName: fmt.Sprintf("user%d@x.example", i), GroupName: fmt.Sprintf("Group %02d", g),
					GroupKey: fmt.Sprintf("group %02d", g), Because: policy.Reason{Code: policy.CodeNeverAssign, Connector: "okta", List: "neverAssign", Pattern: fmt.Sprint("group ", g)}}
				if g%2 == 1 {
					line.Op, line.Place, line.Because.Code = directory.OpAddMembership, line.Place|directory.FirstGain, policy.CodeAlwaysAssign
				}
				rows = append(rows, line)
			}
		}
		for len(rows) > 0 {
			some := rows[:min(len(rows), 10_000)]
			rows = rows[len(some):]
			err := w.write(b.Context(), ofDirectory(c.DirectoryID), func(t *tx) error {
				lines, err := planLineRows(p, some)
				if err != nil {
					return err
				}
				t.insert("plan_changes", []string{"plan_id", "place", "directory_id", "connector_id", "op", "user_id", "user_name", "group_id", "group_key", "group_name", "code", "because", "detail"}, lines, "")
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		for _, by := range []directory.TotalsBy{directory.ByGroup, directory.ByUser, directory.ByReason} {
			b.Run(string(by), func(b *testing.B) {
				for b.Loop() {
					page, err := w.Store.PlanTotals(b.Context(), c.DirectoryID, p, by, directory.LineFilter{}, directory.Listing{Limit: 50})
					if err != nil || len(page.Items) < groups {
						b.Fatal(len(page.Items), err)
					}
				}
			})
		}
	})
}
