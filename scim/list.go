package scim

import (
	"io"
	"strconv"
)

// List is the frame of a ListResponse (RFC 7644 3.4.2, RFC 9865).
type List struct {
	Total          int // -1: not known, left out
	StartIndex     int // 0: a page by cursor, left out
	NextCursor     string
	PreviousCursor string
}

// AppendList writes a page of resources behind dst. itemsPerPage is what the page holds.
func (r Renderer) AppendList(dst []byte, l List, page []Resource, p Projection) ([]byte, error) {
	return r.appendList(dst, l, page, p, nil)
}

// WriteList writes a page of resources to w, one after the other and members as they come.
func (r Renderer) WriteList(w io.Writer, l List, page []Resource, p Projection) error {
	b, err := r.appendList(make([]byte, 0, flushSize), l, page, p, w)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func (r Renderer) appendList(b []byte, l List, page []Resource, p Projection, w io.Writer) ([]byte, error) {
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`...)
	if l.Total >= 0 {
		b = strconv.AppendInt(append(b, `,"totalResults":`...), int64(l.Total), 10)
	}
	if l.StartIndex > 0 {
		b = strconv.AppendInt(append(b, `,"startIndex":`...), int64(l.StartIndex), 10)
	}
	b = strconv.AppendInt(append(b, `,"itemsPerPage":`...), int64(len(page)), 10)
	if l.NextCursor != "" {
		b = appendString(append(b, `,"nextCursor":`...), l.NextCursor)
	}
	if l.PreviousCursor != "" {
		b = appendString(append(b, `,"previousCursor":`...), l.PreviousCursor)
	}
	b = append(b, `,"Resources":[`...)
	for i, res := range page {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = r.append(b, res, p, w); err != nil {
			return b, err
		}
		if w != nil && len(b) >= flushSize {
			if _, err := w.Write(b); err != nil {
				return b, err
			}
			b = b[:0]
		}
	}
	return append(b, ']', '}'), nil
}
