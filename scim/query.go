package scim

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/scim/filter"
)

// Pages: what a list gives when the client does not say, and at most.
const (
	DefaultPage = 100
	MaxPage     = 200
)

// Query is what a list or a search asks for.
type Query struct {
	Filter      filter.Expr // resolved; nil = all
	FilterText  string      // as sent, decoded
	SortBy      *ResolvedPath
	Descending  bool
	StartIndex  int // at least 1
	Count       int // 0 to MaxPage
	CountGiven  bool
	Cursor      string // "" with CursorGiven: the first page by cursor
	CursorGiven bool
	Projection  Projection
}

// ParseQuery reads the query string of a list as it came over the wire. Keys that SCIM does not
// define are ignored, with or without a value (Entra's aadOptscim062020); one that it does may
// come once. The error is an *Error.
func ParseQuery(k Kind, rawQuery string) (Query, error) {
	p, err := readParameters(rawQuery)
	if err != nil {
		return Query{}, err
	}
	return p.query(k)
}

// ParseReadProjection reads attributes and excludedAttributes of a request that is no list.
func ParseReadProjection(k Kind, rawQuery string) (Projection, error) {
	p, err := readParameters(rawQuery)
	if err != nil {
		return Projection{}, err
	}
	return ParseProjection(k, p.attributes, p.excluded)
}

// parameters are the parameters of a query, not yet understood.
type parameters struct {
	filter, sortBy, sortOrder, startIndex, count, cursor *string
	attributes, excluded                                 []string
}

func readParameters(rawQuery string) (parameters, error) {
	var p parameters
	for part := range strings.SplitSeq(rawQuery, "&") {
		key, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			continue // nothing that SCIM defines
		}
		single, multi := p.slot(lower(name))
		if single == nil && multi == nil {
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return p, InvalidValue("the parameter %s is not well encoded", name)
		}
		if single != nil {
			if *single != nil {
				return p, InvalidValue("the parameter %s is given twice", name)
			}
			*single = &text
			continue
		}
		if *multi != nil {
			return p, InvalidValue("the parameter %s is given twice", name)
		}
		*multi = []string{text}
	}
	return p, nil
}

func (p *parameters) slot(name string) (**string, *[]string) {
	switch name {
	case "filter":
		return &p.filter, nil
	case "sortby":
		return &p.sortBy, nil
	case "sortorder":
		return &p.sortOrder, nil
	case "startindex":
		return &p.startIndex, nil
	case "count":
		return &p.count, nil
	case "cursor":
		return &p.cursor, nil
	case "attributes":
		return nil, &p.attributes
	case "excludedattributes":
		return nil, &p.excluded
	}
	return nil, nil
}

func (p parameters) query(k Kind) (Query, error) {
	q := Query{StartIndex: 1, Count: DefaultPage}
	var err error
	if p.filter != nil {
		q.FilterText = *p.filter
		if q.Filter, err = ParseFilter(k, *p.filter); err != nil {
			return Query{}, err
		}
	}
	if err := p.sort(k, &q); err != nil {
		return Query{}, err
	}
	if p.startIndex != nil && *p.startIndex != "" {
		n, err := wholeNumber("startIndex", *p.startIndex)
		if err != nil {
			return Query{}, err
		}
		q.StartIndex = max(n, 1)
	}
	if p.count != nil && *p.count != "" {
		n, err := wholeNumber("count", *p.count)
		if err != nil {
			return Query{}, err
		}
		q.Count, q.CountGiven = min(max(n, 0), MaxPage), true
	}
	if p.cursor != nil {
		if p.startIndex != nil {
			return Query{}, InvalidValue("cursor and startIndex cannot be used together")
		}
		q.Cursor, q.CursorGiven = *p.cursor, true
	}
	q.Projection, err = ParseProjection(k, p.attributes, p.excluded)
	return q, err
}

func (p parameters) sort(k Kind, q *Query) error {
	if p.sortOrder != nil {
		switch lower(*p.sortOrder) {
		case "descending", "desc":
			q.Descending = true
		case "ascending", "asc", "":
		default:
			return InvalidValue("sortOrder must be ascending or descending, not %s", shown(*p.sortOrder))
		}
	}
	if p.sortBy == nil || *p.sortBy == "" {
		q.Descending = false // without sortBy there is nothing to order (RFC 7644 3.4.2.3)
		return nil
	}
	parsed, err := filter.ParsePath(*p.sortBy)
	if err != nil || parsed.Filter != nil {
		return InvalidPath("sortBy must be the name of an attribute, not %s", shown(*p.sortBy))
	}
	path, ok := Resolve(k, parsed.Path)
	switch {
	case !ok || path.Attribute == nil:
		return InvalidPath("sortBy names no attribute that is known: %s", shown(*p.sortBy))
	case path.Attribute.Returned == ReturnedNever:
		return InvalidPath("the attribute %s cannot be sorted by", path)
	case path.Leaf() == nil:
		return InvalidPath("%s is complex: sort by one of its sub-attributes", path)
	}
	q.SortBy = &path
	return nil
}

func wholeNumber(name, text string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0, InvalidValue("%s must be a whole number of ordinary size, not %s", name, shown(text))
	}
	return int(n), nil
}

// SearchRequestSchema is the URN of the body of POST …/.search.
const SearchRequestSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// ParseSearch reads the body of POST …/.search (RFC 7644 3.4.3): the parameters of a list, with
// attributes as arrays and numbers as numbers. It must name the SearchRequest schema.
func ParseSearch(k Kind, raw map[string]any) (Query, error) {
	if !namesSchema(raw, SearchRequestSchema) {
		return Query{}, InvalidValue("schemas must be an array that holds %q", SearchRequestSchema)
	}
	var p parameters
	for key, v := range raw {
		single, multi := p.slot(lower(key))
		switch {
		case v == nil || single == nil && multi == nil:
			continue
		case multi != nil:
			names, ok := texts(v)
			if !ok {
				return Query{}, InvalidValue("%s must be an array of names", key)
			}
			*multi = names
			continue
		}
		text, ok := v.(string)
		if n, isNumber := v.(json.Number); isNumber && (single == &p.startIndex || single == &p.count) {
			text, ok = string(n), true
		}
		if !ok {
			return Query{}, InvalidValue("%s has the wrong type", key)
		}
		*single = &text
	}
	return p.query(k)
}

// texts are the strings of an array, or a single one.
func texts(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case []any:
		list := make([]string, 0, len(v))
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			list = append(list, s)
		}
		return list, true
	}
	return nil, false
}
