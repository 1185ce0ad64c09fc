package sql

import (
	"fmt"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// BenchmarkObserved measures requests of one connector live, observing from its first day, and
// observing after it was live: what it costs to say what they would have done.
func BenchmarkObserved(b *testing.B) {
	for _, as := range []string{"live", "observing", "paused"} {
		b.Run(as, func(b *testing.B) {
			benchBoth(b, func(b *testing.B, w *benchWorld) {
				observe := func() {
					if err := w.SetMode(b.Context(), directory.Admin{ID: "bench"}, "okta", tenants.Observe, func(int) bool { return true }); err != nil {
						b.Fatal(err)
					}
				}
				if as == "observing" {
					observe()
				}
				ids := w.users(b, 1000)
				g, err := w.CreateGroup(b.Context(), w.src, scim.Document{"displayName": "Big"}, nil, nil)
				if err != nil {
					b.Fatal(err)
				}
				if as == "paused" {
					observe()
				}
				made, edits := len(ids), 0 // a benchmark runs more than once
				b.Run("create", func(b *testing.B) {
					w.measured(b, func(int) error {
						made++
						_, err := w.CreateUser(b.Context(), w.src, benchUser(made), nil)
						return err
					})
				})
				b.Run("edit", func(b *testing.B) {
					w.measured(b, func(int) error {
						edits++
						_, err := w.EditUser(b.Context(), w.src, ids[edits%len(ids)], nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
							d = d.Clone()
							d["title"] = fmt.Sprint("Title ", edits)
							return d, nil, nil
						})
						return err
					})
				})
				b.Run("add and remove", func(b *testing.B) {
					w.measured(b, func(i int) error {
						op := scim.AddMembers
						if i%2 != 0 {
							op = scim.RemoveMembers
						}
						_, err := w.EditGroup(b.Context(), w.src, g.ID, nil, directory.GroupEdit{Members: []scim.MemberEdit{{Op: op, Values: []string{ids[0].String()}}}})
						return err
					})
				})
			})
		})
	}
}
