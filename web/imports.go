package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/directory/importpull"
)

const noImport = "There is no import {id} of directory {d}. GET /api/v1/directories/{d}/imports lists them."

// importWait is how long an answer waits for an import to be checked; what takes longer answers 202.
const importWait = 5 * time.Second

// mostImport is how many bytes a file may have.
const mostImport = 8 << 30

// importPatience is how long nothing of a file may come before it is given up.
const importPatience = time.Minute

// Import is an import with its statistics.
type Import struct {
	ID         uuid.UUID    `json:"id" format:"uuid" doc:"The import's id."`
	State      string       `json:"state" enum:"receiving,checking,ready,running,done,failed,cancelled" doc:"receiving: its rows come in; checking: what each would do is found out; ready: it waits to be applied; running: it is being applied; failed: problem says why."`
	Source     string       `json:"source" enum:"file,scim" doc:"Where its rows come from."`
	Name       string       `json:"name,omitempty" doc:"Of the file, or the address of the server." example:"users.csv"`
	Format     string       `json:"format,omitempty" doc:"Of the file." example:"csv"`
	Hash       string       `json:"hash,omitempty" doc:"Names what it would do; applying it takes the hash of what was read. Empty until it is ready."`
	Rows       int64        `json:"rows" doc:"Users, groups and memberships that the file has, and groups that its memberships need."`
	Done       int64        `json:"done" doc:"Rows visited in the present state."`
	Total      int64        `json:"total" doc:"Rows to visit in the present state; applying visits those that do something."`
	Planned    ImportCounts `json:"planned" doc:"What it would do; while it is being checked, as far as that is known."`
	Applied    ImportCounts `json:"applied" doc:"What it has done; while it runs, so far."`
	CreatedBy  string       `json:"createdBy,omitempty" doc:"Who sent it."`
	Comment    string       `json:"comment,omitempty" doc:"Why it was applied."`
	Problem    string       `json:"problem,omitempty" doc:"What went wrong."`
	CreatedAt  time.Time    `json:"createdAt" doc:"When it began."`
	StartedAt  *time.Time   `json:"startedAt,omitempty" doc:"When applying it began."`
	FinishedAt *time.Time   `json:"finishedAt,omitempty" doc:"When it ended."`
	RowsKept   string       `json:"rowsKept" enum:"all,problems,none" doc:"Which rows can still be listed."`
}

// ImportCounts are an import in numbers.
type ImportCounts struct {
	UsersCreated      int64 `json:"usersCreated" doc:"Users made."`
	UsersFilled       int64 `json:"usersFilled" doc:"Local users that get attributes which they had not; nothing is overwritten."`
	UsersThere        int64 `json:"usersThere" doc:"Users who have all of it already."`
	UsersManaged      int64 `json:"usersManaged" doc:"Users whom an IdP manages; they stay as they are."`
	GroupsCreated     int64 `json:"groupsCreated" doc:"Groups made."`
	GroupsThere       int64 `json:"groupsThere" doc:"Groups that are there."`
	MembershipsAdded  int64 `json:"membershipsAdded" doc:"Memberships added."`
	MembershipsThere  int64 `json:"membershipsThere" doc:"Memberships that are there, or that the file has twice."`
	MembershipsUndone int64 `json:"membershipsUndone" doc:"Memberships that rules would take away at once, and that are not added."`
	Ambiguous         int64 `json:"ambiguous" doc:"Rows of which it cannot be told who is meant; they do nothing."`
	Errors            int64 `json:"errors" doc:"Rows that cannot be used; they do nothing."`
}

// ImportRow is a row of an import.
type ImportRow struct {
	Line   int64      `json:"line" doc:"Where it begins in the file, from 1; of a server, the number of the resource."`
	Kind   string     `json:"kind" enum:"user,group,membership" doc:"What it is about."`
	Result string     `json:"result" enum:"create,fill,add,exists,managed,undone,ambiguous,error," doc:"What came of it, or would; empty while it is not checked."`
	User   *uuid.UUID `json:"user,omitempty" format:"uuid" doc:"The user that it made or found."`
	By     string     `json:"matchedBy,omitempty" doc:"What the user was found by." example:"email"`
	Name   string     `json:"name,omitempty" doc:"The userName, the group, or the member." example:"ada@acme.example"`
	Group  string     `json:"group,omitempty" doc:"The group."`
	Code   string     `json:"code,omitempty" doc:"Of a problem." example:"duplicateUser"`
	Column string     `json:"column,omitempty" doc:"The column or attribute of a problem."`
	Value  string     `json:"value,omitempty" doc:"Its value, shortened."`
	Detail string     `json:"detail,omitempty" doc:"What to do about it."`
	Text   string     `json:"text,omitempty" doc:"The row as the file has it, to be mended and sent again; empty for what is part of another row."`
}

