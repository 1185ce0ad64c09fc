package gateway

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// query reads what a list asks for: from the URL, or from the body of a .search.
func (rq *request) query() (q scim.Query, err error) {
	if rq.route.Method == http.MethodPost {
		q, err = scim.ParseSearch(rq.route.Kind, rq.body)
	} else {
		q, err = scim.ParseQuery(rq.route.Kind, rq.r.URL.RawQuery)
	}
	q.Projection = rq.seen(q.Projection)
	return q, err
}

// fetch gets a page. Some clients encode the values of a filter twice; what is left encoded
// after reading it once is tried in its decoded form, and only if nothing matches as sent.
func fetch[T any](k scim.Kind, q scim.Query, list func(scim.Query) (directory.Page[T], error)) (directory.Page[T], error) {
	page, err := list(q)
	if err != nil || page.Total != 0 || q.CursorGiven || !strings.Contains(q.FilterText, "%") {
		return page, err
	}
	text, decoded, ok := decode(k, q.FilterText)
	if !ok {
		return page, nil
	}
	q.Filter, q.FilterText = decoded, text
	return list(q)
}

// decode reads a filter whose values are still encoded; false when the per cent sign is meant.
func decode(k scim.Kind, encoded string) (text string, decoded filter.Expr, ok bool) {
	text, err := url.PathUnescape(encoded)
	if err != nil || text == encoded {
		return "", nil, false
	}
	decoded, err = scim.ParseFilter(k, text)
	return text, decoded, err == nil
}

// answerList answers with a page.
func (g *Gateway) answerList(rq *request, q scim.Query, page []scim.Resource, total int, next string) error {
	if rq.noted != nil {
		rq.noted.found = &total
	}
	frame := scim.List{Total: total, StartIndex: q.StartIndex, NextCursor: next}
	if q.CursorGiven {
		frame.StartIndex = 0
	}
	out := rq.begin(http.StatusOK)
	if err := rq.renderer.WriteList(out, frame, page, q.Projection); err != nil {
		return g.breakOff(rq, out, err)
	}
	out.finish()
	return nil
}
