package sql

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// none is the id that stands for NULL in a result.
const none = "'00000000-0000-0000-0000-000000000000'"

// The columns of each kind of row, in the order in which its scan function reads them. The
// comparable form (search) is written and searched, never read back.
const (
	recordColumns = `r.id, r.connector_id, r.directory_id, r.tenant_id, r.state, r.doc, r.user_name_key,
		coalesce(r.external_id, ''), coalesce(r.employee_number, ''), r.version, r.created_at, r.modified_at,
		coalesce(r.deleted_at, 0), r.view_state, r.view_doc, coalesce(r.user_id, ` + none + `),
		coalesce(r.linked_at, 0), r.found, coalesce(r.first_counted_at, 0), coalesce(r.left_at, 0),
		r.last_inactive, r.defaults_granted, r.revised, coalesce(r.mapping_problem, '')`

	groupRecordColumns = `g.id, g.connector_id, g.directory_id, g.tenant_id, g.display_name, g.name_key,
		coalesce(g.external_id, ''), g.doc, g.version, g.created_at, g.modified_at, coalesce(g.deleted_at, 0),
		coalesce(g.view_name, ''), coalesce(g.view_key, '')`

	userColumns = `u.id, u.directory_id, u.user_name, u.user_name_key, coalesce(u.email_key, ''), u.status, u.doc,
		coalesce(u.block, ''), u.cleaned_up, u.created_at, u.modified_at, coalesce(u.deleted_at, 0),
		coalesce(u.purge_after, 0), u.version, u.copied`

	factColumns = `d.id, d.display_name, d.name_key, coalesce(d.tenant_id, ` + none + `), d.created_at, d.version`

	conflictColumns = `c.id, c.directory_id, c.connector_id, c.record_id, c.kind, c.subject,
		coalesce(c.user_id, ` + none + `), coalesce(c.group_id, ` + none + `), c.detail, coalesce(c.decision, ''),
		coalesce(c.decided_user, ` + none + `), c.created_at`
)

func scanRecord(r row) (*directory.RecordRow, error) {
	var rec directory.RecordRow
	var created, modified, deleted, linked, counted, left int64
	err := r.Scan(&rec.ID, &rec.Connector, &rec.Directory, &rec.Tenant, &rec.State, &rec.JSON, &rec.UserNameKey,
		&rec.ExternalID, &rec.EmployeeNumber, &rec.Version, &created, &modified,
		&deleted, &rec.ViewState, &rec.ViewJSON, &rec.User,
		&linked, &rec.Found, &counted, &left, &rec.LastInactive, &rec.DefaultsGranted, &rec.Revised, &rec.Problem)
	rec.Created, rec.Modified, rec.DeletedAt = fromMicros(created), fromMicros(modified), fromMicros(deleted)
	rec.Linked, rec.FirstCounted, rec.LeftAt = fromMicros(linked), fromMicros(counted), fromMicros(left)
	return &rec, err
}

func scanGroupRecord(r row) (*directory.GroupRow, error) {
	var g directory.GroupRow
	var created, modified, deleted int64
	err := r.Scan(&g.ID, &g.Connector, &g.Directory, &g.Tenant, &g.DisplayName, &g.NameKey,
		&g.ExternalID, &g.JSON, &g.Version, &created, &modified, &deleted, &g.ViewName, &g.ViewKey)
	g.Created, g.Modified, g.DeletedAt = fromMicros(created), fromMicros(modified), fromMicros(deleted)
	return &g, err
}

func scanUser(r row) (directory.UserRow, error) {
	var u directory.UserRow
	var created, modified, deleted, purge int64
	err := r.Scan(&u.ID, &u.Directory, &u.UserName, &u.UserNameKey, &u.EmailKey, &u.Status, &u.JSON,
		&u.Block, &u.CleanedUp, &created, &modified, &deleted, &purge, &u.Version, &u.Copied)
	u.Created, u.Modified = fromMicros(created), fromMicros(modified)
	u.DeletedAt, u.PurgeAfter = fromMicros(deleted), fromMicros(purge)
	return u, err
}

// scanFact reads factColumns behind other columns, whose places come first.
func scanFact(r row, before ...any) (directory.GroupFact, error) {
	var f directory.GroupFact
	var created int64
	err := r.Scan(append(before, &f.ID, &f.Name, &f.Key, &f.Tenant, &created, &f.Version)...)
	f.Created = fromMicros(created)
	return f, err
}

func scanConflict(r row) (directory.ConflictRow, error) {
	var c directory.ConflictRow
	var detail json.RawMessage
	var created int64
	err := r.Scan(&c.ID, &c.Directory, &c.Connector, &c.Record, &c.Kind, &c.Subject,
		&c.User, &c.Group, &detail, &c.Decision, &c.DecidedUser, &created)
	if err != nil {
		return c, err
	}
	c.Created = fromMicros(created)
	if err := json.Unmarshal(detail, &c.Detail); err != nil {
		return c, fmt.Errorf("reading the detail of conflict %s: %w", c.ID, err)
	}
	return c, nil
}

// supportsJSON and parseSupports are how a membership's supports are stored, strongest first.
func supportsJSON(supports []directory.Support) (json.RawMessage, error) {
	if supports == nil {
		return json.RawMessage("[]"), nil
	}
	return json.Marshal(supports)
}

func parseSupports(stored json.RawMessage, user uuid.UUID) ([]directory.Support, error) {
	var supports []directory.Support
	if err := json.Unmarshal(stored, &supports); err != nil {
		return nil, fmt.Errorf("reading the supports of a membership of user %s: %w", user, err)
	}
	return supports, nil
}

// strongest is the origin of supports that is shown.
func strongest(supports []directory.Support) policy.Origin {
	if len(supports) == 0 {
		return ""
	}
	return supports[0].Origin
}
