package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// export is a list that answers a page of JSON or, with Accept: text/csv, all of it as CSV. Row is
// what a page of the rooms below holds.
type export[Row any] struct {
	name     string // of what is exported, in the log and in the file's name
	headings []string
	cells    func(Row) []string // of a row, as many as headings
	read     func(context.Context, directory.Listing) (directory.Page[Row], error)
}

const exportPage = 500 // rows that are read at once

// exportResponse describes an answer that is a List[T] or CSV.
func exportResponse[T any](a *API, schemaName, lines string) *huma.Response {
	return &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[List[T]](), true, schemaName)},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString, Description: "A line of headings, then a line for each " + lines + "."}},
	}}
}

// answerExport reads the first page, whose failure is the answer's, and streams it: as JSON, each
// row as say says it, or as CSV with all that follows.
func answerExport[Row, T any](ctx context.Context, a *API, e export[Row], accept string, l directory.Listing, say func(Row) T) (*huma.StreamResponse, error) {
	asCSV := strings.Contains(strings.ToLower(accept), "text/csv")
	if asCSV {
		l.Limit = exportPage
	}
	page, err := e.read(ctx, l)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		if !asCSV {
			c.SetHeader("Content-Type", "application/json")
			c.SetStatus(http.StatusOK)
			_ = json.NewEncoder(c.BodyWriter()).Encode(listed(page, say).Body) // the caller has gone
			return
		}
		c.SetHeader("Content-Type", "text/csv; charset=utf-8")
		c.SetHeader("Content-Disposition", `attachment; filename="muster-`+e.name+`.csv"`)
		c.SetStatus(http.StatusOK)
		if err := e.stream(c.Context(), c.BodyWriter(), page); err != nil {
			a.log.Warn("export ended early", "of", e.name, "request", requestID(c.Context()), "error", err)
			panic(http.ErrAbortHandler) // breaks the connection: a half list is never taken for a whole one
		}
	}}, nil
}

// stream writes the headings, the page, and page after page what comes behind it.
func (e export[Row]) stream(ctx context.Context, w io.Writer, page directory.Page[Row]) error {
	out := csv.NewWriter(w)
	if err := out.Write(e.headings); err != nil {
		return err
	}
	for {
		for _, row := range page.Items {
			cells := e.cells(row)
			for i := range cells {
				cells[i] = harmless(cells[i])
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
		out.Flush()
		if err := out.Error(); err != nil || page.Next == "" {
			return err
		}
		keepWriting(w)
		var err error
		if page, err = e.read(ctx, directory.Listing{Limit: exportPage, Cursor: page.Next}); err != nil {
			return err
		}
	}
}

// keepWriting gives a long export another minute for each page.
func keepWriting(w io.Writer) {
	if rw, ok := w.(http.ResponseWriter); ok {
		_ = http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(time.Minute)) // not every writer can
	}
}

// harmless keeps a spreadsheet from running a cell: what would start a formula gets an
// apostrophe in front (OWASP, CSV injection).
func harmless(cell string) string {
	start := strings.TrimLeft(cell, " \u00a0\ufeff")
	if start != "" && strings.IndexByte("=+-@\t\r\n|%", start[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

// idText is an id in a cell, which is empty without one.
func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
