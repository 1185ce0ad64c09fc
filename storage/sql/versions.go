package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

const versionColumns = "v.version, v.rules, v.actor, v.comment, coalesce(v.plan_id, " + none + "), v.created_at"

func scanVersion(r row) (directory.RuleVersion, error) {
	var v directory.RuleVersion
	var rules json.RawMessage
	var created int64
	if err := r.Scan(&v.Version, &rules, &v.Actor, &v.Comment, &v.Plan, &created); err != nil {
		return v, err
	}
	v.Created, v.Rules = fromMicros(created), policy.DefaultRules()
	if err := json.Unmarshal(rules, &v.Rules); err != nil {
		return v, fmt.Errorf("reading version %d of rules: %w", v.Version, err)
	}
	return v, nil
}

// RuleVersions lists every set of rules that a connector had, the newest first.
func (s *Store) RuleVersions(ctx context.Context, directoryID, connector uuid.UUID, l directory.Listing) (directory.Page[directory.RuleVersion], error) {
	list := inOrderOfNumbers(ofDirectory(directoryID), listing{space: connector, table: "rule_versions", descending: true}, math.MaxInt64,
		func(v directory.RuleVersion) int64 { return v.Version })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[directory.RuleVersion]) error {
		t.query(total(p), "select count(*) from rule_versions where connector_id = ? and directory_id = ?", connector, directoryID)
		t.query(into(p, scanVersion), "select "+versionColumns+` from rule_versions v where v.connector_id = ? and v.directory_id = ? and v.version < ?
			order by v.version desc limit ?`, connector, directoryID, behind, limit)
		return nil
	})
}

// RuleVersion reads one set of rules that a connector had.
func (s *Store) RuleVersion(ctx context.Context, directoryID, connector uuid.UUID, version int64) (directory.RuleVersion, error) {
	var found *directory.RuleVersion
	err := s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error {
			v, err := scanVersion(r)
			found = &v
			return err
		}, "select "+versionColumns+" from rule_versions v where v.connector_id = ? and v.directory_id = ? and v.version = ?", connector, directoryID, version)
		return nil
	})
	if err == nil && found == nil {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.RuleVersion{}, err
	}
	return *found, nil
}

// addVersion keeps the rules that a connector has now as one of its versions.
func (t *tx) addVersion(connector, directoryID uuid.UUID, actor, comment string, plan uuid.UUID) {
	t.exec(nil, `insert into rule_versions (connector_id, version, directory_id, rules, actor, comment, plan_id, created_at)
		select id, rules_version, directory_id, rules, cast(? as text), cast(? as text), cast(? as `+t.uuidType()+`), updated_at from connectors where id = ? and directory_id = ?`,
		actor, comment, nullID(plan), connector, directoryID)
}