type uploadImport struct {
	OfDirectory
	Format  string   `query:"format" enum:"csv,jsonl,ldif" required:"true" doc:"How the file is written."`
	Kind    string   `query:"kind" enum:"user,group,membership," doc:"Of CSV: what its rows are; left out, the columns tell."`
	Columns []string `query:"columns,explode" maxItems:"200" doc:"Of CSV: a column's heading, an equals sign and the attribute that it holds; - leaves it out." example:"Rank=title"`
	Name    string   `query:"name" maxLength:"256" doc:"The file's name, for the list of imports." example:"users.csv"`

	file io.Reader
}

// Resolve takes the body as it comes: it is read row by row, and may be longer than any memory.
func (u *uploadImport) Resolve(ctx huma.Context) []error {
	c := humagin.Unwrap(ctx)
	u.file = &patientReader{http.MaxBytesReader(c.Writer, c.Request.Body, mostImport), http.NewResponseController(c.Writer)}
	return nil
}

// patientReader reads a body that may take long as a whole, but not between two of its parts.
type patientReader struct {
	in      io.Reader
	control *http.ResponseController
}

func (p *patientReader) Read(b []byte) (int, error) {
	now := time.Now()
	_ = p.control.SetReadDeadline(now.Add(importPatience)) // not every writer can
	_ = p.control.SetWriteDeadline(now.Add(2 * importPatience))
	return p.in.Read(b)
}

type pullImport struct {
	OfDirectory
	Body struct {
		URL      string `json:"url" minLength:"1" maxLength:"2048" doc:"The base of a SCIM 2.0 server, above /Users." example:"https://scim.example.com/v2"`
		Token    string `json:"token,omitempty" maxLength:"8192" doc:"A bearer token, or"`
		UserName string `json:"username,omitempty" maxLength:"1024" doc:"a user name"`
		Password string `json:"password,omitempty" maxLength:"8192" doc:"with its password. Neither is kept."`
		PageSize int    `json:"pageSize,omitempty" minimum:"1" maximum:"1000" doc:"How many resources are asked for at once; 100 if left out."`
	}

	control *http.ResponseController
}

// Resolve keeps the connection open for as long as the pulling takes.
func (u *pullImport) Resolve(ctx huma.Context) []error {
	u.control = http.NewResponseController(humagin.Unwrap(ctx).Writer)
	return nil
}

// OfImport is the path of an import.
type OfImport struct {
	OfDirectory
	ByID
}

type listImports struct {
	OfDirectory
	Paged
}

type listImportRows struct {
	OfImport
	Paged
	Result string `query:"result" enum:"problem,create,fill,add,exists,managed,undone,ambiguous,error" doc:"Only rows with this result; problem: undone, ambiguous and error."`
	Kind   string `query:"kind" enum:"user,group,membership" doc:"Only rows of this kind."`
	Accept string `header:"Accept" doc:"text/csv streams every row that fits the filter."`
}

func (in *listImportRows) filter() directory.ImportFilter {
	f := directory.ImportFilter{Kind: importfile.Kind(in.Kind), Result: directory.ImportResult(in.Result)}
	if in.Result == "problem" {
		f.Problems, f.Result = true, ""
	}
	return f
}

type applyImport struct {
	OfImport
	Body struct {
		Hash    string `json:"hash" minLength:"1" maxLength:"128" doc:"The import's hash as it was read."`
		Comment string `json:"comment,omitempty" maxLength:"1024" doc:"Why; the audit keeps it."`
	}
}

type cancelImport struct {
	OfImport
	Body struct {
		Comment string `json:"comment,omitempty" maxLength:"1024" doc:"Why; the audit keeps it."`
	}
}

type importOut struct {
	Status int
	Body   Import
}

