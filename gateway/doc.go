// Package gateway is SCIM 2.0 over HTTP for connectors: /scim/{connector}/v2/… on gin.
//
// A request goes one way, and nothing below starts before what is above it has passed:
//
//	path guard → credential → mode → route → read-only? → media type, size → Decode, dialect
//	→ parse (scim) → one directory.Records call → answer
//
// The package knows HTTP and the shape of SCIM's answers. It may not know a database, a rule or
// a vendor: what a body means is scim's, what an IdP bends is scim/dialect's, who calls is
// tenants', and what becomes of it is directory's.
//
// Laws it keeps, each with a test:
//
//   - Every path under /scim, known or not, refuses before it looks at anything but the
//     credential; the refusal of an unknown connector, a wrong token and another connector's
//     token is the same bytes.
//   - The credential's connector is the only one that a request can reach.
//   - Every 4xx and 5xx has a SCIM error body, and nothing of the inside in it.
//   - Addresses in answers come from the public URL, never from the Host header.
package gateway
