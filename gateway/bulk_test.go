package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// bulk sends operations and returns their results.
func (s *server) bulk(failOnErrors int, operations ...string) []map[string]any {
	s.t.Helper()
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":%d,"Operations":[%s]}`,
		failOnErrors, strings.Join(operations, ","))
	response := s.do("POST", "/Bulk", body).wantStatus(s.t, 200).object(s.t)
	if fmt.Sprint(response["schemas"]) != "[urn:ietf:params:scim:api:messages:2.0:BulkResponse]" {
		s.t.Errorf("schemas of a Bulk answer: %v", response["schemas"])
	}
	var results []map[string]any
	for _, r := range response["Operations"].([]any) {
		results = append(results, r.(map[string]any))
	}
	return results
}

func statuses(results []map[string]any) string {
	var list []string
	for _, r := range results {
		list = append(list, r["status"].(string))
	}
	return strings.Join(list, " ")
}

func post(path, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, path, bulkID, data)
}

func TestBulkAnswersEveryOperation(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id, missing := s.newUser("lee"), uuid.Must(uuid.NewV7()).String()
	results := s.bulk(0,
		post("/Users", "a", `{"userName":"kim","emails":[{"value":"kim@example.com","type":"work"}]}`),
		post("/Users", "b", `{"userName":"kim"}`),
		fmt.Sprintf(`{"method":"patch","path":"/users/%s","version":"W/\"1\"","data":{"Operations":[{"op":"replace","path":"title","value":"x"}]}}`, id),
		fmt.Sprintf(`{"method":"PUT","path":"Users/%s","version":"W/\"1\"","data":{"userName":"lee2"}}`, id),
		fmt.Sprintf(`{"method":"DELETE","path":"/Personen/%s"}`, id),
		fmt.Sprintf(`{"method":"DELETE","path":"/Users/%s"}`, missing),
	)
	if got, want := statuses(results), "201 409 200 412 204 404"; got != want {
		t.Fatalf("statuses are %s, want %s\n%v", got, want, results)
	}
	base := "https://scim.example/scim/acme/v2/Users/"
	for i, want := range []struct{ method, bulkID, location string }{
		{"POST", "a", base}, {"POST", "b", ""}, {"PATCH", "", base + id}, {"PUT", "", base + id}, {"DELETE", "", base + id}, {"DELETE", "", base + missing},
	} {
		r := results[i]
		location, _ := r["location"].(string)
		bulkID, _ := r["bulkId"].(string)
		if r["method"] != want.method || bulkID != want.bulkID || !strings.HasPrefix(location, want.location) || (location == "") != (want.location == "") {
			t.Errorf("result %d is %v, want %+v", i, r, want)
		}
		response, failed := r["response"].(map[string]any)
		if status := r["status"].(string); failed != (status >= "400") || failed && response["status"] != status {
			t.Errorf("result %d has the response %v", i, response)
		}
	}
	if results[2]["version"] != `W/"2"` {
		t.Errorf("the version after a change is %v", results[2]["version"])
	}
}

func TestBulkStopsAfterTheErrorsItIsAllowed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	results := s.bulk(2,
		post("/Users", "a", `{"userName":"kim"}`),
		post("/Users", "b", `{"userName":"kim"}`),
		post("/Users", "c", `{"userName":"lee"}`),
		post("/Users", "d", `{"userName":"lee"}`),
		post("/Users", "e", `{"userName":"max"}`),
	)
	if got := statuses(results); got != "201 409 201 409" {
		t.Errorf("statuses are %s", got)
	}
	if len(s.records.users) != 2 {
		t.Errorf("%d users were made, want those before the second error", len(s.records.users))
	}
}

