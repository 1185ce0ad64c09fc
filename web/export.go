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

// export is a list that answers a page of JSON or, with Accept: text/csv or application/jsonl, all
// of it as CSV or as JSON lines, which the audit then tells. Row is what a page of the rooms below
// holds.
type export[Row any] struct {
	name     string         // of what is exported, in the log and in the file's name
	filter   map[string]any // by what it is narrowed, for the audit: no value that could be a person's
	headings []string
	cells    func(Row) []string // of a row, as many as headings
	read     func(context.Context, directory.Listing) (directory.Page[Row], error)
}

const exportPage = 500 // rows that are read at once

// exportResponse describes an answer that is a List[T] or CSV.
func exportResponse[T any](a *API, schemaName, lines string) *huma.Response {
	return &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[List[T]](), true, schemaName)},
		linesType:          {Schema: &huma.Schema{Type: huma.TypeString, Description: "A JSON object on a line for each " + lines + "."}},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString, Description: "A line of headings, then a line for each " + lines + "."}},
	}}
}

// answerExport reads the first page, whose failure is the answer's, and streams it: as JSON, each
// row as say says it, or as CSV or JSON lines with all that follows.
func answerExport[Row, T any](ctx context.Context, a *API, e export[Row], accept string, l directory.Listing, say func(Row) T) (*huma.StreamResponse, error) {
	format := formatOf(accept)
	limit := viewIn(ctx)
	if limit != nil && format == "csv" {
		return nil, forTheDeployment("CSV is for administrators of the whole deployment, and you are limited to tenants. Ask for application/jsonl, or for pages.")
	}
	if format != "" {
		l.Limit = exportPage
	}
	page, err := e.read(ctx, l)
	if err != nil {
		return nil, err
	}
	if format != "" {
		if err := a.noteExport(ctx, e.name, format, e.filter); err != nil {
			return nil, err
		}
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		if format == "" {
			c.SetHeader("Content-Type", "application/json")
			c.SetStatus(http.StatusOK)
			answer := listed(page, say)
			_ = narrow(ctx, answer)                                 // a list is shorter, never missing
			_ = json.NewEncoder(c.BodyWriter()).Encode(answer.Body) // the caller has gone
			return
		}
		stream := e.stream
		c.SetHeader("Content-Type", "text/csv; charset=utf-8")
		if format == "jsonl" {
			c.SetHeader("Content-Type", linesType)
			stream = func(ctx context.Context, w io.Writer, page directory.Page[Row]) error {
				return streamLines(ctx, w, page, e.read, say, limit)
			}
		}
		c.SetHeader("Content-Disposition", `attachment; filename="muster-`+e.name+"."+format+`"`)
		c.SetStatus(http.StatusOK)
		if err := stream(c.Context(), c.BodyWriter(), page); err != nil {
			a.log.Warn("export ended early", "of", e.name, "request", requestID(c.Context()), "error", err)
			panic(http.ErrAbortHandler) // breaks the connection: a half list is never taken for a whole one
		}
	}}, nil
}

// formatOf is the form of an export that Accept asks for; "" is a page of JSON.
func formatOf(accept string) string {
	accept = strings.ToLower(accept)
	switch {
	case strings.Contains(accept, "text/csv"):
		return "csv"
	case strings.Contains(accept, linesType), strings.Contains(accept, "application/x-ndjson"):
		return "jsonl"
	}
	return ""
}

// streamLines writes a JSON object for each row of the page, and of page after page behind it.
func streamLines[Row, T any](ctx context.Context, w io.Writer, page directory.Page[Row],
	read func(context.Context, directory.Listing) (directory.Page[Row], error), say func(Row) T, limit *view,
) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for {
		for _, row := range page.Items {
			line := say(row)
			if limit != nil && !limit.narrow(reflect.ValueOf(&line)) {
				continue
			}
			if err := out.Encode(line); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		keepWriting(w)
		var err error
		if page, err = read(ctx, directory.Listing{Limit: exportPage, Cursor: page.Next}); err != nil {
			return err
		}
	}
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
