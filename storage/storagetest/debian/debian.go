// Package debian installs the servers that tests run against, where the machine is a Debian (or
// Ubuntu) of one's own: CI, a container, a throw-away machine. A package's service is not started.
package debian

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Can says whether Install may install something here: as root, where apt-get is.
func Can() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Getuid() == 0
}

// Install installs packages from the distribution, without what they merely recommend.
func Install(packages ...string) error {
	const policy = "/usr/sbin/policy-rc.d" // what Debian asks before it starts a service
	if _, err := os.Stat(policy); os.IsNotExist(err) {
		if err := os.WriteFile(policy, []byte("#!/bin/sh\nexit 101\n"), 0o755); err != nil {
			return err
		}
		defer os.Remove(policy)
	}
	for _, arguments := range []string{
		"update -q",
		"install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold " + strings.Join(packages, " "),
	} {
		cmd := exec.Command("apt-get", strings.Fields(arguments)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", arguments, err, out)
		}
	}
	return nil
}
