package sql

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// benchDirectory is the directory that every database has.
var benchDirectory = uuid.MustParse("00000000-0000-7000-8000-000000000001")

// BenchmarkUserSearch finds users by parts of names, and groups by a part of theirs: the first page
// of fifty. There are 10,000 users, or MUSTER_BENCH_USERS, and a twentieth as many groups:
//
//	MUSTER_BENCH_USERS=100000 go test ./storage/sql -run '^$' -bench UserSearch -benchtime 20x
func BenchmarkUserSearch(b *testing.B) {
	n := 10_000
	if text := os.Getenv("MUSTER_BENCH_USERS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal("MUSTER_BENCH_USERS: ", err)
		}
	}
	benchBoth(b, func(b *testing.B, w *benchWorld) {
		addPeople(b, w.Store, people(n), true)
		addGroups(b, w.Store, n/20)
		w.analyze(b)
		for _, c := range []struct{ name, text string }{
			{"one", "person000500"}, {"nobody", "zebedee"}, {"tenth", "given7"}, {"everybody", "per"}, {"letter", "g"},
			{"rare_and_common", "person000500 given"}, {"two_common", "given7 person"}, {"two_common_apart", "given3 given4"},
		} {
			b.Run("users/"+c.name, func(b *testing.B) {
				for b.Loop() {
					if _, err := w.Store.Users(b.Context(), benchDirectory, directory.UserQuery{Named: c.text, Listing: directory.Listing{Limit: 50}}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		q := scim.Query{FilterText: `displayName co "eam-77"`}
		var err error
		if q.Filter, err = scim.ParseFilter(scim.GroupKind, q.FilterText); err != nil {
			b.Fatal(err)
		}
		b.Run("groups", func(b *testing.B) {
			for b.Loop() {
				page, err := w.Store.Groups(b.Context(), benchDirectory, directory.GroupQuery{Filter: q, Listing: directory.Listing{Limit: 50}})
				if err != nil || len(page.Items) == 0 {
					b.Fatal(len(page.Items), err)
				}
			}
		})
	})
}

// analyze makes statistics of what is there, as the server does from time to time.
func (w *benchWorld) analyze(b *testing.B) {
	b.Helper()
	var err error
	if w.isPostgres() {
		err = w.analyzeGrown(b.Context())
	} else {
		_, err = w.analyzeFile(b.Context(), 0)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// people are so many users, a tenth of each given name.
func people(n int) []wordedUser {
	users := make([]wordedUser, n)
	for i := range users {
		name := fmt.Sprintf("person%06d", i)
		doc := scim.Document{"userName": name + "@x.example", "displayName": fmt.Sprintf("Given%d %s", i%10, name),
			"name": map[string]any{"givenName": fmt.Sprint("Given", i%10), "familyName": "Name" + strconv.Itoa(i%997)}, "title": "Engineer",
			"emails": []any{map[string]any{"value": name + "@x.example", "primary": true}}}
		users[i] = wordedUser{uuid.Must(uuid.NewV7()), benchDirectory, name + "@x.example", json.RawMessage(doc.JSON())}
	}
	return users
}

// addPeople writes users, with their words or as a program did that knew of none.
func addPeople(tb testing.TB, s *Store, users []wordedUser, worded bool) {
	tb.Helper()
	for len(users) > 0 {
		some := users[:min(len(users), 5000)]
		users = users[len(some):]
		rows := make([][]any, len(some))
		for i, u := range some {
			search := string(scim.ParseDocument(u.doc).SearchJSON())
			rows[i] = []any{u.id, u.directory, u.userName, u.userName, u.userName, "active", string(u.doc), search, int64(1), int64(1), int64(1), worded}
		}
		err := s.write(tb.Context(), ofDirectory(benchDirectory), func(t *tx) error {
			t.insert("users", []string{"id", "directory_id", "user_name", "user_name_key", "email_key", "status", "doc", "search", "created_at", "modified_at", "version", "worded"}, rows, "")
			if worded {
				t.saveUserWords(some, true)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func addGroups(tb testing.TB, s *Store, n int) {
	tb.Helper()
	rows := make([][]any, n)
	for i := range rows {
		name := fmt.Sprintf("Team-%d", i)
		rows[i] = []any{uuid.Must(uuid.NewV7()), benchDirectory, nil, name, fmt.Sprintf("team-%d", i), groupSearch(name), int64(1), int64(1)}
	}
	err := s.write(tb.Context(), ofDirectory(benchDirectory), func(t *tx) error {
		t.insert("groups", []string{"id", "directory_id", "tenant_id", "display_name", "name_key", "search", "created_at", "version"}, rows, "")
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}
