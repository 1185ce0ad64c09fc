package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Lines 60 to 90: lists, sorting, pages and filters.

// people are four records that differ in what lists and filters look at. Bob has no title.
func (p *probe) people() {
	p.t.Helper()
	p.person("Ada@x.example", `"externalId":"ABC"`, `"displayName":"Ada L"`, `"title":"Engineer"`, `"name":{"givenName":"Ada","familyName":"Lovelace"}`,
		`"emails":[{"value":"ada@x.example","type":"work"},{"value":"ada@home.example","type":"home","primary":true}]`,
		`"{{enterprise}}":{"employeeNumber":"7","department":"Research","manager":{"value":"m-1"}}`)
	p.person("bob@y.example", `"externalId":"abc"`, `"active":false`, `"name":{"givenName":"Bob","familyName":"abbot"}`,
		`"emails":[{"value":"bob@y.example","type":"work"},{"value":"bob@x.example","type":"home"}]`)
	p.person("carol", `"title":"Doctor"`, `"name":{"givenName":"Carol"}`, `"displayName":"100%_*"`)
	p.person("Dan", `"title":"engineer"`, `"name":{"familyName":"Zuse"}`)
}

const ada, bob, carol, dan = "Ada@x.example", "bob@y.example", "carol", "Dan"

// quick expects that something needs no more than a moment. The bound leaves a busy machine
// room; what it is there to catch takes minutes.
func quick(p *probe, what string, do func()) {
	p.t.Helper()
	start := time.Now()
	do()
	if took := time.Since(start); took > 5*time.Second {
		p.t.Errorf("%s took %v", what, took)
	}
}

// walk reads a list page by page, by index, and returns all names in it.
func (p *probe) walk(query, name string, count int) (names []string) {
	p.t.Helper()
	for start := 1; ; start += count {
		page := p.ask(fmt.Sprintf("GET %s&startIndex=%d&count=%d", query, start, count), "", 200)
		found := texts(page.at(p.t, "$.Resources[*]."+name).([]any))
		if names = append(names, found...); len(found) < count {
			return names
		}
	}
}

