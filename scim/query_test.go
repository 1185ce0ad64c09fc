package scim

import (
	"fmt"
	"strings"
	"testing"
)

// TestQueries names the forms that must be accepted by their number.
func TestQueries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, query, want string }{
		{"nothing", "", "1 100"},
		{"1 trailing ampersand and empty parts", "filter=userName+eq+%22a%22&&", `1 100 userName eq "a"`},
		{"2 unknown and valueless keys", "aadOptscim062020&foo=%zz&AzureAdScimPatch2017=&count=5", "1 5"},
		{"3 plus, %20, raw quotes, several spaces", `filter=userName++eq%20%20"a"`, `1 100 userName eq "a"`},
		{"a plus sign in an address", "filter=userName%20eq%20%22a%2Bb%40x%22", `1 100 userName eq "a+b@x"`},
		{"19 startIndex 0 and negative", "startIndex=0&count=0", "1 0"},
		{"19 negative count", "startIndex=-7&count=-1", "1 0"},
		{"19 count=1000", "count=1000", "1 200"},
		{"a page beyond the end", "startIndex=101&count=100", "101 100"},
		{"names of parameters in any case", "STARTINDEX=3&Count=2", "3 2"},
		{"sort", "sortBy=NAME.familyname&sortOrder=Descending", "1 100 name.familyName desc"},
		{"sort by a multi-valued attribute", "sortBy=emails", "1 100 emails"},
		{"sort by meta", "sortBy=meta.created", "1 100 meta.created"},
		{"sortOrder alone", "sortOrder=descending", "1 100"},
		{"cursor without a value", "cursor&count=10", `1 10 cursor ""`},
		{"cursor empty", "cursor=&count=10", `1 10 cursor ""`},
		{"cursor", "cursor=a.b-c~_", `1 100 cursor "a.b-c~_"`},
	} {
		q, err := ParseQuery(UserKind, c.query)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := fmt.Sprintf("%d %d", q.StartIndex, q.Count)
		if q.Filter != nil {
			got += " " + q.Filter.String()
		}
		if q.SortBy != nil {
			got += " " + q.SortBy.String()
		}
		if q.Descending {
			got += " desc"
		}
		if q.CursorGiven {
			got += fmt.Sprintf(" cursor %q", q.Cursor)
		}
		if got != c.want {
			t.Errorf("%s: %s gives %s, want %s", c.name, c.query, got, c.want)
		}
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, scimType string }{
		{"count=abc", TypeInvalidValue},
		{"count=1.5", TypeInvalidValue},
		{"startIndex=99999999999999999999", TypeInvalidValue},
		{"startIndex=9223372036854775807", TypeInvalidValue},
		{"filter=userName%20eq%20%22a%22&filter=active%20pr", TypeInvalidValue},
		{"count=1&COUNT=2", TypeInvalidValue},
		{"attributes=id&attributes=userName", TypeInvalidValue},
		{"attributes=userName&excludedAttributes=name", TypeInvalidValue},
		{"cursor=x&startIndex=1", TypeInvalidValue},
		{"sortBy=nope", TypeInvalidPath},
		{"sortBy=password", TypeInvalidPath},
		{"sortBy=name", TypeInvalidPath},
		{"sortBy=userName;select%20pg_sleep(9)&sortOrder=desc", TypeInvalidPath},
		{"sortBy=userName&sortOrder=sideways", TypeInvalidValue},
		{"filter=", TypeInvalidFilter},
		{"filter", TypeInvalidFilter},
		{"filter=SPEC7QKD%40EXAMPLE.COM", TypeInvalidFilter},
		{"filter=userName%20eq%20%22a%00b%22", TypeInvalidFilter},
		{"filter=userName%20eq%20%zz", TypeInvalidValue},
		{"filter=" + strings.Repeat("(", 10_000), TypeInvalidFilter},
		{"filter=" + strings.Repeat("userName+eq+1+or+", 1000) + "active+pr", TypeInvalidFilter},
	} {
		_, err := ParseQuery(UserKind, c.query)
		if err == nil {
			t.Errorf("%.60s is accepted", c.query)
			continue
		}
		wantError(t, err, 400, c.scimType)
	}
}

func TestSearchRequestMeansTheSameAsTheQueryString(t *testing.T) {
	t.Parallel()
	raw := decode(t, `{"schemas":["`+SearchRequestSchema+`"],"attributes":["userName","emails.value"],"filter":"active eq true","sortBy":"userName","sortOrder":"descending","startIndex":3,"count":5}`)
	got, err := ParseSearch(UserKind, raw)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ParseQuery(UserKind, "attributes=userName,emails.value&filter=active+eq+true&sortBy=userName&sortOrder=descending&startIndex=3&count=5")
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%+v %v", got.Projection, *got.SortBy) != fmt.Sprintf("%+v %v", want.Projection, *want.SortBy) ||
		got.FilterText != want.FilterText || got.StartIndex != 3 || got.Count != 5 || !got.Descending {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	first, err := ParseSearch(UserKind, decode(t, `{"schemas":["`+SearchRequestSchema+`"],"cursor":"","count":10}`))
	if err != nil || !first.CursorGiven || first.Cursor != "" {
		t.Errorf("%+v, %v", first, err)
	}
	for body, scimType := range map[string]string{
		`{"filter":"userName pr"}`: TypeInvalidValue,
		`{"schemas":["` + SearchRequestSchema + `"],"filter":"userName eq"}`: TypeInvalidFilter,
		`{"schemas":["` + SearchRequestSchema + `"],"filter":7}`:             TypeInvalidValue,
		`{"schemas":["` + SearchRequestSchema + `"],"attributes":[7]}`:       TypeInvalidValue,
		`{"schemas":["` + SearchRequestSchema + `"],"count":1.5}`:            TypeInvalidValue,
	} {
		_, err := ParseSearch(UserKind, decode(t, body))
		wantError(t, err, 400, scimType)
	}
}
