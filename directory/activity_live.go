package directory

import (
	"context"

	"github.com/muster-scim/muster/tenants"
)

// RequestsBehind reads kept SCIM requests of a connector, by its slug, whose number is above one, in
// the order of their numbers, at most so many.
func (d *Directory) RequestsBehind(ctx context.Context, connector string, number int64, most int) ([]tenants.Activity, error) {
	c, err := d.store.Connector(ctx, connector)
	if err != nil {
		return nil, err
	}
	return d.store.ActivityBehind(ctx, c.ID, number, most)
}

// NewestRequest is the highest number of a connector's kept requests; 0 if there is none.
func (d *Directory) NewestRequest(ctx context.Context, connector string) (int64, error) {
	page, err := d.Requests(ctx, ActivityFilter{Connector: connector}, Listing{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return 0, err
	}
	return page.Items[0].Seq, nil
}
