// Package e2e tests the program as its users meet it: the real binary, started with environment
// variables, spoken to over HTTP, stopped with signals, on SQLite and on PostgreSQL. It imports
// nothing of the product, so that it can fail only for what the outside can see.
//
//	TestTranscripts   the recorded conversations of identity providers, testdata/idp
//	TestBadInput      hostile and odd requests, testdata/badinput.json
//	TestConformance   the protocol, line by line, as docs/conformance.md numbers it
//	TestMustAccept    the forms outside the protocol that identity providers send
//	TestSeeds         what the first users asked for, as docs/seeds.md numbers it
//	TestRaces…        requests that run into each other
//	TestKill…         kill -9 in the middle of work, again and again
//	TestEveryReason…  each reason code through real requests, and its sentence read back
//	TestATrial…       requests that are tried first and sent then
//	TestDocs          every page of docs, its commands run and its samples compared
//	TestTenants…      what one tenant can do to another: nothing
//
// With MUSTER_E2E_URL and MUSTER_E2E_ADMIN_TOKEN they run against a server that is there, such as
// the proxy of a cluster (make cluster-test), as far as they need none of their own.
package e2e
