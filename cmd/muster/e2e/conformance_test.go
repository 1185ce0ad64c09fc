package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// claim is one numbered line of a table in docs/conformance.md, and what shows that it holds.
// Its name begins with the number.
type claim struct {
	name  string
	holds func(p *probe)
}

// TestConformance asks the protocol's questions, line by line, of a connector that has nothing
// else to do. Every answer on the way is held against what has to be true of all answers.
func TestConformance(t *testing.T) {
	t.Parallel()
	probeAll(t, "2.0", slices.Concat(transportClaims, discoveryClaims, creationClaims, readingClaims, listClaims,
		filterClaims, replacementClaims, patchClaims, memberPatchClaims, groupClaims, versionClaims, cursorClaims))
}

// TestMustAccept sends the forms outside the RFC, or loosely specified by it, that identity
// providers are known to send.
func TestMustAccept(t *testing.T) {
	t.Parallel()
	probeAll(t, "2.0", slices.Concat(acceptedRequests, acceptedFilters, acceptedBodies, acceptedPatches, acceptedVersions))
}

// TestMustAcceptOverV1 sends those that do not belong to SCIM 2.0 alone over SCIM 1.1.
func TestMustAcceptOverV1(t *testing.T) {
	t.Parallel()
	probeAll(t, "1.1", slices.Concat(acceptedRequests, acceptedFilters, acceptedBodies, acceptedParts, acceptedVersions))
}

// probeAll puts claims to the test with connectors that are spoken to in a version of SCIM.
func probeAll(t *testing.T, version string, claims []claim) {
	var servers []*server
	for _, engine := range databases {
		servers = append(servers, startServer(t, engine))
	}
	for _, c := range claims {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range servers {
				t.Run(s.engine, func(t *testing.T) { c.holds(probeOf(t, s.lone(t, wanted{}).over(version))) })
			}
		})
	}
}

// probe is a fresh connector and what a test of it needs to be short.
type probe struct {
	connector
	t      *testing.T
	values map[string]string // for {{name}} in requests and expectations
	header http.Header       // sent with every request
}

func newProbe(t *testing.T, s *server) *probe {
	t.Helper()
	return probeOf(t, s.lone(t, wanted{}))
}

func probeOf(t *testing.T, c connector) *probe {
	p := &probe{connector: c, t: t, values: map[string]string{
		"user": userSchema, "group": groupSchema, "enterprise": enterpriseSchema, "base": c.URL + c.root(), "managerId": "value",
		"search": "urn:ietf:params:scim:api:messages:2.0:SearchRequest",
		"bulk":   "urn:ietf:params:scim:api:messages:2.0:BulkRequest",
	}, header: http.Header{"Authorization": {"Bearer " + c.Token}, "Content-Type": {"application/scim+json"}}}
	if c.version == "1.1" {
		for _, name := range []string{"user", "group", "bulk"} {
			p.values[name] = oldCore
		}
		p.values["enterprise"], p.values["managerId"] = oldEnterprise, "managerId"
		p.header.Set("Content-Type", "application/json")
	}
	return p
}

// strict is the same connector, which from now on takes the RFC by its letter.
func (p *probe) strict() *probe {
	p.t.Helper()
	p.adminOK(p.t, "PATCH", "/connectors/"+p.Slug, map[string]any{"strict": true})
	return p
}

// with is a probe that sends a header, or with an empty value does not.
func (p *probe) with(name, value string) *probe {
	q := *p
	q.header = p.header.Clone()
	if q.header.Del(name); value != "" {
		q.header.Set(name, value)
	}
	return &q
}

