// Package cluster runs Muster on one machine the way docker-compose.yml runs it in production:
// replicas of the program behind HAProxy, on PostgreSQL, perhaps with a synchronous stand-by, and
// Redis. The proxy's configuration, PostgreSQL's, Redis's and the scripts that make secrets,
// roles and the stand-by are the files of deploy/ themselves, so what runs here is what is shipped.
//
//	         proxy                  HAProxy, asks each replica's /readyz
//	        /     \
//	replica 0     replica 1         bin/muster serve
//	   |    \     /    |
//	   |     redis     |            a cache, nothing on disk
//	    \             /
//	     postgres --- standby       streams; with Options.Standby each commit waits for it
//
// Every part can be killed, stopped, frozen and started again by itself, at the same address and
// with the same data. Everything listens on 127.0.0.1 or on sockets in the cluster's directory.
// However the process that started a cluster ends, the cluster ends with it.
//
// It is for tests, and for trying things (make cluster). It knows nothing of the program but what
// its users know: commands, environment variables, HTTP. It needs Linux, as it ends process trees.
package cluster
