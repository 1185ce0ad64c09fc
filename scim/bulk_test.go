package scim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBulkOperationsAreJudgedOneByOne(t *testing.T) {
	t.Parallel()
	operations, failOnErrors, err := ParseBulk(decode(t, `{"schemas":["`+BulkRequestSchema+`"],"failOnErrors":2,"Operations":[
		{"method":"post","path":"/Users","bulkId":"a","data":{"userName":"x"}},
		{"method":"PATCH","path":"/Groups/g","version":"W/\"1\"","data":{"Operations":[]}},
		{"method":"DELETE","path":"/Users/7"},
		{"method":"POST","path":"/Users","data":{}},
		{"method":"POST","path":"/Users","bulkId":"a","data":{}},
		{"method":"POST","path":"/Users/7","bulkId":"b","data":{}},
		{"method":"PUT","path":"/Users","data":{}},
		{"method":"PUT","path":"/Users/7"},
		{"method":"GET","path":"/Users/7"},
		{"method":7,"path":"/Users/7"},
		{}]}`))
	if err != nil || failOnErrors != 2 {
		t.Fatal(failOnErrors, err)
	}
	for i, op := range operations {
		if ok := op.Err == nil; ok != (i < 3) {
			t.Errorf("operation %d %s %s: %v", i, op.Method, op.Path, op.Err)
		}
	}
	if op := operations[1]; op.Segment != "Groups" || op.ID != "g" || op.Version != `W/"1"` {
		t.Errorf("%+v", op)
	}
}

func TestBulkRequestsThatAreRefusedWhole(t *testing.T) {
	t.Parallel()
	many := `{"Operations":[` + strings.Repeat(`{"method":"DELETE","path":"/Users/1"},`, 1000) + `{}]}`
	_, _, err := ParseBulk(decode(t, many))
	wantError(t, err, 413, "")
	for body, scimType := range map[string]string{
		`{}`: TypeInvalidSyntax, `{"Operations":7}`: TypeInvalidSyntax, `{"Operations":[7]}`: TypeInvalidSyntax,
		`{"Operations":[],"failOnErrors":"x"}`: TypeInvalidValue, `{"Operations":[],"failOnErrors":-1}`: TypeInvalidValue,
	} {
		_, _, err := ParseBulk(decode(t, body))
		wantError(t, err, 400, scimType)
	}
}

func TestBulkIDsAreResolvedForwardToo(t *testing.T) {
	t.Parallel()
	operations, _, err := ParseBulk(decode(t, `{"Operations":[
		{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"G","members":[{"value":"bulkId:u"},{"value":"bulkId:v","x":1}]}},
		{"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[{"op":"add","path":"manager","value":"bulkId:v"}]}},
		{"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"u"}},
		{"method":"POST","path":"/Users","bulkId":"v","data":{"userName":"v"}},
		{"method":"POST","path":"/Groups","bulkId":"c","data":{"members":[{"value":"bulkId:d"}]}},
		{"method":"POST","path":"/Groups","bulkId":"d","data":{"members":[{"value":"bulkId:c"}]}},
		{"method":"DELETE","path":"/Users/bulkId:nobody"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	order := BulkOrder(operations)
	if want := []int{2, 3, 6, 0, 1, 4, 5}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	ids := map[string]string{"u": "1", "v": "2"}
	for i, missing := range map[int]string{0: "[]", 1: "[]", 4: "[d]", 6: "[nobody]"} {
		if got := fmt.Sprint(operations[i].Resolve(ids)); got != missing {
			t.Errorf("operation %d lacks %s, want %s", i, got, missing)
		}
	}
	_, members, _, _, err := ParseGroup(operations[0].Data, Options{})
	if err != nil || !slices.Equal(members, []string{"1", "2"}) {
		t.Errorf("members %v, %v", members, err)
	}
	if operations[1].ID != "1" {
		t.Errorf("path leads to %s", operations[1].ID)
	}
}

func TestBulkResponse(t *testing.T) {
	t.Parallel()
	got := string(BulkResponse([]BulkResult{
		{Method: "POST", BulkID: "a", Location: "https://h/Users/7", Version: `W/"1"`, Status: 201},
		{Method: "DELETE", Status: 404, Err: NewError(404, "gone")},
	}))
	want := `{"schemas":["` + BulkResponseSchema + `"],"Operations":[{"method":"POST","bulkId":"a","location":"https://h/Users/7","version":"W/\"1\"","status":"201"},` +
		`{"method":"DELETE","status":"404","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"gone"}}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
