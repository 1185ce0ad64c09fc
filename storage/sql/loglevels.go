package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Changes of the log level are few and small. Each stays as a row of table deployment, which the
// server's role may add to and not change, so no replica can miss one and none is ever rewritten.
const logLevelPrefix = "log-level "

// logLevelRow is a change of the log level as it is kept.
type logLevelRow struct {
	Level     string    `json:"level"`
	Connector string    `json:"connector,omitempty"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`
}

// ChangeLogLevel keeps a change of the log level for every replica to find, with its event.
// tenants.ErrUnknown when there is no such connector.
func (s *Store) ChangeLogLevel(ctx context.Context, l tenants.LogLevel) error {
	kept, err := json.Marshal(logLevelRow(l))
	if err != nil {
		return err
	}
	err = s.write(ctx, everyConnector, func(t *tx) error {
		e := adminEvent{action: "deployment.logLevel.changed", changes: map[string]any{"level": l.Level}}
		if l.Level != "" {
			e.changes["until"] = l.Until.UTC()
		}
		if l.Connector != "" {
			t.query(func(r row) error { return r.Scan(&e.connector, &e.directory) }, "select id, directory_id from connectors where slug = ?", l.Connector)
			if err := t.flush(); err != nil {
				return err
			}
			if e.connector == uuid.Nil {
				return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeConnectorUnknown, Field: "connector",
					Detail: fmt.Sprintf("there is no connector %q; leave connector out to change the level of everything", l.Connector)}
			}
		}
		t.exec(nil, "insert into deployment (name, value) values (?, ?)", logLevelPrefix+newID().String(), kept)
		t.adminEvent(e)
		return nil
	})
	return wrap(err, "changing the log level")
}

// LogLevels are the changes of the log level that hold now, at most one of each connector and one
// of everything.
func (s *Store) LogLevels(ctx context.Context) ([]tenants.LogLevel, error) {
	newest := map[string]tenants.LogLevel{}
	err := s.read(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error {
			var kept []byte
			if err := r.Scan(&kept); err != nil {
				return err
			}
			var l logLevelRow
			if err := json.Unmarshal(kept, &l); err != nil {
				return fmt.Errorf("reading a change of the log level: %w", err)
			}
			if before, ok := newest[l.Connector]; !ok || before.Since.Before(l.Since) {
				newest[l.Connector] = tenants.LogLevel(l)
			}
			return nil
		}, "select value from deployment where substr(name, 1, ?) = ? order by name", len(logLevelPrefix), logLevelPrefix)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log levels: %w", err)
	}
	now := s.now()
	var holding []tenants.LogLevel
	for _, l := range newest {
		if l.Level != "" && l.Until.After(now) {
			holding = append(holding, l)
		}
	}
	return holding, nil
}
