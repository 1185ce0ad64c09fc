package directory

import "context"

// RuleVersions lists every set of rules that a connector had, the newest first.
func (d *Directory) RuleVersions(ctx context.Context, connector string, l Listing) (Page[RuleVersion], error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Page[RuleVersion]{}, err
	}
	return d.store.RuleVersions(ctx, c.DirectoryID, c.ID, l)
}

// RuleVersion reads one set of rules that a connector had. Planning them is the way back to them.
func (d *Directory) RuleVersion(ctx context.Context, connector string, version int64) (RuleVersion, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return RuleVersion{}, err
	}
	return d.store.RuleVersion(ctx, c.DirectoryID, c.ID, version)
}
