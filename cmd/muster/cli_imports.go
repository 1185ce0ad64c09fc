package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

type importListCmd struct{ inDirectory }

// Run lists imports.
func (c *importListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, c.path("/imports"), []string{"BEGUN", "STATE", "NAME", "ROWS", "DONE", "PROBLEMS", "ID"}, func(i anImport) []string {
		return []string{i.CreatedAt.UTC().Format(time.DateTime), i.State, orDash(i.Name), fmt.Sprint(i.Rows), fmt.Sprintf("%d/%d", i.Done, i.Total), fmt.Sprint(i.Planned.problems()), i.ID}
	})
}

// oneImport names an import; without an id, the last one.
type oneImport struct {
	inDirectory
	ID string `arg:"" optional:"" help:"The import's id; the last one if left out."`
}

func (c oneImport) find(ctx context.Context) (api *client, i anImport, err error) {
	if api, err = c.connect(); err != nil {
		return nil, i, err
	}
	if c.ID != "" {
		return api, i, api.call(ctx, http.MethodGet, c.path("/imports/"+escape(c.ID)), nil, &i)
	}
	var page struct{ Items []anImport }
	if err := api.call(ctx, http.MethodGet, c.path("/imports?limit=1"), nil, &page); err != nil {
		return nil, i, err
	}
	if len(page.Items) == 0 {
		return nil, i, fmt.Errorf("nothing was imported into directory %s yet; %s import users.csv does", c.Directory, program())
	}
	return api, page.Items[0], nil
}

type importStatusCmd struct{ oneImport }

// Run shows an import with its statistics.
func (c *importStatusCmd) Run(ctx context.Context, t *terminal) error {
	_, i, err := c.find(ctx)
	if err != nil {
		return err
	}
	if c.Output == asJSON {
		return show(ctx, t, c.remote, http.MethodGet, c.path("/imports/"+i.ID), nil, func(anImport) error { return nil })
	}
	rows := [][]string{{"import", i.ID}, {"name", orDash(i.Name)}, {"state", i.State}, {"rows", fmt.Sprint(i.Rows)}, {"progress", fmt.Sprintf("%d/%d", i.Done, i.Total)}}
	if i.Problem != "" {
		rows = append(rows, []string{"problem", i.Problem})
	}
	counts := i.Planned
	if i.State == "running" || i.State == "done" || i.Applied != (importCounts{}) {
		counts = i.Applied
	}
	return table(t.out, nil, append(rows, counts.rows()...))
}

type importProblemsCmd struct{ oneImport }

// Run writes the rows with a problem.
func (c *importProblemsCmd) Run(ctx context.Context, t *terminal) error {
	api, i, err := c.find(ctx)
	if err != nil {
		return err
	}
	answer, err := api.send(ctx, http.MethodGet, c.path("/imports/"+i.ID+"/rows?result=problem"), "text/csv", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(t.out, answer.Body)
	return err
}

type importApplyCmd struct {
	oneImport
	Comment string `short:"m" help:"Why, for the audit."`
}

// Run applies an import that was checked.
func (c *importApplyCmd) Run(ctx context.Context, t *terminal) error {
	api, i, err := c.find(ctx)
	if err != nil {
		return err
	}
	return applyImport(ctx, t, api, c.inDirectory, i, c.Comment)
}

type importCancelCmd struct {
	oneImport
	Comment string `short:"m" help:"Why, for the audit."`
}

// Run stops an import.
func (c *importCancelCmd) Run(ctx context.Context, t *terminal) error {
	_, i, err := c.find(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPost, c.path("/imports/"+i.ID+"/cancellation"), map[string]string{"comment": c.Comment}, func(anImport) error {
		return say(t, "import %s is cancelled; what it has done stays", i.ID)
	})
}
