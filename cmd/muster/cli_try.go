package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

type tryCmd struct {
	remote
	Connector string   `short:"c" required:"" help:"The connector's slug."`
	Method    string   `arg:"" help:"GET, POST, PUT, PATCH or DELETE."`
	Path      string   `arg:"" help:"The path below the connector's base URL, such as /Users."`
	Data      string   `short:"d" help:"The body: @FILE, @- for the standard input, or the text itself."`
	Header    []string `short:"H" help:"A header of the request, such as 'If-Match: W/\"3\"'." sep:"none"`
}

// Help shows how.
func (tryCmd) Help() string {
	return "The request is answered as the connector's own would be, and nothing is changed. Ids and times will be others then.\n\nExamples:\n\n" +
		"  muster try -c acme-okta GET '/Users?filter=userName eq \"ada@acme.example\"'\n" +
		"  muster try -c acme-okta PATCH /Groups/0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b -d @patch.json"
}

// trial is what a request would be answered and would do.
type trial struct {
	Response struct {
		Status int
		Body   json.RawMessage
	}
	Decisions []struct {
		User    struct{ UserName string }
		Creates bool
		Status  string
		Because because
		Lines   []struct {
			Group       string
			Member, Was bool
			Because     because
		}
	}
	Events []event
	Queued int
}

// Run tries the request.
func (c *tryCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"method": strings.ToUpper(c.Method), "path": c.Path}
	if c.Data != "" {
		text, err := readData(c.Data)
		if err != nil {
			return err
		}
		body["body"] = text
	}
	headers := map[string]string{}
	for _, h := range c.Header {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return fmt.Errorf("the header %q has no colon; write 'Name: value'", h)
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	if len(headers) > 0 {
		body["headers"] = headers
	}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/trials", body, func(x trial) error { return x.print(t) })
}

// readData reads a body as curl's -d does.
func readData(data string) (string, error) {
	file, ok := strings.CutPrefix(data, "@")
	if !ok {
		return data, nil
	}
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("reading the body: %w", err)
	}
	return string(text), nil
}

func (x trial) print(t *terminal) error {
	if err := say(t, "The answer would be %d %s.", x.Response.Status, http.StatusText(x.Response.Status)); err != nil {
		return err
	}
	if len(x.Response.Body) > 0 {
		if err := printJSON(t.out, x.Response.Body); err != nil {
			return err
		}
	}
	for _, d := range x.Decisions {
		made := ""
		if d.Creates {
			made = "made, and "
		}
		if err := say(t, "\n%s would be %s%s. %s", printable(d.User.UserName), made, d.Status, printable(d.Because.Sentence)); err != nil {
			return err
		}
		var rows [][]string
		for _, l := range d.Lines {
			rows = append(rows, []string{"  " + l.Group, moved(l.Was, l.Member), l.Because.Sentence})
		}
		if err := table(t.out, nil, rows); err != nil {
			return err
		}
	}
	if x.Queued != 0 {
		if err := say(t, "\nMore people would be settled after the answer, by the workers."); err != nil {
			return err
		}
	}
	if len(x.Events) == 0 {
		return say(t, "\nNothing would be written.")
	}
	rows := make([][]string, len(x.Events))
	for i, e := range x.Events {
		rows[i] = []string{e.Action, orDash(inShort(e.Changes))}
	}
	if err := say(t, ""); err != nil {
		return err
	}
	return table(t.out, []string{"EVENT", "WHAT"}, rows)
}

// moved says what becomes of a membership.
func moved(was, is bool) string {
	switch {
	case is && was:
		return "stays"
	case is:
		return "joins"
	case was:
		return "leaves"
	}
	return "is not in"
}
