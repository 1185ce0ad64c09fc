package v1

import (
	"strconv"

	"github.com/muster-scim/muster/scim"
)

type failure struct {
	Errors []failureEntry `json:"Errors"`
	Detail string         `json:"detail"`
}

type failureEntry struct {
	Description string `json:"description"`
	Code        string `json:"code"`
}

// Error is the body of an answer that refuses (SCIM 1.1, 3.9). The detail at the top is SCIM
// 2.0's, which Okta's own test of 1.1 asks for.
func Error(e *scim.Error) []byte {
	return mustJSON(failure{Errors: []failureEntry{{e.Detail, strconv.Itoa(e.Status)}}, Detail: e.Detail})
}

type bulkResponse struct {
	Schemas    []string     `json:"schemas"`
	Operations []bulkAnswer `json:"Operations"`
}

type bulkAnswer struct {
	Location string     `json:"location,omitempty"`
	Method   string     `json:"method"`
	BulkID   string     `json:"bulkId,omitempty"`
	Version  string     `json:"version,omitempty"`
	Status   bulkStatus `json:"status"`
}

type bulkStatus struct {
	Code        string `json:"code"`
	Description string `json:"description,omitempty"`
}

// BulkResponse is the body of the answer to /Bulk, where the status of an operation is an object
// that says what was wrong with it.
func BulkResponse(results []scim.BulkResult) []byte {
	answer := bulkResponse{Schemas: []string{Core}, Operations: make([]bulkAnswer, len(results))}
	for i, r := range results {
		status := bulkStatus{Code: strconv.Itoa(r.Status)}
		if r.Err != nil {
			status.Description = r.Err.Detail
		}
		answer.Operations[i] = bulkAnswer{r.Location, r.Method, r.BulkID, r.Version, status}
	}
	return mustJSON(answer)
}
