package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Lines 135 to 147: pages by cursor (RFC 9865).

// follow reads a list page by page, by cursor, and returns all userNames in it. between runs
// after each page.
func (p *probe) follow(query string, between func(page int)) (names []string) {
	p.t.Helper()
	for cursor, page := "", 0; ; page++ {
		answer := p.ask("GET /Users?"+query+"&cursor="+cursor, "", 200, "$.startIndex absent")
		names = append(names, texts(answer.at(p.t, "$.Resources[*].userName").([]any))...)
		next, more := answer.at(p.t, "$.nextCursor").(string)
		if !more {
			return names
		}
		cursor = next
		between(page)
	}
}

func nothing(int) {}

// crew makes numbered users, a thousand at a time, and returns their names in order.
func (p *probe) crew(prefix string, n int) (names []string) {
	p.t.Helper()
	for len(names) < n {
		var operations []string
		for range min(1_000, n-len(names)) {
			name := fmt.Sprintf("%s-%05d", prefix, len(names))
			names = append(names, name)
			operations = append(operations, `{"method":"POST","path":"/Users","bulkId":"`+name+`","data":{"userName":"`+name+`","title":"`+fmt.Sprint(len(names)%3)+`"}}`)
		}
		p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[`+strings.Join(operations, ",")+`]}`, 200)
	}
	return names
}

// firstCursor is one that leads to the second page of a query.
func (p *probe) firstCursor(query string) string {
	p.t.Helper()
	return p.ask("GET "+query, "", 200).text(p.t, "$.nextCursor")
}

var cursorClaims = []claim{
	{"135 ServiceProviderConfig says how pages work, and index is the default", func(p *probe) {
		p.ask("GET /ServiceProviderConfig", "", 200, "$.pagination.cursor true", "$.pagination.index true", `$.pagination.defaultPaginationMethod "index"`,
			`$.pagination.defaultPageSize {"$gte":1}`, `$.pagination.maxPageSize {"$gte":1}`)
		p.ask("GET /Users", "", 200, "$.startIndex 1", "$.nextCursor absent")
	}},
	{"136 an empty cursor begins, with and without an equals sign", func(p *probe) {
		p.crew("u", 12)
		for _, query := range []string{"cursor&count=10", "cursor=&count=10"} {
			p.ask("GET /Users?"+query, "", 200, `$.Resources {"$len":10}`, `$.nextCursor {"$type":"string","$ne":""}`)
		}
	}},
	{"137 every page but the last has a nextCursor", func(p *probe) {
		names := p.crew("u", 12)
		for count := range 13 {
			if count == 0 {
				continue
			}
			pages := 1
			got := p.follow(fmt.Sprintf("count=%d", count), func(int) { pages++ })
			if want := (12 + count - 1) / count; pages != want || len(got) != len(names) {
				p.t.Errorf("pages of %d: %d of them with %d users, want %d with 12", count, pages, len(got), want)
			}
		}
	}},
	{"138 no page has a previousCursor", func(p *probe) {
		p.crew("u", 3)
		p.ask("GET /Users?cursor&count=1", "", 200, "$.previousCursor absent")
		p.ask("GET /Users?count=1&cursor="+p.firstCursor("/Users?cursor&count=1"), "", 200, "$.previousCursor absent")
	}},
	{"139 a cursor needs no encoding in a URL", func(p *probe) {
		p.crew("ü 李?/+", 3)
		for _, query := range []string{"/Users?cursor&count=1", "/Users?cursor&count=1&sortBy=userName"} {
			if cursor := p.firstCursor(query); !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(cursor) {
				p.t.Errorf("the cursor %s has other characters", cursor)
			}
		}
	}},
	{"140 count bounds a page by cursor as it does by index", func(p *probe) {
		p.crew("u", 205)
		p.ask("GET /Users?cursor&count=0", "", 200, "$.Resources []", "$.totalResults 205")
		p.ask("GET /Users?cursor&count=-5", "", 200, "$.Resources []", "$.totalResults 205")
		p.ask("GET /Users?cursor&count=1000", "", 200, `$.Resources {"$len":200}`)
		p.ask("GET /Users?count=3&cursor="+p.firstCursor("/Users?cursor&count=2"), "", 200, `$.Resources {"$len":3}`)
	}},
	{"141 what was never given out as a cursor is invalidCursor", func(p *probe) {
		p.crew("u", 3)
		p.team("g1")
		p.team("g2")
		cursor := p.firstCursor("/Users?cursor&count=1")
		flipped := []byte(cursor)
		flipped[len(flipped)/2] ^= 1
		for _, wrong := range []string{"x", "AAAA", cursor[:len(cursor)-4], cursor + "AAAA", string(flipped), strings.Repeat("A", 9_000), "2", p.firstCursor("/Groups?cursor&count=1")} {
			p.ask("GET /Users?count=1&cursor="+wrong, "", 400, `$.scimType "invalidCursor"`)
		}
	}},
	{"142 a cursor belongs to its filter, order and list", func(p *probe) {
		p.crew("u", 3)
		cursor := p.firstCursor(`/Users?cursor&count=1&filter=title pr&sortBy=userName`)
		for _, other := range []string{`/Users?filter=userName pr&sortBy=userName`, `/Users?filter=title pr`, `/Users?filter=title pr&sortBy=title`, `/Users?filter=title pr&sortBy=userName&sortOrder=descending`, `/Groups?filter=displayName pr`} {
			p.ask("GET "+other+"&count=1&cursor="+cursor, "", 400, `$.scimType "invalidCursor"`)
		}
		p.ask("GET /Users?filter=title pr&sortBy=userName&count=1&cursor="+cursor, "", 200, `$.Resources {"$len":1}`)
	}},
	{"143 another connector's cursor is as forged as any, and every page asks for the credential", func(p *probe) {
		other := newProbe(p.t, p.server)
		p.crew("u", 3)
		other.crew("u", 3)
		forged := string(p.ask("GET /Users?count=1&cursor=AAAA", "", 400).Body)
		if body := string(p.ask("GET /Users?count=1&cursor="+other.firstCursor("/Users?cursor&count=1"), "", 400).Body); body != forged {
			p.t.Errorf("another connector's cursor is told apart from a forged one: %s and %s", body, forged)
		}
		credentials := "/connectors/" + p.Slug + "/credentials"
		made := p.adminOK(p.t, "POST", credentials, map[string]any{"name": "midway"})
		midway := p.with("Authorization", "Bearer "+made.text(p.t, "$.token"))
		cursor := midway.firstCursor("/Users?cursor&count=1")
		p.adminOK(p.t, "DELETE", credentials+"/"+made.text(p.t, "$.id"), nil)
		midway.ask("GET /Users?count=1&cursor="+cursor, "", 401)
	}},
	{"144 a walk by cursor meets whoever stays exactly once, while others come and go", func(p *probe) {
		const staying = 10_000
		names := p.crew("stays", staying)
		p.crew("leaves", 40)
		leaving := texts(p.ask(`GET /Users?filter=userName sw "leaves"&count=100`, "", 200).at(p.t, "$.Resources[*].id").([]any))
		got := p.follow("count=100&attributes=userName", func(page int) {
			p.person(fmt.Sprintf("comes-%d", page))
			if page < len(leaving) {
				p.ask("DELETE /Users/"+leaving[page], "", 204)
			}
		})
		got = slices.DeleteFunc(got, func(name string) bool { return !strings.HasPrefix(name, "stays") })
		if slices.Sort(got); !slices.Equal(got, names) {
			p.t.Errorf("the walk met %d of those who stayed, want each of %d once", len(got), staying)
		}
	}},
	{"145 pages by cursor go on in the order of sortBy, where many are equal too", func(p *probe) {
		p.crew("u", 30)
		for _, order := range []string{"ascending", "descending"} {
			whole := texts(p.ask("GET /Users?count=100&sortBy=title&sortOrder="+order, "", 200).at(p.t, "$.Resources[*].userName").([]any))
			if got := p.follow("count=7&sortBy=title&sortOrder="+order, nothing); !slices.Equal(got, whole) {
				p.t.Errorf("%s: page by page %v, in one %v", order, got, whole)
			}
		}
	}},
	{"146 a search by POST takes a cursor in its body", func(p *probe) {
		p.crew("u", 5)
		search := `{"schemas":["{{search}}"],"count":3,"attributes":["userName"],"cursor":`
		first := p.ask("POST /Users/.search", search+`""}`, 200, `$.Resources {"$len":3}`)
		cursor := first.text(p.t, "$.nextCursor")
		found := p.ask("POST /Users/.search", search+show(cursor)+`}`, 200, `$.Resources {"$len":2}`, "$.nextCursor absent")
		if read := p.ask("GET /Users?count=3&attributes=userName&cursor="+cursor, "", 200); string(read.Body) != string(found.Body) {
			p.t.Errorf("the search found %s, the list %s", found.Body, read.Body)
		}
	}},
	{"147 a cursor and a startIndex together are invalidValue, and the total is exact", func(p *probe) {
		p.crew("u", 5)
		p.ask("GET /Users?cursor&startIndex=1", "", 400, `$.scimType "invalidValue"`)
		p.ask("GET /Users?count=2", "", 200, "$.totalResults 5", "$.startIndex 1", "$.nextCursor absent")
		p.ask("GET /Users?cursor&count=2", "", 200, "$.totalResults 5", "$.startIndex absent")
		p.ask("GET /Users?count=2&cursor="+p.firstCursor("/Users?cursor&count=2"), "", 200, "$.totalResults 5")
	}},
}
