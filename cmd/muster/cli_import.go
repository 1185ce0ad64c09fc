package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type importCmd struct {
	Run      importRunCmd      `cmd:"" default:"withargs" help:"Import a file: check it, say what it would do, and apply it."`
	Pull     importPullCmd     `cmd:"" help:"Import the users and groups of another SCIM 2.0 server."`
	List     importListCmd     `cmd:"" help:"List imports with their statistics."`
	Status   importStatusCmd   `cmd:"" help:"Show an import; without an id, the last one."`
	Problems importProblemsCmd `cmd:"" help:"Write the rows with a problem as CSV, to be mended."`
	Apply    importApplyCmd    `cmd:"" help:"Apply an import that was checked."`
	Cancel   importCancelCmd   `cmd:"" help:"Stop an import; what it has done stays."`
}

// anImport is an import as the API says it.
type anImport struct {
	ID, State, Source, Name, Hash, Problem string
	Rows, Done, Total                      int64
	Planned, Applied                       importCounts
	CreatedAt                              time.Time
}

type importCounts struct {
	UsersCreated, UsersFilled, UsersThere, UsersManaged   int64
	GroupsCreated, GroupsThere                            int64
	MembershipsAdded, MembershipsThere, MembershipsUndone int64
	Ambiguous, Errors                                     int64
}

// problems are rows that do nothing because something is wrong with them.
func (c importCounts) problems() int64 { return c.MembershipsUndone + c.Ambiguous + c.Errors }

// effects are rows that do something.
func (c importCounts) effects() int64 {
	return c.UsersCreated + c.UsersFilled + c.GroupsCreated + c.MembershipsAdded
}

func (c importCounts) rows() [][]string {
	var rows [][]string
	for _, line := range []struct {
		words string
		n     int64
	}{
		{"users created", c.UsersCreated}, {"users with more attributes", c.UsersFilled}, {"users there already", c.UsersThere}, {"users managed by an IdP", c.UsersManaged},
		{"groups created", c.GroupsCreated}, {"groups there already", c.GroupsThere}, {"memberships added", c.MembershipsAdded}, {"memberships there already", c.MembershipsThere},
		{"memberships that rules would undo", c.MembershipsUndone}, {"ambiguous rows", c.Ambiguous}, {"rows with an error", c.Errors},
	} {
		if line.n > 0 {
			rows = append(rows, []string{line.words, fmt.Sprint(line.n)})
		}
	}
	return rows
}

// importing is how far a command goes, and whether it asks.
type importing struct {
	DryRun  bool   `help:"Only check it; muster import apply applies it later."`
	Apply   bool   `help:"Apply it without asking when no row has a problem."`
	Yes     bool   `short:"y" help:"Apply it without asking, rows with a problem left out."`
	Comment string `short:"m" help:"Why, for the audit."`
}

type importRunCmd struct {
	inDirectory
	importing
	File    string   `arg:"" help:"The file; - is the standard input."`
	Format  string   `enum:"csv,jsonl,ldif," default:"" help:"How the file is written; told from its name if left out: csv, jsonl, ldif."`
	Kind    string   `enum:"user,group,membership," default:"" help:"Of CSV: what its rows are; told from the columns if left out."`
	Columns []string `help:"Of CSV: Heading=attribute for columns whose names say it not; Heading=- leaves one out." placeholder:"HEADING=ATTRIBUTE"`
}

// Help shows how.
func (importRunCmd) Help() string {
	return "Users, groups and memberships become local ones of the directory. Nothing is overwritten, disabled or taken away, and the same file may be imported again.\n\nExamples:\n\n" +
		"  muster import users.csv --dry-run\n" +
		"  muster import users.csv --columns 'Rank=title' --columns 'Badge=-'\n" +
		"  muster import people.ldif --yes\n" +
		"  muster import problems > mend.csv"
}

// Run sends the file, shows the plan and applies it.
func (c *importRunCmd) Run(ctx context.Context, t *terminal) error {
	format, err := c.format()
	if err != nil {
		return err
	}
	in, size := io.Reader(os.Stdin), int64(0)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("reading the file: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		in = f
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	query := url.Values{"format": {format}, "name": {filepath.Base(c.File)}}
	if c.Kind != "" {
		query.Set("kind", c.Kind)
	}
	for _, column := range c.Columns {
		query.Add("columns", column)
	}
	bar := newProgress(&terminal{out: t.err})
	bar.Phase("sending", int(size>>10))
	i, err := c.upload(ctx, api, query, &stepping{in: in, bar: bar})
	bar.finish()
	if err != nil {
		return err
	}
	return c.follow(ctx, t, api, c.inDirectory, i)
}

// format tells how the file is written.
func (c *importRunCmd) format() (string, error) {
	if c.Format != "" {
		return c.Format, nil
	}
	switch strings.ToLower(filepath.Ext(c.File)) {
	case ".csv", ".tsv", ".txt":
		return "csv", nil
	case ".jsonl", ".ndjson", ".json":
		return "jsonl", nil
	case ".ldif", ".ldf":
		return "ldif", nil
	}
	return "", fmt.Errorf("the name %s does not say how the file is written; say it with --format csv, jsonl or ldif", c.File)
}

// upload sends the file, which may take longer than other requests.
func (c *importRunCmd) upload(ctx context.Context, api *client, query url.Values, in io.Reader) (i anImport, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, api.base+"/api/v1"+c.path("/imports?"+query.Encode()), io.NopCloser(in))
	if err != nil {
		return i, err
	}
	r.Header.Set("Authorization", "Bearer "+api.token)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "muster/"+version)
	r.Header.Set("Content-Type", "application/octet-stream")
	answer, err := (&http.Client{}).Do(r)
	if err != nil {
		return i, unreachable(api.base, err)
	}
	return i, readImport(answer, &i)
}

