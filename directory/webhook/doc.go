// Package webhook tells other programs what changes in the directory: it signs messages by the
// Standard Webhooks scheme, sends them to addresses that administrators gave, and goes on until
// they are taken.
//
//	events ──cursor──► deliveries (pending) ──send──► delivered
//	                        ▲        │ not taken
//	                        └─later──┘ … failed after ten attempts that others got through
//
// What it keeps true:
//   - An event that a webhook wants is delivered at least once, also when processes are killed: the
//     cursor moves in the transaction that makes the deliveries, and a delivery ends in the one that
//     writes down its answer.
//   - What concerns one user is delivered in the order in which it happened.
//   - Only public addresses are connected to, but for networks that the deployment names, and what
//     counts is the address that is dialled, not the name.
//   - A message holds no secret, and of people no more than ids and the userName.
//
// It knows no SQL and no HTTP server: storage/sql has its Store, web serves its Registry.
package webhook
