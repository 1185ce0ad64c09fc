package sql

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/scim"
)

var (
	cursorSecret = []byte("0123456789abcdef0123456789abcdef")
	cursorNow    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func isType(err error, scimType string) bool {
	var e *scim.Error
	return errors.As(err, &e) && e.Type == scimType && e.Status == 400
}

func TestACursorLeadsBackToItsPlace(t *testing.T) {
	t.Parallel()
	unreserved := regexp.MustCompile(`^[A-Za-z0-9._~-]+$`) // RFC 9865 2, RFC 3986 2.3
	rapid.Check(t, func(t *rapid.T) {
		l := listing{space: uuid.New(), table: "user_records", filter: rapid.String().Draw(t, "filter")}
		want := position{ID: uuid.New()}
		if rapid.Bool().Draw(t, "has key") {
			key := rapid.String().Draw(t, "key")
			want.Key = &key
		}
		text := l.cursor(cursorSecret, cursorNow, want)
		if !unreserved.MatchString(text) {
			t.Fatalf("the cursor %q does not fit a URL as it is", text)
		}
		got, err := l.position(cursorSecret, cursorNow.Add(cursorLifetime), text)
		if err != nil || got.ID != want.ID || (got.Key == nil) != (want.Key == nil) || got.Key != nil && *got.Key != *want.Key {
			t.Fatalf("%+v came back as %+v, %v", want, got, err)
		}
		// One changed character is one changed bit at least.
		i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		other := rapid.SampledFrom([]byte("AZaz09-_.~!é")).Draw(t, "other")
		if forged := text[:i] + string(other) + text[i+1:]; forged != text {
			if p, err := l.position(cursorSecret, cursorNow, forged); !isType(err, scim.TypeInvalidCursor) {
				t.Fatalf("the edited cursor %q is taken: %+v, %v", forged, p, err)
			}
		}
	})
}

func TestACursorIsBoundToItsList(t *testing.T) {
	t.Parallel()
	home := listing{space: uuid.New(), table: "user_records", filter: `title pr`, sort: "userName"}
	cursor := home.cursor(cursorSecret, cursorNow, position{ID: uuid.New()})
	for claim, l := range map[string]listing{
		"another connector": {space: uuid.New(), table: home.table, filter: home.filter, sort: home.sort},
		"another kind":      {space: home.space, table: "group_records", filter: home.filter, sort: home.sort},
		"another filter":    {space: home.space, table: home.table, filter: "title pr ", sort: home.sort},
		"another order":     {space: home.space, table: home.table, filter: home.filter, sort: "title"},
		"the other way":     {space: home.space, table: home.table, filter: home.filter, sort: home.sort, descending: true},
		"shifted fields":    {space: home.space, table: home.table, filter: home.filter + "userName"},
	} {
		if p, err := l.position(cursorSecret, cursorNow, cursor); !isType(err, scim.TypeInvalidCursor) {
			t.Errorf("the cursor opens on %s: %+v, %v", claim, p, err)
		}
	}
	if p, err := home.position([]byte("another secret"), cursorNow, cursor); !isType(err, scim.TypeInvalidCursor) {
		t.Errorf("the cursor opens with another secret: %+v, %v", p, err)
	}
}

func TestACursorExpires(t *testing.T) {
	t.Parallel()
	l := listing{space: uuid.New(), table: "users"}
	cursor := l.cursor(cursorSecret, cursorNow, position{ID: uuid.New()})
	if _, err := l.position(cursorSecret, cursorNow.Add(cursorLifetime+time.Second), cursor); !isType(err, scim.TypeExpiredCursor) {
		t.Errorf("an hour and a second later: %v, want expiredCursor", err)
	}
	if _, err := l.position(cursorSecret, cursorNow.Add(-time.Minute), cursor); err != nil {
		t.Errorf("on a replica whose clock is a minute behind: %v", err)
	}
}

func TestGarbageIsAnInvalidCursor(t *testing.T) {
	t.Parallel()
	l := listing{space: uuid.New(), table: "users"}
	whole := l.cursor(cursorSecret, cursorNow, position{ID: uuid.New()})
	for _, text := range []string{"", "x", "====", "%00", "1", "MTIz", whole[:len(whole)-1], whole[1:], whole + "A", whole + whole, string(make([]byte, 1<<20))} {
		if p, err := l.position(cursorSecret, cursorNow, text); !isType(err, scim.TypeInvalidCursor) {
			t.Errorf("%.40q is taken: %+v, %v", text, p, err)
		}
	}
}

func TestAPageHasNoNextWhenNothingIsBehindIt(t *testing.T) {
	t.Parallel()
	rows := []position{{ID: uuid.New()}, {ID: uuid.New()}, {ID: uuid.New()}}
	same := func(p position) position { return p }
	for _, c := range []struct{ have, limit, page int }{{3, 2, 2}, {2, 2, 2}, {1, 2, 1}, {0, 2, 0}, {3, 0, 0}} {
		page, next := cut(rows[:c.have], c.limit, same)
		more := c.limit > 0 && c.have > c.limit
		if len(page) != c.page || (next != nil) != more || more && next.ID != rows[c.limit-1].ID {
			t.Errorf("%d rows, %d a page: %d rows, next %v", c.have, c.limit, len(page), next)
		}
	}
}