func readImport(answer *http.Response, i *anImport) error {
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if answer.StatusCode >= 300 {
		p := &problem{}
		_ = json.Unmarshal(data, p) // a broken answer says as much as its status
		p.Status, p.document = answer.StatusCode, data
		return p
	}
	return json.Unmarshal(data, i)
}

// stepping moves a bar by the KiB that are read.
type stepping struct {
	in   io.Reader
	bar  *progress
	rest int
}

func (s *stepping) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	for s.rest += n; s.rest >= 1<<10; s.rest -= 1 << 10 {
		s.bar.Step()
	}
	return n, err
}

// follow waits until an import is checked, shows what it would do, and applies it if that is wanted.
func (a importing) follow(ctx context.Context, t *terminal, api *client, in inDirectory, i anImport) error {
	if err := watchImport(ctx, t, api, in, &i, "checking"); err != nil {
		return err
	}
	if i.State != "ready" {
		return fmt.Errorf("import %s is %s: %s", i.ID, i.State, i.Problem)
	}
	if in.Output != "json" || !a.DryRun {
		if err := table(t.err, nil, i.Planned.rows()); err != nil {
			return err
		}
	}
	if n := i.Planned.problems(); n > 0 {
		fmt.Fprintf(t.err, "\n%d rows have a problem and do nothing: %s import problems %s writes them, with what to do.\n", n, program(), i.ID)
	}
	switch {
	case a.DryRun:
		if in.Output == asJSON {
			return i.print(ctx, t, in)
		}
		return say(t, "\nNothing was changed. Apply it with: %s import apply %s", program(), i.ID)
	case i.Planned.effects() == 0 && in.Output == asJSON:
		return i.print(ctx, t, in)
	case i.Planned.effects() == 0:
		return say(t, "\nThere is nothing to do.")
	case a.Yes, a.Apply && i.Planned.problems() == 0:
	case a.Apply:
		return fmt.Errorf("%d rows have a problem, so nothing was applied; mend them, or apply the others with --yes", i.Planned.problems())
	default:
		fmt.Fprintf(t.err, "\nApply it? Type yes: ")
		said, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) || strings.TrimSpace(said) != "yes" {
			fmt.Fprintf(t.err, "Nothing was changed. Apply it with: %s import apply %s\n", program(), i.ID)
			return nil
		}
	}
	return applyImport(ctx, t, api, in, i, a.Comment)
}

// applyImport applies an import and shows its progress to the end.
func applyImport(ctx context.Context, t *terminal, api *client, in inDirectory, i anImport, comment string) error {
	if err := api.call(ctx, http.MethodPost, in.path("/imports/"+i.ID+"/application"), map[string]string{"hash": i.Hash, "comment": comment}, &i); err != nil {
		return err
	}
	if err := watchImport(ctx, t, api, in, &i, "running"); err != nil {
		return err
	}
	if in.Output == asJSON {
		if err := i.print(ctx, t, in); err != nil {
			return err
		}
	} else if err := table(t.out, nil, i.Applied.rows()); err != nil {
		return err
	}
	if i.State != "done" {
		return fmt.Errorf("import %s is %s. %s", i.ID, i.State, i.Problem)
	}
	return nil
}

// print prints an import as the API says it.
func (i anImport) print(ctx context.Context, t *terminal, in inDirectory) error {
	return show(ctx, t, in.remote, http.MethodGet, in.path("/imports/"+i.ID), nil, func(anImport) error { return nil })
}

// watchImport waits until an import leaves a state, with a bar. The import goes on by itself when
// the command is stopped.
func watchImport(ctx context.Context, t *terminal, api *client, in inDirectory, i *anImport, state string) error {
	if i.State != state {
		return nil
	}
	bar := newProgress(&terminal{out: t.err})
	bar.Phase(state, int(i.Total))
	defer bar.finish()
	for shown := int64(0); ; {
		for ; shown < i.Done; shown++ {
			bar.Step()
		}
		if i.State != state {
			return nil
		}
		if err := sleepFor(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		if err := api.call(ctx, http.MethodGet, in.path("/imports/"+i.ID), nil, i); err != nil {
			return err
		}
	}
}

type importPullCmd struct {
	inDirectory
	importing
	From     string `arg:"" help:"The base of the server, above /Users." placeholder:"URL"`
	TokenEnv string `default:"IMPORT_TOKEN" help:"The environment variable with the bearer token, or with user:password for basic authentication." placeholder:"NAME"`
	PageSize int    `default:"100" help:"How many resources are asked for at once."`
}

// Run pulls, shows the plan and applies it.
func (c *importPullCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"url": c.From, "pageSize": c.PageSize}
	if user, password, ok := strings.Cut(os.Getenv(c.TokenEnv), ":"); ok {
		body["username"], body["password"] = user, password
	} else if user != "" {
		body["token"] = user
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	patient := *api
	patient.http = &http.Client{} // it takes as long as the other server does
	var i anImport
	if err := patient.call(ctx, http.MethodPost, c.path("/imports/pulls"), body, &i); err != nil {
		return err
	}
	return c.follow(ctx, t, api, c.inDirectory, i)
}
