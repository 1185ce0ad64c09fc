package sql

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

func TestTheWordsOfAUserAreThoseOfItsNamesAndAddresses(t *testing.T) {
	doc := scim.Document{
		"displayName": "Ada  LOVELACE", "nickName": "Countess", "title": "Analyst",
		"name":   map[string]any{"givenName": "Augusta Ada", "familyName": "King-Noel"},
		"emails": []any{map[string]any{"value": "Ada.King@acme.example"}},
	}
	want := strings.Fields("ada ada.king@acme.example augusta countess king lovelace noel ada-7")
	want = append(want[:len(want)-1], "7")
	slices.Sort(want)
	if got := userWords("ada-7", doc); !slices.Equal(got, want) {
		t.Errorf("words are %v, want %v", got, want)
	}
	var names []string
	for i := range 500 {
		names = append(names, strconv.Itoa(i))
	}
	many := scim.Document{"displayName": strings.Join(names, " ")}
	if got := userWords("zoe.zz@acme.example", many); len(got) != mostUserWords || !slices.IsSorted(got) {
		t.Errorf("%d words are kept, want %d in order", len(got), mostUserWords)
	} else if !slices.Contains(got, "zoe") || !slices.Contains(got, "zz") || !slices.Contains(got, "zoe.zz@acme.example") {
		t.Errorf("whoever has many other names is not found by the userName: %v", got)
	}
}

// TestUsersOfOlderProgramsAreFoundAfterTheStart has users whose words nobody wrote.
func TestUsersOfOlderProgramsAreFoundAfterTheStart(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*Store{"sqlite": newSQLite(t), "postgres": newPostgres(t)} {
		addPeople(t, s, people(1201), false)
		found := func() int {
			page, err := s.Users(t.Context(), benchDirectory, directory.UserQuery{Named: "given7", Listing: directory.Listing{Limit: 5000}})
			if err != nil {
				t.Fatal(err)
			}
			return len(page.Items)
		}
		if n := found(); n != 0 {
			t.Fatalf("%s: %d users are found without words", name, n)
		}
		for range 2 {
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := found(); n != 1201/10 {
				t.Errorf("%s: %d users are found after the start, want %d", name, n, 1201/10)
			}
		}
	}
}

// TestCommonAndRareWordsFindTheSame asks on both sides of the line where the way of reading changes.
func TestCommonAndRareWordsFindTheSame(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*Store{"sqlite": newSQLite(t), "postgres": newPostgres(t)} {
		const n = 2500
		addPeople(t, s, people(n), true)
		for text, want := range map[string]int{
			"given":            n,      // all
			"given7":           n / 10, // a tenth
			"given7 person":    n / 10, // a rare one and one that all have
			"person given":     n,      // two that all have
			"person001999":     1,      //
			"given9 name":      n / 10, //
			"given3 given4":    0,      // nobody has both
			"person001999 xy":  0,      //
			"%":                0,      // no word
			"erson":            0,      // not the beginning of one
			"person001999@x":   1,      // an address, begun
			"\U0010FFFF' or 1": 0,      //
		} {
			for _, rare := range []int{0, 1000, n} {
				where, err := s.named(t.Context(), benchDirectory, text, rare)
				if err != nil {
					t.Fatal(err)
				}
				found := 0
				err = s.read(t.Context(), ofDirectory(benchDirectory), func(x *tx) error {
					x.query(func(r row) error { return r.Scan(&found) }, "select count(*) from users r where "+where.sql, where.args...)
					return nil
				})
				if err != nil || found != want {
					t.Errorf("%s, rare up to %d: %q finds %d (%v), want %d", name, rare, text, found, err, want)
				}
			}
		}
	}
}
