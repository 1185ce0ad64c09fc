package sql

import (
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// values are member values as an IdP sends them, in the three forms by which they may name a
// record.
type values struct {
	texts []string
	ids   []uuid.UUID         // of those that read as an id
	keys  []string            // key forms
	byID  map[uuid.UUID][]int // places in texts
	byKey map[string][]int
}

func newValues(sent []string) values {
	v := values{byID: make(map[uuid.UUID][]int), byKey: make(map[string][]int)}
	seen := make(map[string]bool, len(sent))
	for _, text := range sent {
		if seen[text] {
			continue
		}
		seen[text] = true
		at := len(v.texts)
		v.texts = append(v.texts, text)
		if id, ok := parseID(text); ok {
			if v.byID[id] == nil {
				v.ids = append(v.ids, id)
			}
			v.byID[id] = append(v.byID[id], at)
		}
		key := canonical.Key(text)
		if v.byKey[key] == nil {
			v.keys = append(v.keys, key)
		}
		v.byKey[key] = append(v.byKey[key], at)
	}
	return v
}

// parseID reads an id in the one form in which ids are given out, in either case.
func parseID(text string) (uuid.UUID, bool) {
	if len(text) != 36 {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil
}

// How a member value can name a record, the strongest first.
const (
	byID         = "id"
	byExternalID = "externalId"
	byUserName   = "userName"
)

// resolution collects what member values name.
type resolution struct {
	values
	found []resolved
}

type resolved struct {
	directory.Resolved
	at   int // place of the value
	edge *directory.Edge
}

// readValues resolves Request.Values inside the connector: an id, else the one record with that
// externalId, else the user name. The edges of the group come with the records.
func (l *load) readValues() {
	if len(l.r.Values) == 0 {
		return
	}
	l.resolve.values = newValues(l.r.Values)
	v := &l.resolve.values
	connector, group := l.scope.connector, l.r.Group
	part := func(table, kind, condition string) string {
		return `select x.id, x.external_id, ` + keyColumn(table) + `, '` + kind + `', ` + edgeOf + `
			from ` + table + ` x where x.connector_id = ? and x.deleted_at is null and ` + condition
	}
	each := func(match func(id uuid.UUID, externalID, key string) ([]int, string)) func(row) error {
		return func(r row) error {
			var res resolved
			var externalID *string
			var key string
			var edge int64
			if err := r.Scan(&res.ID, &externalID, &key, &res.Kind, &edge); err != nil {
				return err
			}
			if edge != 0 {
				res.edge = &directory.Edge{Said: edge&1 != 0, Viewed: edge&2 != 0}
			}
			places, by := match(res.ID, deref(externalID), key)
			for _, at := range places {
				res.at, res.By = at, by
				l.resolve.found = append(l.resolve.found, res)
			}
			return nil
		}
	}
	if len(v.ids) > 0 {
		condition, ids := l.oneOf("x.id", v.ids)
		l.query(each(func(id uuid.UUID, _, _ string) ([]int, string) { return v.byID[id], byID }),
			part("user_records", string(scim.UserKind), condition)+" union all "+part("group_records", string(scim.GroupKind), condition),
			group, connector, ids, group, connector, ids)
	}
	places := make(map[string][]int, len(v.texts))
	for at, text := range v.texts {
		places[text] = []int{at}
	}
	condition, texts := l.oneOfText("x.external_id", v.texts)
	l.query(each(func(_ uuid.UUID, externalID, _ string) ([]int, string) { return places[externalID], byExternalID }),
		part("user_records", string(scim.UserKind), condition)+" union all "+part("group_records", string(scim.GroupKind), condition),
		group, connector, texts, group, connector, texts)
	condition, keys := l.oneOfText("x.user_name_key", v.keys)
	l.query(each(func(_ uuid.UUID, _, key string) ([]int, string) { return v.byKey[key], byUserName }),
		part("user_records", string(scim.UserKind), condition), group, connector, keys)
	if group != uuid.Nil {
		l.readUnresolved()
		l.readMemberCount()
	}
}

// edgeOf is what a group's edge to record x says: 1 that the IdP says it, 2 that the view has it. A
// query for each record costs what the request names; a join can come to cost what the group holds,
// when the statistics are from before it was filled.
const edgeOf = `coalesce((select case when m.said then 1 else 0 end + case when m.viewed then 2 else 0 end
			from members m where m.group_record_id = ? and m.member_id = x.id), 0)`

func keyColumn(table string) string {
	if table == "user_records" {
		return "x.user_name_key"
	}
	return "x.name_key"
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (l *load) readUnresolved() {
	condition, texts := l.oneOfText("value", l.resolve.texts)
	l.query(func(r row) error {
		var value string
		err := r.Scan(&value)
		l.scene.Unresolved[value] = true
		return err
	}, "select value from unresolved_members where group_record_id = ? and connector_id = ? and "+condition,
		l.r.Group, l.scope.connector, texts)
}

// readMemberCount reads how many members the group has. The counter in its row is kept without
// a look at the members and may be off by some when requests repeat each other; near the
// connector's limit the members themselves are counted.
func (l *load) readMemberCount() {
	limit := "json_extract(c.settings, '$.limits.members')"
	if l.pg() {
		limit = "(c.settings::json #>> '{limits,members}')::bigint"
	}
	l.query(func(r row) error { return r.Scan(&l.scene.MemberCount) },
		`select case when g.member_count + ? <= coalesce(nullif(`+limit+`, 0), ?) then g.member_count
			else (select count(*) from members m where m.group_record_id = g.id and m.said)
			   + (select count(*) from unresolved_members v where v.group_record_id = g.id) end
		from group_records g join connectors c on c.id = g.connector_id where g.id = ? and g.connector_id = ?`,
		int64(len(l.resolve.texts)), int64(tenants.DefaultMembers), l.r.Group, l.scope.connector)
}

// arrangeValues decides which record each value names.
func (l *load) arrangeValues() {
	best := make(map[int]resolved)
	externals := make(map[int]int)
	for _, res := range l.resolve.found {
		if res.By == byExternalID {
			externals[res.at]++
		}
	}
	for _, res := range l.resolve.found {
		if res.By == byExternalID && externals[res.at] > 1 {
			continue // ambiguous: names nothing
		}
		if was, ok := best[res.at]; !ok || strength(res.By) > strength(was.By) {
			best[res.at] = res
		}
	}
	for at, res := range best {
		l.scene.Resolved[l.resolve.texts[at]] = res.Resolved
		if res.edge != nil {
			l.scene.Edges[res.ID] = *res.edge
		}
	}
}

func strength(by string) int {
	switch by {
	case byID:
		return 3
	case byExternalID:
		return 2
	default:
		return 1
	}
}

// arrivalKeys are the keys under which members that wait for a record are kept.
func arrivalKeys(k *directory.Keys) []string {
	keys := []string{k.Record.String()}
	if k.ExternalID != "" {
		keys = append(keys, canonical.Key(k.ExternalID))
	}
	if k.UserName != "" {
		keys = append(keys, k.UserName)
	}
	return keys
}

// answers says whether the record with keys k is what an unresolved value waits for.
func answers(k *directory.Keys, value, valueKey string) bool {
	return strings.EqualFold(value, k.Record.String()) ||
		k.ExternalID != "" && value == k.ExternalID ||
		k.UserName != "" && valueKey == k.UserName
}
