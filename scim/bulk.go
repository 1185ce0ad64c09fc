package scim

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Limits of a bulk request, as ServiceProviderConfig says them.
const (
	MaxBulkOperations = 1_000
	MaxBulkPayload    = 8 << 20
)

// BulkRequestSchema and BulkResponseSchema are the URNs of the bodies of /Bulk.
const (
	BulkRequestSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkResponseSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// BulkOperation is one operation of a bulk request (RFC 7644 3.7).
type BulkOperation struct {
	Method  string // in capitals
	Path    string // as sent
	Segment string // the resource type's part of Path: Users
	ID      string // of the resource; "" for POST; may be bulkId:…
	BulkID  string
	Version string
	Data    map[string]any
	// Err is what is wrong with this operation alone; the others still run.
	Err *Error
}

// ParseBulk reads the body of POST /Bulk, decoded with BulkBodyLimits. failOnErrors is 0 when
// the client wants all operations tried. Data is not yet rewritten or parsed.
func ParseBulk(raw map[string]any) (operations []BulkOperation, failOnErrors int, err error) {
	if v, ok := field(raw, "failOnErrors"); ok && v != nil {
		n, isNumber := v.(json.Number)
		if failOnErrors, err = strconv.Atoi(string(n)); !isNumber || err != nil || failOnErrors < 0 {
			return nil, 0, InvalidValue("failOnErrors must be a whole number")
		}
	}
	v, ok := field(raw, "Operations")
	list, isList := objects(v)
	switch {
	case !ok || !isList:
		return nil, 0, InvalidSyntax("Operations must be an array of objects")
	case len(list) > MaxBulkOperations:
		return nil, 0, NewError(413, "the request has more than %d operations", MaxBulkOperations)
	}
	seen := make(map[string]bool, len(list))
	operations = make([]BulkOperation, len(list))
	for i, object := range list {
		op := bulkOperation(object)
		if op.BulkID != "" {
			if seen[op.BulkID] && op.Err == nil {
				op.Err = InvalidValue("the bulkId %s is used twice", shown(op.BulkID))
			}
			seen[op.BulkID] = true
		}
		operations[i] = op
	}
	return operations, failOnErrors, nil
}

func bulkOperation(object map[string]any) BulkOperation {
	var op BulkOperation
	for name, target := range map[string]*string{"method": &op.Method, "path": &op.Path, "bulkId": &op.BulkID, "version": &op.Version} {
		v, _ := field(object, name)
		s, ok := v.(string)
		if v != nil && !ok {
			op.Err = InvalidSyntax("%s must be a string", name)
		}
		*target = s
	}
	if op.Err != nil {
		return op
	}
	op.Method = strings.ToUpper(op.Method)
	data, _ := field(object, "data")
	op.Data, _ = data.(map[string]any)
	op.Err = op.check()
	return op
}

func (op *BulkOperation) check() *Error {
	path := strings.Trim(op.Path, "/")
	var more bool
	op.Segment, op.ID, more = strings.Cut(path, "/")
	switch op.Method {
	case "POST":
		switch {
		case more || op.Segment == "":
			return InvalidPath("the path of a POST must be a resource type, not %s", shown(op.Path))
		case op.BulkID == "":
			return InvalidSyntax("a POST needs a bulkId")
		}
	case "PUT", "PATCH", "DELETE":
		if op.ID == "" || strings.Contains(op.ID, "/") {
			return InvalidPath("the path of a %s must be a resource, not %s", op.Method, shown(op.Path))
		}
	default:
		return InvalidSyntax("method must be POST, PUT, PATCH or DELETE")
	}
	if op.Data == nil && op.Method != "DELETE" {
		return InvalidSyntax("a %s needs data, which is an object", op.Method)
	}
	return nil
}

// BulkResult is the answer to one operation.
type BulkResult struct {
	Method, BulkID, Location, Version string
	Status                            int
	Err                               *Error // of an operation that failed; else nil
}

// BulkResponse is the body of the answer to /Bulk (RFC 7644 3.7): status is a string there.
func BulkResponse(results []BulkResult) []byte {
	b := append(make([]byte, 0, 64+256*len(results)), `{"schemas":["`+BulkResponseSchema+`"],"Operations":[`...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"method":`...), r.Method)
		for _, f := range [...]struct{ name, value string }{
			{"bulkId", r.BulkID}, {"location", r.Location}, {"version", r.Version},
		} {
			if f.value != "" {
				b = appendString(append(appendName(append(b, ','), f.name), ':'), f.value)
			}
		}
		b = append(strconv.AppendInt(append(b, `,"status":"`...), int64(r.Status), 10), '"')
		if r.Err != nil {
			b = append(append(b, `,"response":`...), r.Err.JSON()...)
		}
		b = append(b, '}')
	}
	return append(b, ']', '}')
}
