package tenants

import (
	"fmt"
	"time"
)

// CredentialState says what a credential's expiry means now.
type CredentialState string

const (
	CredentialValid       CredentialState = "valid"
	CredentialExpiresSoon CredentialState = "expiresSoon" // within 30 days
	CredentialExpired     CredentialState = "expired"
)

// soon is how long before its end a credential is said to expire.
const soon = 30 * 24 * time.Hour

// State says what the credential's expiry means now.
func (c Credential) State(now time.Time) CredentialState {
	switch {
	case c.ExpiresAt.IsZero() || c.ExpiresAt.Sub(now) > soon:
		return CredentialValid
	case now.Before(c.ExpiresAt):
		return CredentialExpiresSoon
	}
	return CredentialExpired
}

// Warning is a sentence for whoever looks after the connector; "" while there is nothing to do.
// It says how much time is left in the steps in which that becomes urgent.
func (c Credential) Warning(now time.Time) string {
	const day = 24 * time.Hour
	left := c.ExpiresAt.Sub(now)
	when := ""
	switch state := c.State(now); {
	case state == CredentialValid:
		return ""
	case state == CredentialExpired:
		return "It has expired, and requests with it are refused: make a new one and give it to the IdP."
	case left <= day:
		when = "within a day"
	case left <= 7*day:
		when = "within 7 days"
	default:
		when = fmt.Sprintf("in %d days", int(left/day))
	}
	return "It expires " + when + ": make a new one beside it, give it to the IdP, and delete this one once it is no longer used."
}

// Urgent says whether a credential has expired or will within a week.
func (c Credential) Urgent(now time.Time) bool {
	return !c.ExpiresAt.IsZero() && c.ExpiresAt.Sub(now) <= 7*24*time.Hour
}

// Expiring is a credential that somebody has to be told of, and its connector.
type Expiring struct {
	Credential Credential
	Connector  string // its slug
}

// What Store.ClaimExpiring takes for granted: of an end that long ahead, or that long past, is
// told once in so much time. A little less than a day, so that a daily look always finds it due.
const (
	WarnAhead = soon
	WarnPast  = 24 * time.Hour
	WarnEvery = 23 * time.Hour
)
