package directory

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// ActivityFilter narrows a list of SCIM requests; zero fields do not.
type ActivityFilter struct {
	tenants.ActivityQuery
	Connector string // by slug
	User      string // an e-mail, a userName or any id of somebody: requests that name one of its records, userNames or addresses
	Group     string // by name or id: requests that name one of its records
}

// ActivityStore keeps and finds SCIM requests.
type ActivityStore interface {
	tenants.ActivityStore
	// Requests lists requests, the newest first, without a total.
	Requests(ctx context.Context, q tenants.ActivityQuery, l Listing) (Page[tenants.Activity], error)
	// GroupRecordsNamed finds group records by their name, or by the name or id of the group they
	// feed; those that were deleted too, as long as they are known. They are a connector's, or, for
	// uuid.Nil, of any that the context's administrator may see: the oldest 50.
	GroupRecordsNamed(ctx context.Context, connector uuid.UUID, text string) ([]uuid.UUID, error)
}

// Requests lists the SCIM requests that are kept and fit the filter, the newest first.
func (d *Directory) Requests(ctx context.Context, f ActivityFilter, l Listing) (Page[tenants.Activity], error) {
	q := f.ActivityQuery
	if f.Connector != "" {
		c, err := d.store.Connector(ctx, f.Connector)
		if err != nil {
			return Page[tenants.Activity]{}, err
		}
		q.Connector = c.ID
	}
	ofGroup := func(ctx context.Context, text string) ([]string, error) {
		return d.namesOfGroup(ctx, q.Connector, text)
	}
	for _, named := range []struct {
		text  string
		names func(context.Context, string) ([]string, error)
	}{{f.User, d.namesOfUser}, {f.Group, ofGroup}} {
		if named.text == "" {
			continue
		}
		names, err := named.names(ctx, named.text)
		if err != nil {
			return Page[tenants.Activity]{}, err
		}
		q.Named = append(q.Named, names)
	}
	return d.store.Requests(ctx, q, l)
}

// Request reads one request that is kept; ErrNotFound.
func (d *Directory) Request(ctx context.Context, id uuid.UUID) (tenants.Activity, error) {
	a, err := d.store.ActivityByID(ctx, id)
	if errors.Is(err, tenants.ErrNoActivity) {
		return a, ErrNotFound
	}
	return a, err
}

// RequestsKept says how many requests are kept, and how large they are, roughly.
func (d *Directory) RequestsKept(ctx context.Context) (requests, bytes int64, err error) {
	return d.store.ActivitySize(ctx)
}

// namesOfUser are all by which requests name whom a text names, in any directory. The text itself
// is one: requests that were refused may name somebody who is not there.
func (d *Directory) namesOfUser(ctx context.Context, text string) ([]string, error) {
	names := []string{text}
	directories, err := d.store.Directories(ctx)
	if err != nil {
		return nil, err
	}
	for _, info := range directories {
		found, err := d.Lookup(ctx, info.Name, text)
		if err != nil {
			return nil, err
		}
		records := found.Records
		for _, p := range found.People {
			names = append(names, p.User.UserName)
			records = append(records, p.Records...)
		}
		for _, r := range records {
			names = append(names, r.ID.String(), r.UserName, r.Email)
		}
	}
	return distinctNames(names), nil
}

// namesOfGroup are all by which requests name a group; of a connector, those of its records.
func (d *Directory) namesOfGroup(ctx context.Context, connector uuid.UUID, text string) ([]string, error) {
	ids, err := d.store.GroupRecordsNamed(ctx, connector, text)
	if err != nil {
		return nil, err
	}
	var names []string
	if id := idOf(text); id != uuid.Nil {
		names = append(names, id.String())
	}
	for _, id := range ids {
		names = append(names, id.String())
	}
	return names, nil
}

// distinctNames are names without those that are empty or not shown.
func distinctNames(names []string) []string {
	var out []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" && name != scim.Masked && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
