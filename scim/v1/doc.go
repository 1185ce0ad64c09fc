// Package v1 is SCIM 1.1 at the border: it turns what a 1.1 client says into SCIM 2.0, which is
// all that the rest of Muster knows, and what it is answered back into 1.1.
//
//	body of a PATCH → Patch → operations of 2.0 → scim.ParsePatch
//	scim.Resource → Renderer → resource, list of 1.1
//	scim.Error → Error; scim.BulkResult → BulkResponse
//
// Bodies of POST and PUT need no translation: package scim reads the URNs and names of 1.1 where
// those of 2.0 may stand, on every address.
//
// The package is pure. It may not know connectors, tenants, storage or HTTP. Laws it keeps, each
// with a test:
//
//   - Nothing it writes names a schema of SCIM 2.0.
//   - Members of a group are written as they come; memory does not grow with their number.
//   - A resource that was read and is sent back unchanged is no change.
package v1

// Schema URNs of SCIM 1.1. Core is that of users, groups, lists and configurations alike.
const (
	Core       = "urn:scim:schemas:core:1.0"
	Enterprise = "urn:scim:schemas:extension:enterprise:1.0"
)
