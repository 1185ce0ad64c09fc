package web

import (
	"context"
	"testing"

	"github.com/muster-scim/muster/tenants/administrators"
)

func TestOnlyOwnersSeeThePathOfAWebhook(t *testing.T) {
	t.Parallel()
	for address, viewed := range map[string]string{
		"https://hooks.example.com/services/T0/s3cret": "https://hooks.example.com/…",
		"https://hooks.example.com:8443?token=s3cret":  "https://hooks.example.com:8443/…",
		"https://receiver.example.com/":                "https://receiver.example.com/",
		"https://receiver.example.com":                 "https://receiver.example.com",
	} {
		for _, role := range administrators.Roles {
			want := viewed
			if role == administrators.Owner {
				want = address
			}
			ctx := context.WithValue(t.Context(), callerKey{}, administrators.Caller{Role: role})
			if got := shownAddress(ctx, address); got != want {
				t.Errorf("%s sees %s, want %s", role, got, want)
			}
		}
	}
}