// inURL writes what a URL must not hold as such; a + or % stays what it is.
var inURL = strings.NewReplacer(" ", "%20", `"`, "%22", `\`, "%5C", "é", "%C3%A9", "<", "%3C", ">", "%3E")

// ask sends "METHOD /path" below the base URL, with a body unless it is "", and looks at the
// answer: its status, and checks of the form "path JSON" as in the transcripts, where JSON is a
// value, matchers, or the word absent.
func (p *probe) ask(line, body string, status int, checks ...string) response {
	p.t.Helper()
	method, path, _ := strings.Cut(fill(p.t, line, p.values, asIs), " ")
	r := request{Method: method, Target: p.root() + inURL.Replace(path), Header: p.header.Clone()}
	if body != "" {
		r.Body = []byte(fill(p.t, body, p.values, inJSON))
	} else if method == "GET" || method == "DELETE" {
		r.Header.Del("Content-Type")
	}
	answer := p.must(p.t, r)
	problems := p.unsound(method, answer)
	if answer.Status != status {
		problems = append(problems, "status "+plainText(answer.Status)+", want "+plainText(status))
	} else {
		problems = append(problems, p.compare(answer, checks)...)
	}
	if len(problems) > 0 {
		p.t.Errorf("%s %s\n\t%s\n\tsent:   %s\n\tanswer: %d %s", method, path, strings.Join(problems, "\n\t"),
			excerpt(r.Body), answer.Status, excerpt(answer.Body))
	}
	return answer
}

func (p *probe) compare(answer response, checks []string) (problems []string) {
	p.t.Helper()
	if len(checks) == 0 {
		return nil
	}
	document, err := decodeJSON(answer.Body)
	if err != nil {
		return []string{"the body is no JSON: " + err.Error()}
	}
	for _, check := range checks {
		path, text, _ := strings.Cut(fill(p.t, check, p.values, asIs), " ")
		if path == "$.scimType" && p.version == "1.1" {
			continue // it has none
		}
		var want any = map[string]any{"$exists": false}
		if text != "absent" {
			if want, err = decodeJSON([]byte(text)); err != nil {
				p.t.Fatalf("the check %q has no JSON: %v", check, err)
			}
		}
		got, err := lookup(document, path)
		if err == nil {
			err = match(got, want)
		}
		if err != nil {
			problems = append(problems, path+": "+err.Error())
		}
	}
	return problems
}

// scimTypes are all that may stand in an Error (RFC 7644 table 9, RFC 9865 section 2.1).
var scimTypes = []any{"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath",
	"noTarget", "invalidValue", "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount"}

// unsound says what is wrong with an answer, whatever was asked.
func (p *probe) unsound(method string, answer response) (problems []string) {
	complain := func(wrong bool, problem string) {
		if wrong {
			problems = append(problems, problem)
		}
	}
	complain(answer.Status >= 500 && answer.Status != http.StatusNotImplemented, "a request made the server fail")
	if answer.Status == http.StatusNoContent || answer.Status == http.StatusNotModified || method == "HEAD" {
		complain(len(answer.Body) > 0, "there is a body where none may be")
		return problems
	}
	media := answer.Header.Get("Content-Type")
	old := p.version == "1.1"
	complain(media != "application/json" && (media != "application/scim+json" || old), "the media type is "+media)
	complain(old && strings.Contains(string(answer.Body), "urn:ietf:params:scim:"), "there is a URN of SCIM 2.0 in the answer")
	document, err := decodeJSON(answer.Body)
	if err != nil {
		return append(problems, "the body is no JSON")
	}
	complain(strings.Contains(string(answer.Body), `"password":"`), "there is a password in the answer")
	if answer.Status < 400 {
		complain(holdsNull(document), "there is a null in the answer")
		return problems
	}
	wanted := map[string]any{
		"$.schemas": []any{errorSchema}, "$.status": plainText(answer.Status),
		"$.detail": map[string]any{"$type": "string", "$ne": ""},
	}
	if old {
		wanted = map[string]any{
			"$.Errors": map[string]any{"$len": json.Number("1")}, "$.Errors[0].code": plainText(answer.Status),
			"$.Errors[0].description": map[string]any{"$type": "string", "$ne": ""}, "$.detail": map[string]any{"$type": "string", "$ne": ""},
			"$.schemas": map[string]any{"$exists": false}, "$.status": map[string]any{"$exists": false},
		}
	}
	for path, want := range wanted {
		got, _ := lookup(document, path)
		if err := match(got, want); err != nil {
			problems = append(problems, "of an Error, "+path+": "+err.Error())
		}
	}
	got, _ := lookup(document, "$.scimType")
	complain(got.present && !contains(scimTypes, got.value), "scimType is not one of the RFCs'")
	for _, inside := range []string{"SELECT ", "INSERT ", "SQLSTATE", "constraint", "goroutine", ".go:", "mst_"} {
		complain(strings.Contains(string(answer.Body), inside), "the error shows the inside: "+inside)
	}
	return problems
}

func holdsNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		for _, e := range v {
			if holdsNull(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	}
	return false
}

// person makes a user record of a name and further attributes, members of a JSON object, and
// returns its id.
func (p *probe) person(userName string, attributes ...string) string {
	p.t.Helper()
	more := ""
	for _, a := range attributes {
		more += "," + a
	}
	return p.ask("POST /Users", `{"schemas":["{{user}}"],"userName":`+show(userName)+more+`}`, 201).text(p.t, "$.id")
}

// team makes a group record.
func (p *probe) team(displayName string, members ...string) string {
	p.t.Helper()
	return p.ask("POST /Groups", `{"schemas":["{{group}}"],"displayName":`+show(displayName)+`,"members":`+memberList(members...)+`}`, 201).text(p.t, "$.id")
}

func memberList(ids ...string) string {
	list := []map[string]string{}
	for _, id := range ids {
		list = append(list, map[string]string{"value": id})
	}
	text, _ := json.Marshal(list)
	return string(text)
}

// set changes attributes of a record, members of a JSON object, by a PATCH of either version.
func (p *probe) set(path, attributes string, checks ...string) response {
	p.t.Helper()
	if p.version == "1.1" {
		return p.ask("PATCH "+path, `{"schemas":["`+oldCore+`"],`+attributes+`}`, 200, checks...)
	}
	return p.patch(path, `{"op":"replace","value":{`+attributes+`}}`, 200, checks...)
}

// patch sends operations, members of a JSON array.
func (p *probe) patch(path, operations string, status int, checks ...string) response {
	p.t.Helper()
	return p.ask("PATCH "+path, `{"schemas":["`+patchSchema+`"],"Operations":[`+operations+`]}`, status, checks...)
}

// finds expects exactly these userNames, or displayNames, in any order, behind a query.
func (p *probe) finds(query string, names ...string) {
	p.t.Helper()
	name := "userName"
	if strings.HasPrefix(query, "/Groups") {
		name = "displayName"
	}
	p.ask("GET "+query, "", 200, "$.Resources[*]."+name+` {"$set":`+listed(names)+`}`, "$.totalResults "+plainText(len(names)))
}

// lists expects exactly these userNames in this order.
func (p *probe) lists(query string, names ...string) {
	p.t.Helper()
	p.ask("GET "+query, "", 200, "$.Resources[*].userName "+listed(names))
}

func listed(names []string) string {
	if names == nil {
		names = []string{}
	}
	return show(names)
}

// unchanged expects that what a request does leaves everything as it was.
func (p *probe) unchanged(do func()) {
	p.t.Helper()
	read := func() (all string) {
		for _, path := range []string{"/Users", "/Groups"} {
			all += string(p.ask("GET "+path, "", 200).Body)
		}
		return all
	}
	before := read()
	do()
	if after := read(); after != before {
		p.t.Errorf("this had to change nothing\n\tfrom %s\n\tto   %s", excerpt([]byte(before)), excerpt([]byte(after)))
	}
}
