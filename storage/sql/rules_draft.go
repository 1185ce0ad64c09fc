package sql

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// RulesDraft implements directory.DraftStore.
func (s *Store) RulesDraft(ctx context.Context, directoryID, connector uuid.UUID) (d directory.RulesDraft, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) (err error) {
		d, err = t.rulesDraft(directoryID, connector)
		return err
	})
	return d, err
}

func (t *tx) rulesDraft(directoryID, connector uuid.UUID) (d directory.RulesDraft, err error) {
	t.query(func(r row) error {
		var rules json.RawMessage
		var changed int64
		if err := r.Scan(&rules, &d.BasedOn, &d.Version, &d.Actor, &changed); err != nil {
			return err
		}
		d.Rules, d.Changed = policy.DefaultRules(), fromMicros(changed)
		if err := json.Unmarshal(rules, &d.Rules); err != nil {
			return fmt.Errorf("reading a draft of rules: %w", err)
		}
		return nil
	}, "select rules, based_on, version, actor, updated_at from rule_drafts where connector_id = ? and directory_id = ?", connector, directoryID)
	return d, t.flush()
}

// KeepRulesDraft implements directory.DraftStore. Versions are moments, so that one that was never
// comes back; what was there is named by the statement that replaces it, which needs no lock.
func (s *Store) KeepRulesDraft(ctx context.Context, directoryID, connector uuid.UUID, match directory.IfMatch, d directory.RulesDraft) (directory.RulesDraft, error) {
	rules, err := json.Marshal(d.Rules)
	if err != nil {
		return d, fmt.Errorf("encoding a draft of rules: %w", err)
	}
	err = s.write(ctx, ofDirectory(directoryID), func(t *tx) error {
		was, err := t.rulesDraft(directoryID, connector)
		if err != nil {
			return err
		}
		if match != nil && !match(was.Version) {
			return directory.ErrVersion
		}
		d.Version = max(was.Version+1, micros(d.Changed))
		var written int64
		if was.Version == 0 {
			t.exec(&written, `insert into rule_drafts (connector_id, directory_id, rules, based_on, version, actor, updated_at) values (?, ?, ?, ?, ?, ?, ?)
				on conflict (connector_id) do nothing`, connector, directoryID, string(rules), d.BasedOn, d.Version, d.Actor, micros(d.Changed))
		} else {
			t.exec(&written, "update rule_drafts set rules = ?, based_on = ?, version = ?, actor = ?, updated_at = ? where connector_id = ? and directory_id = ? and version = ?",
				string(rules), d.BasedOn, d.Version, d.Actor, micros(d.Changed), connector, directoryID, was.Version)
		}
		return t.wroteDraft(&written)
	})
	if isReferenced(err) {
		err = directory.ErrNotFound // the connector was deleted meanwhile
	}
	d.Changed = fromMicros(micros(d.Changed))
	return d, err
}

// DropRulesDraft implements directory.DraftStore.
func (s *Store) DropRulesDraft(ctx context.Context, directoryID, connector uuid.UUID, match directory.IfMatch) error {
	return s.write(ctx, ofDirectory(directoryID), func(t *tx) error {
		was, err := t.rulesDraft(directoryID, connector)
		if err != nil || was.Version == 0 {
			return err
		}
		if match != nil && !match(was.Version) {
			return directory.ErrVersion
		}
		var dropped int64
		t.exec(&dropped, "delete from rule_drafts where connector_id = ? and directory_id = ? and version = ?", connector, directoryID, was.Version)
		return t.wroteDraft(&dropped)
	})
}

// wroteDraft looks again when somebody else was faster.
func (t *tx) wroteDraft(rows *int64) error {
	if err := t.flush(); err != nil {
		return err
	}
	if *rows == 0 {
		return errAgain
	}
	return nil
}
