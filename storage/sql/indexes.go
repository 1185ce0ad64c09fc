package sql

import (
	"context"
	"slices"
	"strings"
)

// indexName is the name of the unique index that refused a row. PostgreSQL says it itself;
// SQLite names the columns, and the name is looked up in its schema once.
func (s *Store) indexName(ctx context.Context, said string) string {
	if s.isPostgres() {
		return said
	}
	if name, ok := s.indexes.Load(said); ok {
		return name.(string)
	}
	// The caller's context may be over; the answer still needs its name.
	if err := s.loadIndexes(context.WithoutCancel(ctx)); err != nil {
		return said
	}
	if name, ok := s.indexes.Load(said); ok {
		return name.(string)
	}
	return said
}

// loadIndexes reads every unique index of the SQLite schema. Those that a table's own words
// make have no name there; they get the one that PostgreSQL gives them.
func (s *Store) loadIndexes(ctx context.Context) error {
	type index struct {
		table, name, origin string
		columns             []string
	}
	var all []*index
	err := s.read(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error {
			var x index
			var column string
			if err := r.Scan(&x.table, &x.name, &x.origin, &column); err != nil {
				return err
			}
			last := len(all) - 1
			if last < 0 || all[last].name != x.name {
				all = append(all, &x)
				last++
			}
			all[last].columns = append(all[last].columns, column)
			return nil
		}, `select m.name, l.name, l.origin, i.name
			from sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) i
			where m.type = 'table' and l."unique" = 1 and i.name is not null
			order by m.name, l.name, i.seqno`)
		t.query(func(r row) error { // integer primary key: the row id itself, without an index
			var table, column string
			if err := r.Scan(&table, &column); err != nil {
				return err
			}
			s.indexes.LoadOrStore(table+"."+column, table+"_pkey")
			return nil
		}, `select m.name, c.name from sqlite_schema m, pragma_table_info(m.name) c
			where m.type = 'table' and c.pk = 1 and lower(c.type) = 'integer'`)
		return nil
	})
	if err != nil {
		return err
	}
	for _, x := range all {
		name := x.name
		switch x.origin {
		case "pk":
			name = x.table + "_pkey"
		case "u":
			name = x.table + "_" + strings.Join(x.columns, "_") + "_key"
		}
		qualified := slices.Clone(x.columns)
		for i := range qualified {
			qualified[i] = x.table + "." + qualified[i]
		}
		s.indexes.Store(strings.Join(qualified, ", "), name)
	}
	return nil
}
