// Package scim is the SCIM 2.0 resource model: what a request body says, what a patch does
// to a document, and how a resource looks on the wire (RFC 7643, 7644, 9865).
//
// The way of a request through it:
//
//	bytes → Decode → (dialect.Rewrite) → ParseUser, ParseGroup, ParsePatch → Document
//	Document → JSON (stored), SearchJSON (what filters see) → Renderer → bytes
//
// The attribute table (table.go and its neighbours) is the one source of validation,
// discovery, projection and filters: nothing else in Muster knows an attribute by name unless
// it means that attribute.
//
// The package is pure: no clock, no context, no I/O, no global state but compiled tables. It
// may not know connectors, tenants, storage or HTTP. Laws it keeps, each with a test:
//
//   - Decode never panics and never accepts what two readers could read differently.
//   - ParseDocument(d.JSON()) equals d, and d.JSON() is the same for equal documents.
//   - Patch.Apply never changes the document it is given, and does all or nothing.
//   - A resource read and sent back unchanged is no change (Equal).
package scim
