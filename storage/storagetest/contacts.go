package storagetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

func contactsAddUp(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	credentials, err := w.Credentials(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Microsecond).UTC()
	heard := tenants.Contact{
		Heard: tenants.Heard{Slug: "a", Version: "2.0", Method: "GET", Route: "/Users", Status: 200, Credential: credentials[0].ID, Agent: "Okta"},
		Count: 2, First: now.Add(-time.Hour), Last: now,
	}
	earlier := heard
	earlier.First, earlier.Last, earlier.Agent = now.Add(-2*time.Hour), now.Add(-time.Minute), "Entra"
	w.keep(t, heard)
	w.keep(t, earlier) // of another replica
	want := heard
	want.Count, want.CredentialName, want.Agent = 4, credentials[0].Name, "Entra"
	if got := w.contacts(t, "a"); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	var many []tenants.Contact
	for i := range 120 {
		many = append(many, tenants.Contact{Heard: tenants.Heard{Slug: "a", Diagnosis: tenants.WrongToken, Hint: strconv.Itoa(i), Status: 401},
			Count: 1, First: now, Last: now.Add(time.Duration(i) * time.Second)})
	}
	w.keep(t, many...)
	got := w.contacts(t, "a")
	if len(got) != 51 || got[0].Hint != "119" || got[49].Hint != "70" || got[50].Diagnosis != "" {
		t.Errorf("%d lines are kept of 121, the first %+v", len(got), got[0])
	}
}

func contactsStayApart(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	w.connector(t, "acme", "b")
	now := time.Now()
	for _, slug := range []string{"a", "b", "nobody"} {
		w.keep(t, tenants.Contact{Heard: tenants.Heard{Slug: slug, Method: "GET", Credential: uuid.New()}, Count: 1, First: now, Last: now})
	}
	if a, b := w.contacts(t, "a"), w.contacts(t, "b"); len(a) != 1 || len(b) != 1 || a[0].Credential == b[0].Credential || a[0].CredentialName != "" {
		t.Errorf("of a: %+v, of b: %+v", a, b)
	}
	if err := w.DeleteConnector(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	_, err := w.Contacts(t.Context(), "a")
	wants(t, "contacts of a deleted connector", err, tenants.ErrUnknown)
	w.connector(t, "acme", "a")
	if left := w.contacts(t, "a"); len(left) != 0 {
		t.Errorf("a new connector of the same slug has %+v", left)
	}
}

func (w tenantsWorld) keep(t *testing.T, heard ...tenants.Contact) {
	t.Helper()
	if err := w.KeepContacts(t.Context(), heard); err != nil {
		t.Fatal(err)
	}
}

func (w tenantsWorld) contacts(t *testing.T, slug string) []tenants.Contact {
	t.Helper()
	all, err := w.Contacts(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].First, all[i].Last = all[i].First.UTC(), all[i].Last.UTC()
	}
	return all
}
