// Package directory is the meeting place: records in, users out. It keeps what every IdP said
// (records), asks policy.Decide what that means, and makes the shared directory agree
// (settling), in one transaction with the change that asked for it. It also links records to
// people, explains why somebody is in a group, and serves the administrators' changes.
//
// It knows no HTTP and no SQL: it defines the Store it needs. The clock is passed in.
//
// What it keeps true:
//   - A connector's requests read and write that connector's records alone.
//   - Only settling writes users, groups and memberships for records; it settles only the
//     people a change touches, and what would touch more than a few hundred is queued in the
//     same transaction.
//   - Every acknowledged change has its event in the same transaction.
//   - Locks are taken in one order: directory, keys, group record, user record, users. Where what
//     was read asks for more (a newcomer's candidates, the holder of a name), they come later and
//     out of order: the database ends a circle, and the transaction runs again.
//   - A transaction settles a person once, and never on what it has decided and not yet written:
//     whom that concerns goes back to the queue.
//   - Nothing of a connector that is not live moves anything.
//   - An administrator's decision stands until another one; a conflict shows what is so now.
package directory
