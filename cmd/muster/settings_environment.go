package main

import (
	"fmt"

	"github.com/muster-scim/muster/web"
)

// checkEnvironment reads what this deployment is called.
func (s *settings) checkEnvironment() (err error) {
	if s.environment, err = web.ParseEnvironment(s.EnvironmentLabel); err != nil {
		return fmt.Errorf("MUSTER_ENVIRONMENT_LABEL: %w", err)
	}
	return nil
}
