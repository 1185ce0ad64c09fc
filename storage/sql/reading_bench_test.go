package sql

import (
	"fmt"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// BenchmarkConsumerReads reads the same people as their connector and as a consumer of the
// directory: a page of 200 with groups, and one by userName.
func BenchmarkConsumerReads(b *testing.B) {
	const people = 1000
	benchBoth(b, func(b *testing.B, w *benchWorld) {
		for i := range people {
			doc := scim.Document{"userName": fmt.Sprintf("user%d@x.example", i), "active": true, "title": "Engineer"}
			if _, err := w.CreateUser(b.Context(), w.src, doc, nil); err != nil {
				b.Fatal(err)
			}
		}
		c := w.src.Connector
		consumer := w.ReadAs(tenants.Consumer{DirectoryID: c.DirectoryID, Version: 1}, directory.Wanted{Groups: true, Members: true})
		for name, q := range map[string]scim.Query{
			"page":     {StartIndex: 1, Count: 200},
			"userName": {StartIndex: 1, Count: 200, FilterText: `userName eq "user500@x.example"`},
		} {
			if q.FilterText != "" {
				var err error
				if q.Filter, err = scim.ParseFilter(scim.UserKind, q.FilterText); err != nil {
					b.Fatal(err)
				}
			}
			for who, records := range map[string]directory.Records{"connector": w.Directory, "consumer": consumer} {
				b.Run(name+"/"+who, func(b *testing.B) {
					w.measured(b, func(int) error {
						page, err := records.ListUsers(b.Context(), c, q, true)
						if err == nil && len(page.Items) == 0 {
							err = directory.ErrNotFound
						}
						return err
					})
				})
			}
		}
	})
}
