package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/muster-scim/muster/tenants/administrators"
	"github.com/muster-scim/muster/tenants/administrators/oidc"
)

// checkOIDC refuses half a provider, and roles that say nothing.
func (s *settings) checkOIDC() error {
	if s.OIDCIssuer == "" {
		if s.OIDCClientID != "" || s.OIDCClientSecret != "" || s.OIDCRoleClaim != "" || s.OIDCRoles != "" {
			return errors.New("MUSTER_OIDC_ISSUER is not set, and other variables of MUSTER_OIDC are; set it to the provider's address, or unset them")
		}
		return nil
	}
	if err := oidc.CheckIssuer(s.OIDCIssuer); err != nil {
		return fmt.Errorf("MUSTER_OIDC_ISSUER: %w", err)
	}
	if s.OIDCClientID == "" {
		return errors.New("MUSTER_OIDC_CLIENT_ID is not set; it is what the provider calls this application")
	}
	_, err := s.oidcRoles()
	return err
}

// oidcRoles reads which value of the role claim means which role. Without any each role means
// itself.
func (s *settings) oidcRoles() (map[string]administrators.Role, error) {
	roles := map[string]administrators.Role{}
	if s.OIDCRoles == "" {
		for _, role := range administrators.Roles {
			roles[string(role)] = role
		}
		return roles, nil
	}
	if s.OIDCRoleClaim == "" {
		return nil, errors.New("MUSTER_OIDC_ROLES needs MUSTER_OIDC_ROLE_CLAIM: the claim that holds its values")
	}
	for pair := range strings.SplitSeq(s.OIDCRoles, ",") {
		value, name, _ := strings.Cut(pair, "=")
		value, role := strings.TrimSpace(value), administrators.Role(strings.TrimSpace(name))
		if value == "" || !role.AtLeast(administrators.Viewer) {
			return nil, fmt.Errorf("MUSTER_OIDC_ROLES: %q says no role; write value=role with owner, ruleEditor, operator or viewer, such as muster-admins=owner,helpdesk=operator", strings.TrimSpace(pair))
		}
		roles[value] = role
	}
	return roles, nil
}