var listClaims = []claim{
	{"60 a list is a ListResponse that says where its page lies", func(p *probe) {
		p.people()
		p.ask("GET /Users?startIndex=2&count=2", "", 200, `$.schemas ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`,
			"$.totalResults 4", "$.startIndex 2", "$.itemsPerPage 2", `$.Resources {"$len":2,"$type":"array"}`)
	}},
	{"61 no hit is 200 with an empty array", func(p *probe) {
		for _, path := range []string{"/Users", "/Groups", `/Users?filter=title eq "none"`} {
			p.ask("GET "+path, "", 200, "$.totalResults 0", "$.Resources []")
		}
	}},
	{"62 startIndex below 1 is 1, and beyond the end is an empty page", func(p *probe) {
		p.people()
		for _, start := range []string{"0", "-3"} {
			p.ask("GET /Users?startIndex="+start, "", 200, "$.startIndex 1", `$.Resources {"$len":4}`)
		}
		p.ask("GET /Users?startIndex=9", "", 200, "$.totalResults 4", "$.Resources []")
	}},
	{"63 count bounds the page, 0 and less is the total alone", func(p *probe) {
		p.people()
		p.ask("GET /Users?count=3", "", 200, `$.Resources {"$len":3}`, "$.totalResults 4")
		p.ask("GET /Users?count=0", "", 200, "$.Resources []", "$.totalResults 4")
		p.ask("GET /Users?count=-1", "", 200, "$.Resources []", "$.totalResults 4")
		most := plainText(p.ask("GET /ServiceProviderConfig", "", 200).at(p.t, "$.filter.maxResults"))
		var operations []string
		for i := range 210 {
			operations = append(operations, fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":"b%d","data":{"displayName":"g%d"}}`, i, i))
		}
		p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[`+strings.Join(operations, ",")+`]}`, 200)
		p.ask("GET /Groups?count=100000&excludedAttributes=members", "", 200, `$.Resources {"$len":`+most+`}`, "$.totalResults 210")
	}},
	{"64 itemsPerPage is the number of resources on the page", func(p *probe) {
		p.people()
		for query, n := range map[string]string{"?count=3": "3", "?count=9": "4", "?startIndex=4&count=3": "1", "?count=0": "0", "?startIndex=9": "0"} {
			p.ask("GET /Users"+query, "", 200, "$.itemsPerPage "+n, `$.Resources {"$len":`+n+`}`)
		}
	}},
	{"65 a startIndex or count that is no ordinary number is invalidValue", func(p *probe) {
		for _, value := range []string{"abc", "1.5", "9223372036854775807", "-9223372036854775809"} {
			p.ask("GET /Users?count="+value, "", 400, `$.scimType "invalidValue"`)
			p.ask("GET /Users?startIndex="+value, "", 400, `$.scimType "invalidValue"`)
		}
	}},
	{"66 a walk by index meets everything once", func(p *probe) {
		var users, groups []string
		for i := range 7 {
			users, groups = append(users, fmt.Sprintf("user-%d", i)), append(groups, fmt.Sprintf("group-%d", i))
			p.person(users[i])
			p.team(groups[i])
		}
		for query, want := range map[string][]string{"/Users?": users, `/Users?filter=userName sw "user"`: users, `/Users?sortBy=title`: users, "/Groups?": groups, `/Groups?filter=displayName co "-"`: groups} {
			name := map[byte]string{'U': "userName", 'G': "displayName"}[query[1]]
			got := p.walk(query, name, 3)
			if slices.Sort(got); !slices.Equal(got, want) {
				p.t.Errorf("%s: a walk met %v, want %v", query, got, want)
			}
		}
	}},
	{"67 sorting is without case where the attribute is, ascending unless told otherwise", func(p *probe) {
		p.people()
		p.lists("/Users?sortBy=userName", ada, bob, carol, dan)
		p.lists("/Users?sortBy=USERNAME&sortOrder=ascending", ada, bob, carol, dan)
		p.lists("/Users?sortBy=userName&sortOrder=descending", dan, carol, bob, ada)
		p.lists("/Users?sortBy=name.familyName&filter=name.familyName pr", bob, ada, dan)
		p.lists("/Users?sortBy=meta.created", ada, bob, carol, dan)
		p.lists("/Users?sortBy=meta.created&sortOrder=descending", dan, carol, bob, ada)
	}},
	{"68 what lacks the attribute comes last, and several values sort by the primary one", func(p *probe) {
		p.people()
		for order, at := range map[string]int{"ascending": 3, "descending": 0} {
			p.ask("GET /Users?sortBy=title&sortOrder="+order, "", 200, fmt.Sprintf("$.Resources[%d].userName %s", at, show(bob)))
		}
		p.person("eve", `"emails":[{"value":"aa@x","type":"work"},{"value":"zz@x","type":"home","primary":true}]`)
		p.lists("/Users?sortBy=emails&filter=emails pr", ada, bob, "eve") // by ada@home, bob@y (its first) and zz@x
	}},
	{"69 an unknown sortBy is invalidPath, for users and groups", func(p *probe) {
		p.ask("GET /Users?sortBy=shoeSize", "", 400, `$.scimType "invalidPath"`)
		p.ask("GET /Groups?sortBy=userName", "", 400, `$.scimType "invalidPath"`)
	}},
	{"70 a search by POST answers as the list does", func(p *probe) {
		p.people()
		p.team("g")
		got := p.ask("POST /Users/.search", `{"schemas":["{{search}}"],"attributes":["userName"],"filter":"title pr","sortBy":"userName","sortOrder":"descending","startIndex":2,"count":1}`, 200)
		want := p.ask("GET /Users?attributes=userName&filter=title pr&sortBy=userName&sortOrder=descending&startIndex=2&count=1", "", 200, `$.Resources[*].userName ["carol"]`)
		if string(got.Body) != string(want.Body) {
			p.t.Errorf("the search found %s, the list %s", got.Body, want.Body)
		}
		p.ask("POST /Groups/.search", `{"schemas":["{{search}}"],"excludedAttributes":["members","meta"]}`, 200, `$.Resources[*].displayName ["g"]`, "$.Resources[0].meta absent")
	}},
	{"71 a search needs its schema, and one of everything is not offered", func(p *probe) {
		p.ask("POST /Users/.search", `{"filter":"title pr"}`, 400, `$.scimType "invalidValue"`)
		p.ask("POST /.search", `{"schemas":["{{search}}"]}`, 501)
	}},
	{"72 there is no query of everything at the root", func(p *probe) {
		p.ask(`GET /?filter=meta.resourceType eq "User"`, "", 404)
		p.ask("GET ", "", 404)
	}},
}

// filtered makes a claim of filters on people and the names that each must find.
func filtered(name string, found map[string][]string) claim {
	return claim{name, func(p *probe) {
		p.people()
		for filter, names := range found {
			p.finds("/Users?filter="+filter, names...)
		}
	}}
}

func refused(p *probe, filters ...string) {
	p.t.Helper()
	for _, filter := range filters {
		p.ask("GET /Users?filter="+filter, "", 400, `$.scimType "invalidFilter"`)
	}
}

type hits = map[string][]string

var filterClaims = []claim{
	filtered("73 every operator works on every kind of attribute", hits{
		`userName eq "carol"`: {carol}, `userName ne "carol"`: {ada, bob, dan}, `userName co "example"`: {ada, bob}, `userName sw "bob"`: {bob},
		`userName ew "x.example"`: {ada}, `userName gt "bob@y.example"`: {carol, dan}, `userName ge "bob@y.example"`: {bob, carol, dan},
		`userName lt "bob@y.example"`: {ada}, `userName le "bob@y.example"`: {ada, bob}, `title pr`: {ada, carol, dan},
		`displayName sw "ada"`: {ada}, `externalId eq "ABC"`: {ada}, `title eq "engineer"`: {ada, dan}, `name.familyName sw "L"`: {ada}, `name.givenName pr`: {ada, bob, carol},
		`emails.value co "home"`: {ada}, `meta.created gt "2020-01-01T00:00:00Z"`: {ada, bob, carol, dan}, `meta.resourceType eq "User"`: {ada, bob, carol, dan}, `id pr`: {ada, bob, carol, dan},
	}),
	filtered("74 operators and names are read without case", hits{`UserName EQ "carol"`: {carol}, `NAME.GIVENNAME Sw "A"`: {ada}, `title PR AND NOT (userName Eq "dan")`: {ada, carol}}),
	filtered("75 values are compared with case where the attribute says so", hits{
		`userName eq "ADA@X.EXAMPLE"`: {ada}, `externalId eq "ABC"`: {ada}, `externalId eq "abc"`: {bob}, `externalId eq "Abc"`: {}, `id eq "X"`: {}}),
	filtered("76 not binds before and, and before or, parentheses before all", hits{
		`userName eq "dan" or userName eq "bob@y.example" and title pr`:   {dan},
		`(userName eq "dan" or userName eq "bob@y.example") and title pr`: {dan},
		`title pr and userName eq "none" or userName eq "bob@y.example"`:  {bob},
		`title pr and (userName eq "none" or userName eq "dan")`:          {dan},
		`not (title pr) or userName eq "dan"`:                             {bob, dan},
		`not (title pr or userName eq "bob@y.example")`:                   {},
	}),
	filtered("77 brackets ask one value for everything", hits{
		`emails[type eq "work" and value co "@x"]`: {ada}, `emails.type eq "work" and emails.value co "@x"`: {ada, bob}}),
	filtered("78 a complex attribute of several values is compared by its value", hits{`emails eq "bob@x.example"`: {bob}, `emails co "home"`: {ada}, `emails pr`: {ada, bob}}),
	{"79 active is a boolean, as text too, and has no order", func(p *probe) {
		p.people()
		p.finds(`/Users?filter=active eq false`, bob)
		p.finds(`/Users?filter=active eq "False"`, bob)
		p.finds(`/Users?filter=active eq true`, ada, carol, dan)
		p.finds(`/Users?filter=active eq "true"`, ada, carol, dan)
		refused(p, "active gt true", `active eq "maybe"`, `active co "t"`)
	}},
	{"80 times are compared as times, in any notation", func(p *probe) {
		created := p.ask("POST /Users", `{"userName":"a"}`, 201).text(p.t, "$.meta.created")
		at, err := time.Parse(time.RFC3339, created)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, notation := range []string{created, at.In(time.FixedZone("", 7200)).Format("2006-01-02T15:04:05.000-07:00"), at.Format("2006-01-02T15:04:05.0000000Z")} {
			encoded := strings.ReplaceAll(notation, "+", "%2B")
			p.finds(`/Users?filter=meta.created%20ge%20%22`+encoded+`%22`, "a")
			p.finds(`/Users?filter=meta.created%20lt%20%22` + encoded + `%22`)
		}
		p.finds(`/Users?filter=meta.lastModified gt "2011-05-13T04:42:34Z"`, "a")
	}},
	{"81 absent, null and empty are not present", func(p *probe) {
		p.people()
		p.person("null", `"title":null`)
		p.person("empty", `"title":""`)
		p.finds("/Users?filter=title pr", ada, carol, dan)
		p.finds("/Users?filter=not (title pr)", bob, "null", "empty")
		p.finds(`/Users?filter=title ne "Doctor"`, ada, bob, dan, "null", "empty")
	}},
	{"82 values are JSON strings, and no character in them is a wildcard", func(p *probe) {
		p.people()
		p.person(`a"b\c`)
		p.person("é")
		p.finds(`/Users?filter=userName eq "a\"b\\c"`, `a"b\c`)
		p.finds(`/Users?filter=userName eq "\u00e9"`, "é")
		p.finds(`/Users?filter=displayName%20co%20%22%25%22`, carol)
		p.finds(`/Users?filter=displayName co "_"`, carol)
		p.finds(`/Users?filter=displayName ew "*"`, carol)
		p.finds(`/Users?filter=displayName%20sw%20%22%25%22`)
	}},
	filtered("83 names may carry their schema's URN", hits{
		`{{user}}:userName eq "carol"`: {carol}, `{{enterprise}}:employeeNumber eq "7"`: {ada}, `{{enterprise}}:manager.value eq "m-1"`: {ada}, `{{enterprise}}:department pr`: {ada}}),
	{"84 what is no filter is invalidFilter", func(p *probe) {
		refused(p, `userName like "a"`, `(userName pr`, `userName pr)`, `userName eq "a`, ``, ` `, `userName pr title`, `userName`, `eq "a"`, `userName eq`, `and`, `emails[type eq "a"`)
	}},
	{"85 an unknown attribute and the password are invalidFilter", func(p *probe) {
		refused(p, "shoeSize pr", `name.shoe eq "a"`, `password sw "a"`, "password pr")
	}},
	{"86 groups are found by a member", func(p *probe) {
		user := p.person("a")
		id := p.team("g", user)
		p.team("other")
		for _, filter := range []string{`members[value eq "` + user + `"]`, `members.value eq "` + user + `"`, `members eq "` + user + `"`, `id eq "` + id + `" and members eq "` + user + `"`} {
			p.finds("/Groups?excludedAttributes=members&filter="+filter, "g")
		}
		p.finds(`/Groups?filter=id eq "` + id + `" and members eq "` + id + `"`)
	}},
	{"87 a value may go without quotes, but not with single ones", func(p *probe) {
		p.people()
		p.finds(`/Users?filter=userName eq carol`, carol)
		refused(p, "userName eq 'carol'", "userName eq carol dan")
	}},
	{"88 a filter without measure is refused at once", func(p *probe) {
		quick(p, "a filter of 10,000 terms", func() {
			filter := `userName eq \"x\"` + strings.Repeat(` or userName eq \"x\"`, 9_999)
			p.ask("POST /Users/.search", `{"schemas":["{{search}}"],"filter":"`+filter+`"}`, 400)
		})
		quick(p, "a filter of 5,000 parentheses", func() {
			refused(p, strings.Repeat("(", 5_000)+"title pr"+strings.Repeat(")", 5_000))
		})
	}},
	filtered("89 a filter is never part of a statement", hits{
		`userName eq "x' OR 1=1 --"`: {}, `userName eq "x\" or title pr or userName eq \""`: {}, `title co "'; DROP TABLE user_records; --"`: {}}),
	{"90 a filter is read in every encoding of a URL", func(p *probe) {
		p.person("a+b@x")
		p.person("c", `"emails":[{"value":"v","type":"work"}]`)
		for _, query := range []string{"userName+eq+%22a%2Bb@x%22", "userName%20eq%20%22a%2Bb%40x%22", "userName%20eq%20\"a%2Bb@x\""} {
			p.finds("/Users?filter="+query, "a+b@x")
		}
		p.finds("/Users?filter=emails%5Btype+eq+%22work%22%5D", "c")
		p.finds("/Users?filter=userName+eq+%22a+b@x%22")
	}},
}
