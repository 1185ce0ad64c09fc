// Package redis is the tenants.Gate of several processes: what one of them looked up, counted or
// forgot, all of them know. One request is at most one command, a script over keys of one connector:
//
//	muster:<deployment>:{slug}:epoch      changes whenever the connector is to be forgotten
//	muster:<deployment>:{slug}:turns      its state of tenants.Rate.Take
//	muster:<deployment>:{slug}:e5:<hash>  what the database said about one credential
//	muster:<deployment>:{slug}:f:<hash>   failed authentications of one address
//
// Redis is never the truth. It may be emptied, lost, slow or somebody else's at any time:
//
//   - What it holds of a credential is sealed with the deployment's key, for that very name, and
//     at most ten seconds old by this process's clock; what is not so was never there. Neither a
//     token, nor its hash, nor the text that it is found by is ever sent to it.
//   - A limit is counted by Redis but judged here, by the rate that was sealed.
//   - A call that fails or takes longer than its time is answered by the database, and after a
//     few of those in a row nobody asks Redis until it is well again: then the gate of this
//     process answers alone.
package redis
