// Command install sees to it that PostgreSQL, Redis and HAProxy are there for a cluster, curl and jq
// for the docs, as cluster.Install does, or says what to install.
package main

import (
	"fmt"
	"os"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

func main() {
	if err := cluster.Install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
