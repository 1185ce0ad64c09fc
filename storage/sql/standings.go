package sql

import (
	"context"

	"github.com/muster-scim/muster/tenants"
)

// ambiguous is the kind of the conflicts in which several users match a record.
const ambiguous = "ambiguousMatch"

// Standings implements tenants.OverviewStore: in one transaction, a question for all connectors
// for each thing that is told.
func (s *Store) Standings(ctx context.Context) (map[string]tenants.Standing, error) {
	var all map[string]tenants.Standing
	err := s.read(ctx, everyConnector, func(t *tx) error {
		all = map[string]tenants.Standing{}
		now := t.store.now()
		t.standing(all, `select c.slug, a.diagnosis, case when a.status >= 500 then 500 else 200 end, a.credential_id, max(a.last_at)
			from contacts a join connectors c on c.id = a.connector_id where `, " group by 1, 2, 3, 4", nil,
			func(r row, st *tenants.Standing, slug *string) (func(), error) {
				var c tenants.Contact
				var diagnosis string
				var last int64
				err := r.Scan(slug, &diagnosis, &c.Status, &c.Credential, &last)
				c.Diagnosis, c.Last = tenants.Diagnosis(diagnosis), fromMicros(last)
				return func() { st.Contacts = append(st.Contacts, c) }, err
			})
		t.standing(all, `select c.slug, `+trafficSums+` from traffic a join connectors c on c.id = a.connector_id
			where a.step = ? and a.start >= ? and `, " group by 1", []any{int64(coarseStep), now.Add(-trafficDay).Unix()},
			func(r row, st *tenants.Standing, slug *string) (func(), error) {
				var day tenants.Traffic
				err := scanTraffic(r, &day, slug)
				return func() { st.Day = day }, err
			})
		t.standing(all, `select c.slug, count(*), min(a.created_at) from holds a join connectors c on c.id = a.connector_id where a.state = 'held' and `, " group by 1", nil,
			func(r row, st *tenants.Standing, slug *string) (func(), error) {
				var n, since int64
				err := r.Scan(slug, &n, &since)
				return func() { st.Held, st.Since = n, fromMicros(since) }, err
			})
		t.standing(all, `select c.slug, a.kind, count(*) from conflicts a join connectors c on c.id = a.connector_id where a.decision is null and `, " group by 1, 2", nil,
			func(r row, st *tenants.Standing, slug *string) (func(), error) {
				var kind string
				var n int64
				err := r.Scan(slug, &kind, &n)
				return func() {
					st.Conflicts += n
					if kind == ambiguous {
						st.Ambiguous += n
					}
				}, err
			})
		t.standing(all, `select c.slug, a.id, a.name, a.kind, a.expires_at from credentials a join connectors c on c.id = a.connector_id
			where a.ended_at is null and a.expires_at <= ? and `, " order by c.slug, a.expires_at", []any{micros(now.Add(tenants.WarnAhead))},
			func(r row, st *tenants.Standing, slug *string) (func(), error) {
				var k tenants.Credential
				var kind string
				var expires int64
				err := r.Scan(slug, &k.ID, &k.Name, &kind, &expires)
				k.Kind, k.ExpiresAt = tenants.CredentialKind(kind), fromMicros(expires)
				return func() { st.Ending = append(st.Ending, k) }, err
			})
		return nil
	})
	return all, wrap(err, "summing up the connectors")
}

// standing queues a question whose rows begin with a connector's slug, narrowed to the connectors
// that the caller may see. scan reads a row; what it returns then puts it into the connector's
// standing.
func (t *tx) standing(all map[string]tenants.Standing, question, order string, args []any, scan func(r row, st *tenants.Standing, slug *string) (func(), error)) {
	shown := t.requestsShown()
	t.query(func(r row) error {
		var slug string
		st := &tenants.Standing{}
		put, err := scan(r, st, &slug)
		if err != nil {
			return err
		}
		*st = all[slug]
		put()
		all[slug] = *st
		return nil
	}, question+shown.sql+order, append(args, shown.args...)...)
}

var _ tenants.OverviewStore = (*Store)(nil)