func TestBulkResolvesReferencesForwardsAndBackwards(t *testing.T) {
	t.Parallel()
	s := serve(t)
	results := s.bulk(0,
		post("/Groups", "g", `{"displayName":"staff","members":[{"value":"bulkId:u"},{"value":"bulkId:v"}]}`),
		post("/Users", "u", `{"userName":"kim"}`),
		post("/Users", "v", `{"userName":"lee","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"bulkId:u"}}}`),
		`{"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[{"op":"add","path":"title","value":"boss"}]}}`,
	)
	if got := statuses(results); got != "201 201 201 200" {
		t.Fatalf("statuses are %s\n%v", got, results)
	}
	id := func(i int) string {
		location := results[i]["location"].(string)
		return location[strings.LastIndex(location, "/")+1:]
	}
	members := s.records.groups[uuid.MustParse(id(0))].members
	if fmt.Sprint(members) != fmt.Sprint([]string{id(1), id(2)}) {
		t.Errorf("members are %v, want %s and %s", members, id(1), id(2))
	}
	if manager := s.do("GET", "/Users/"+id(2), "").text; !strings.Contains(manager, `"value":"`+id(1)+`"`) {
		t.Errorf("the manager was not resolved: %s", manager)
	}
	if results[3]["location"] != results[1]["location"] {
		t.Errorf("a path with a bulkId led to %v", results[3]["location"])
	}
}

func TestBulkRefusesWhatCannotBeResolved(t *testing.T) {
	t.Parallel()
	s := serve(t)
	results := s.bulk(0,
		post("/Groups", "a", `{"displayName":"a","members":[{"value":"bulkId:b"}]}`),
		post("/Groups", "b", `{"displayName":"b","members":[{"value":"bulkId:a"}]}`),
		post("/Groups", "c", `{"displayName":"c","members":[{"value":"bulkId:c"}]}`),
		post("/Groups", "d", `{"displayName":"d","members":[{"value":"bulkId:nowhere"}]}`),
		post("/Users", "e", `{}`),
		post("/Groups", "f", `{"displayName":"f","members":[{"value":"bulkId:e"}]}`),
		post("/Groups", "g", `{"displayName":"g"}`),
	)
	if got := statuses(results); got != "409 409 409 400 400 409 201" {
		t.Errorf("statuses are %s\n%v", got, results)
	}
	if len(s.records.groups) != 1 {
		t.Errorf("%d groups were made, want the one that refers to nothing", len(s.records.groups))
	}
}

func TestBulkReachesNothingButTheConnectorsUsersAndGroups(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	results := s.bulk(0,
		post("/Bulk", "a", `{}`),
		post("/Schemas", "b", `{}`),
		post("/Users/.search", "c", `{}`),
		post("/Me", "d", `{}`),
		fmt.Sprintf(`{"method":"DELETE","path":"/../../../scim/acme/v2/Users/%s"}`, id),
		fmt.Sprintf(`{"method":"DELETE","path":"/scim/acme/v2/Users/%s"}`, id),
		fmt.Sprintf(`{"method":"DELETE","path":"https://scim.example/scim/acme/v2/Users/%s"}`, id),
		fmt.Sprintf(`{"method":"DELETE","path":"/Users/%s?x"}`, id),
		fmt.Sprintf(`{"method":"GET","path":"/Users/%s"}`, id),
		`{"method":"DELETE","path":"/Users"}`,
		`{"method":"DELETE","path":"/Users/%25"}`,
		`{"path":"/Users"}`,
	)
	for i, r := range results {
		if status := r["status"].(string); status < "400" || status >= "502" || status == "500" {
			t.Errorf("operation %d was answered %v", i, r)
		}
	}
	s.do("GET", "/Users/"+id, "").wantStatus(t, 200)

	s.bulk(0, fmt.Sprintf(`{"method":"DELETE","path":"/Users/%s"}`, id))
	other := s.do("POST", "/scim/other/v2/Bulk", fmt.Sprintf(`{"Operations":[{"method":"DELETE","path":"/Users/%s"}]}`, s.newUser("lee")), as(other)...)
	if !strings.Contains(other.text, `"status":"404"`) {
		t.Errorf("another connector's Bulk request is answered %s", other.text)
	}
}

func TestBulkIsBounded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	operation := post("/Users", "x", `{"userName":"x"}`)
	many := strings.Repeat(operation+",", 1000) + operation
	s.do("POST", "/Bulk", `{"Operations":[`+many+`]}`).wantError(t, "", 413)
	if len(s.records.users) != 0 {
		t.Error("a Bulk request that is refused made something")
	}
	s.do("POST", "/Bulk", `{"Operations":7}`).wantError(t, "invalidSyntax", 400)
}
