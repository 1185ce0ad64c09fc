// Package gateway is SCIM over HTTP for connectors, on gin: 2.0 at /scim/{connector}/v2/… and 1.1
// at /scim/{connector}/v1/…. All in which the versions differ is in wire.go.
//
// A request goes one way, and nothing below starts before what is above it has passed:
//
//	path guard → credential → mode → route → read-only? → media type, size → Decode, 1.1, dialect
//	→ parse (scim) → one directory.Records call → answer
//
// Beside that way stands the token endpoint of OAuth clients, /scim/{connector}/oauth/token, whose
// form holds the credential (oauth.go).
//
// Once a request is answered, what administrators may read of it is handed to Activities, which
// words, masks and writes it beside the requests (activity.go).
//
// The package knows HTTP and the shape of SCIM's answers. It may not know a database, a rule or
// a vendor: what a body means is scim's, what SCIM 1.1 says in another way is scim/v1's, what an
// IdP bends is scim/dialect's, who calls is tenants', and what becomes of it is directory's.
//
// Laws it keeps, each with a test:
//
//   - Every path under /scim, known or not, refuses before it looks at anything but the
//     credential; the refusal of an unknown connector, a wrong token and another connector's
//     token is the same bytes.
//   - The credential's connector is the only one that a request can reach.
//   - Every 4xx and 5xx has an error body of the address's version, and nothing of the inside in it.
//   - Addresses in answers come from the public URL, never from the Host header.
package gateway
