package sql

import (
	"context"
	"maps"
	"slices"

	"github.com/muster-scim/muster/tenants"
)

// Of each connector so many lines are kept, the newest: of what is wrong, where strangers decide
// how many there could be, and of the rest.
const (
	keptWrong = 50
	keptAsked = 500
)

// KeepContacts implements tenants.Store, in two round trips.
func (s *Store) KeepContacts(ctx context.Context, heard []tenants.Contact) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		slugs, err := t.existing(heard)
		if err != nil {
			return err
		}
		for _, c := range heard {
			if !slugs[c.Slug] {
				continue // strangers invent connectors
			}
			t.exec(nil, `insert into contacts (connector_id, diagnosis, version, method, route, status, credential_id, hint, last_agent, count, first_at, last_at)
				select id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? from connectors where slug = ?
				on conflict (connector_id, diagnosis, version, method, route, status, credential_id, hint) do update set
				count = contacts.count + excluded.count, last_agent = excluded.last_agent,
				last_at = case when contacts.last_at < excluded.last_at then excluded.last_at else contacts.last_at end`,
				string(c.Diagnosis), c.Version, c.Method, c.Route, c.Status, c.Credential, c.Hint, c.Agent, c.Count, micros(c.First), micros(c.Last), c.Slug)
		}
		for _, slug := range slices.Sorted(maps.Keys(slugs)) {
			t.forgetContacts(slug, "diagnosis <> ''", keptWrong)
			t.forgetContacts(slug, "diagnosis = ''", keptAsked)
		}
		return nil
	})
	return wrap(err, "writing how requests came")
}

// existing are the slugs that there are connectors of.
func (t *tx) existing(heard []tenants.Contact) (map[string]bool, error) {
	asked := map[string]bool{}
	for _, c := range heard {
		asked[c.Slug] = true
	}
	found := map[string]bool{}
	condition, slugs := t.oneOfText("slug", slices.Sorted(maps.Keys(asked)))
	t.query(func(r row) error {
		var slug string
		err := r.Scan(&slug)
		found[slug] = true
		return err
	}, "select slug from connectors where "+condition, slugs)
	return found, t.flush()
}

// forgetContacts drops all but the newest of a connector's contacts that meet a condition.
func (t *tx) forgetContacts(slug, condition string, kept int) {
	t.exec(nil, `delete from contacts where `+condition+` and connector_id = (select id from connectors where slug = ?)
		and last_at < (select last_at from contacts where `+condition+` and connector_id = (select id from connectors where slug = ?)
			order by last_at desc limit 1 offset ?)`, slug, slug, kept-1)
}

// Contacts implements tenants.Store.
func (s *Store) Contacts(ctx context.Context, slug string) ([]tenants.Contact, error) {
	connector, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	all := []tenants.Contact{}
	err = s.read(ctx, ofConnector(connector.ID), func(t *tx) error {
		t.query(func(r row) error {
			c := tenants.Contact{Heard: tenants.Heard{Slug: slug}}
			var diagnosis string
			var first, last int64
			var name *string
			err := r.Scan(&diagnosis, &c.Version, &c.Method, &c.Route, &c.Status, &c.Credential, &c.Hint, &c.Agent, &c.Count, &first, &last, &name)
			c.Diagnosis, c.First, c.Last = tenants.Diagnosis(diagnosis), fromMicros(first), fromMicros(last)
			if name != nil {
				c.CredentialName = *name
			}
			all = append(all, c)
			return err
		}, `select t.diagnosis, t.version, t.method, t.route, t.status, t.credential_id, t.hint, t.last_agent, t.count, t.first_at, t.last_at, k.name
			from contacts t left join credentials k on k.id = t.credential_id and k.connector_id = t.connector_id
			where t.connector_id = ? order by t.last_at desc, t.first_at desc, t.method, t.route`, connector.ID)
		return nil
	})
	return all, wrap(err, "reading how requests came to %s", slug)
}