func (a *API) addImports() {
	a.addImportUpload()
	a.addImportPull()
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/imports", id: "listImports", tag: "Imports", role: reads(deployment), missing: noDirectory, summary: "List imports",
		description: "The newest first, with their statistics, which are kept when the rows are not."},
		func(ctx context.Context, in *listImports) (*Listed[Import], error) {
			page, err := a.effective.Imports(ctx, in.Directory, in.listing())
			if err != nil {
				return nil, err
			}
			return listed(page, sayImport), nil
		})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/imports/{id}", id: "readImport", tag: "Imports", role: reads(deployment), missing: noImport, summary: "Read an import and its progress"},
		func(ctx context.Context, in *OfImport) (*importOut, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			i, err := a.effective.ReadImport(ctx, in.Directory, id)
			return answerImport(i, http.StatusOK, err)
		})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/imports/{id}/application", id: "applyImport", tag: "Imports", role: edits(deployment), missing: noImport, status: http.StatusAccepted,
		summary: "Apply an import",
		description: "Does what the plan says, in the background. Each row is decided afresh, so that nothing which changed since is overwritten; rows with a problem do nothing. " +
			"Killed anywhere, it goes on by itself, and no row is done twice.",
		errors: map[int]string{http.StatusConflict: "The import is not ready (`importChecking`), or over (`importOver`), the hash is not its own (`importStale`), or another import of the directory runs (`importRunning`)."},
	}, func(ctx context.Context, in *applyImport) (*importOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		i, err := a.effective.ApplyImport(ctx, admin(ctx), in.Directory, id, in.Body.Hash, in.Body.Comment)
		return answerImport(i, http.StatusAccepted, err)
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/imports/{id}/cancellation", id: "cancelImport", tag: "Imports", role: edits(deployment), missing: noImport, status: http.StatusOK,
		summary: "Cancel an import", description: "What it has done already stays.",
		errors: map[int]string{http.StatusConflict: "The import is over (`importOver`)."},
	}, func(ctx context.Context, in *cancelImport) (*importOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		i, err := a.effective.CancelImport(ctx, admin(ctx), in.Directory, id, in.Body.Comment)
		return answerImport(i, http.StatusOK, err)
	})
	a.addImportRows()
}

const importDescription = "Users, groups and memberships are staged and checked row by row: the answer, or, when it takes longer than a few seconds, the import once its state is `ready`, " +
	"says what each of them would do. Nothing is done before the import is applied, and then it only adds: local users, groups and memberships, and attributes that local users have not."

func (a *API) addImportUpload() {
	op := operation{method: http.MethodPost, path: "/directories/{d}/imports", id: "createImport", tag: "Imports", role: edits(deployment), missing: noDirectory, status: http.StatusCreated,
		summary: "Import a file of users, groups or memberships", description: importDescription,
		errors: map[int]string{http.StatusConflict: "Too many imports wait (`tooManyImports`).", http.StatusUnprocessableEntity: "The file cannot be read (`fileUnreadable`); nothing of it is kept."}}
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	described := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Description: op.description, Tags: []string{op.tag}, DefaultStatus: op.status,
		Responses: a.responses(op),
		RequestBody: &huma.RequestBody{Required: true, Description: "The file as it is.", Content: map[string]*huma.MediaType{
			"text/csv": {Schema: file}, "application/jsonl": {Schema: file}, "text/ldif": {Schema: file}, "application/octet-stream": {Schema: file}}},
	}
	a.guard(&described, op.role)
	huma.Register(a.huma, described, func(ctx context.Context, in *uploadImport) (*importOut, error) {
		columns, err := columnsOf(in.Columns)
		if err == nil {
			var i directory.Import
			i, err = a.effective.CreateImport(ctx, admin(ctx), in.Directory, directory.NewImport{Source: "file", Name: in.Name, Format: in.Format},
				importfile.Read(in.file, importfile.Options{Format: importfile.Format(in.Format), Kind: importfile.Kind(in.Kind), Columns: columns}), importWait)
			if err == nil {
				return answerImport(i, http.StatusCreated, nil)
			}
		}
		return nil, a.problemOf(ctx, fileProblem(err), fill(ctx, noDirectory))
	})
}

func (a *API) addImportPull() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/imports/pulls", id: "pullImport", tag: "Imports", role: edits(deployment), missing: noDirectory, status: http.StatusCreated,
		summary: "Import from another SCIM server",
		description: "Reads all users and groups of a SCIM 2.0 server. " + importDescription +
			" Addresses inside are refused unless the server was started with `MUSTER_IMPORT_PRIVATE=true`; redirects to other hosts are not followed.",
		errors: map[int]string{http.StatusConflict: "Too many imports wait (`tooManyImports`)."},
	}, func(ctx context.Context, in *pullImport) (*importOut, error) {
		source := importpull.Source{URL: in.Body.URL, Token: in.Body.Token, UserName: in.Body.UserName, Password: in.Body.Password, PageSize: in.Body.PageSize, Private: a.importPrivate}
		if err := importpull.Check(source); err != nil { // an address may hold a secret where none belongs: nothing of it is kept
			return nil, fileProblem(err)
		}
		rows := func(yield func(importfile.Row, error) bool) {
			n := 0
			for row, err := range importpull.Rows(ctx, source) {
				if n%100 == 0 {
					now := time.Now()
					_ = in.control.SetReadDeadline(now.Add(15 * time.Minute)) // not every writer can
					_ = in.control.SetWriteDeadline(now.Add(15 * time.Minute))
				}
				n++
				if !yield(row, err) {
					return
				}
			}
		}
		i, err := a.effective.CreateImport(ctx, admin(ctx), in.Directory, directory.NewImport{Source: "scim", Name: in.Body.URL, Format: "scim"}, rows, importWait)
		return answerImport(i, http.StatusCreated, fileProblem(err))
	})
}

// columnsOf reads heading=attribute.
func columnsOf(said []string) (map[string]string, error) {
	columns := make(map[string]string, len(said))
	for _, s := range said {
		heading, to, ok := strings.Cut(s, "=")
		if !ok || heading == "" || to == "" {
			return nil, invalid("query.columns", fmt.Sprintf("has %q, which is not of the form Heading=attribute", s))
		}
		columns[heading] = to
	}
	return columns, nil
}

// fileProblem answers a file that cannot be read as what it is: a value that cannot be used.
func fileProblem(err error) error {
	var file *importfile.FileError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &file):
		return newProblem(http.StatusUnprocessableEntity, "fileUnreadable", "The import cannot be read: "+file.Error()+".")
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "bodyTooLarge", fmt.Sprintf("A file may have up to %d GiB; split it.", mostImport>>30))
	}
	return err
}

func answerImport(i directory.Import, status int, err error) (*importOut, error) {
	if err != nil {
		return nil, err
	}
	if status == http.StatusCreated && i.State == directory.ImportChecking {
		status = http.StatusAccepted
	}
	return &importOut{Status: status, Body: sayImport(i)}, nil
}

func sayImport(i directory.Import) Import {
	out := Import{ID: i.ID, State: string(i.State), Source: i.Source, Name: i.Name, Format: i.Format, Rows: i.Rows, Done: i.Done, Total: i.Total,
		Planned: ImportCounts(i.Planned), Applied: ImportCounts(i.Applied), CreatedBy: i.Actor, Comment: i.Comment, Problem: i.Problem,
		CreatedAt: i.Created.UTC(), StartedAt: when(i.Started), FinishedAt: when(i.Finished), RowsKept: [...]string{"all", "problems", "none"}[min(max(i.Cleared, 0), 2)]}
	if i.State != directory.ImportReceiving && i.State != directory.ImportChecking {
		out.Hash = i.Hash
	}
	return out
}

func sayImportRow(r directory.ImportRow) ImportRow {
	result := r.Result
	if result == "" {
		result = r.Planned
	}
	return ImportRow{Line: r.Line, Kind: string(r.Kind), Result: string(result), User: some(r.User), By: r.By, Name: nameOfRow(r), Group: r.Group,
		Code: r.Code, Column: r.Place, Value: r.Value, Detail: r.Detail, Text: r.Text}
}

func nameOfRow(r directory.ImportRow) string {
	if r.Kind == importfile.User {
		return r.UserName()
	}
	return r.Member
}

func (a *API) addImportRows() {
	op := huma.Operation{
		OperationID: "listImportRows", Method: http.MethodGet, Path: "/directories/{d}/imports/{id}/rows", Tags: []string{"Imports"},
		Summary:     "List the rows of an import, or export them as CSV",
		Description: "In the file's order, each with what came of it, or would. With `Accept: text/csv` everything that fits the filter is streamed; cells that a spreadsheet would take for a formula start with an apostrophe. Rows are kept for a week, those with a problem for 90 days.",
		Responses:   a.responses(operation{method: http.MethodGet, missing: noImport}),
	}
	op.Responses["200"] = exportResponse[ImportRow](a, "ListImportRow", "row")
	a.guard(&op, reads(deployment))
	huma.Register(a.huma, op, a.importRows)
}

func (a *API) importRows(ctx context.Context, in *listImportRows) (*huma.StreamResponse, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noImport))
	}
	answer, err := answerExport(ctx, a, export[directory.ImportRow]{
		name: "import", headings: importHeadings, cells: importCells,
		read: func(ctx context.Context, l directory.Listing) (directory.Page[directory.ImportRow], error) {
			return a.effective.ImportLines(ctx, in.Directory, id, in.filter(), l)
		},
	}, in.Accept, in.listing(), sayImportRow)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noImport))
	}
	return answer, nil
}

var importHeadings = []string{"line", "kind", "result", "name", "group", "column", "value", "problem", "whatToDo", "text"}

func importCells(r directory.ImportRow) []string {
	x := sayImportRow(r)
	return []string{fmt.Sprint(x.Line), x.Kind, x.Result, x.Name, x.Group, x.Column, x.Value, x.Code, x.Detail, x.Text}
}
