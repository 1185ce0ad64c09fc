package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

type loginsCmd struct {
	Import loginsImportCmd `cmd:"" help:"Tell the directory from a file when users last signed in."`
}

type loginsImportCmd struct {
	inDirectory
	File  string `arg:"" help:"The file; - is the standard input."`
	Batch int    `default:"5000" help:"How many logins one request tells, up to 10,000."`
}

// Help shows how.
func (loginsImportCmd) Help() string {
	return "The file is CSV with the columns user and at, or a JSON object on each line with those names. A user is named by id, userName " +
		"or e-mail; a time is written as 2026-01-31T08:15:00Z. The latest of each user counts, and nobody's goes back in time, so an " +
		"import that stopped half-way is just done again.\n\nExamples:\n\n" +
		"  muster logins import logins.csv\n" +
		"  psql -Atc 'select json_build_object(...) from …' | muster logins import -"
}

// loginLine is a login with its place in the file.
type loginLine struct {
	User string    `json:"user"`
	At   time.Time `json:"at"`
	line int
}

// loginsTold is what became of logins.
type loginsTold struct {
	Read      int `json:"read"`
	Written   int `json:"written"`
	Older     int `json:"older"`
	Unknown   int `json:"unknown"`
	Ambiguous int `json:"ambiguous"`
	Future    int `json:"future"`
	Problems  []struct {
		Line int    `json:"line"`
		User string `json:"user"`
		Code string `json:"code"`
	} `json:"problems"`
}

// Run imports a file, batch after batch.
func (c *loginsImportCmd) Run(ctx context.Context, t *terminal) error {
	if c.Batch < 1 || c.Batch > 10_000 {
		return errors.New("--batch must be from 1 to 10000")
	}
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("reading the file: %w", err)
		}
		defer f.Close()
		in = f
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	next, err := readLogins(in)
	if err != nil {
		return err
	}
	all := loginsTold{}
	for done := false; !done; {
		var batch []loginLine
		for len(batch) < c.Batch {
			l, err := next()
			if errors.Is(err, io.EOF) {
				done = true
				break
			}
			if err != nil {
				return fmt.Errorf("%w\n%d logins before it are told; mend the file and import it again", err, all.Read)
			}
			batch = append(batch, l)
		}
		if len(batch) == 0 {
			break
		}
		if err := c.tell(ctx, api, batch, &all); err != nil {
			return fmt.Errorf("%w\n%d logins are told; import the file again for the rest", err, all.Read)
		}
		fmt.Fprintf(t.err, "%d read, %d written, %d not newer, %d not taken\n", all.Read, all.Written, all.Older, len(all.Problems))
	}
	return all.print(t, c.Output)
}

// tell sends a batch and adds what became of it.
func (c *loginsImportCmd) tell(ctx context.Context, api *client, batch []loginLine, all *loginsTold) error {
	var told loginsTold
	if err := api.call(ctx, http.MethodPost, c.path("/logins"), map[string]any{"logins": batch}, &told); err != nil {
		return err
	}
	all.Read += len(batch)
	all.Written, all.Older = all.Written+told.Written, all.Older+told.Older
	all.Unknown, all.Ambiguous, all.Future = all.Unknown+told.Unknown, all.Ambiguous+told.Ambiguous, all.Future+told.Future
	for _, p := range told.Problems {
		if p.Line >= 1 && p.Line <= len(batch) {
			p.Line = batch[p.Line-1].line
		}
		all.Problems = append(all.Problems, p)
	}
	return nil
}

// problemsShown is how many logins that were not taken the table names.
const problemsShown = 20

func (x loginsTold) print(t *terminal, output string) error {
	if output == "json" {
		return printValue(t, x)
	}
	var rows [][]string
	for i, p := range x.Problems {
		if i == problemsShown {
			rows = append(rows, []string{"…", fmt.Sprintf("%d more; -o json lists them all", len(x.Problems)-i), ""})
			break
		}
		rows = append(rows, []string{fmt.Sprint(p.Line), p.User, loginProblems[p.Code]})
	}
	if len(rows) > 0 {
		if err := table(t.out, []string{"LINE", "USER", "NOT TAKEN BECAUSE"}, rows); err != nil {
			return err
		}
	}
	return table(t.out, nil, [][]string{{"read", fmt.Sprint(x.Read)}, {"written", fmt.Sprint(x.Written)}, {"not newer", fmt.Sprint(x.Older)},
		{"unknown", fmt.Sprint(x.Unknown)}, {"ambiguous", fmt.Sprint(x.Ambiguous)}, {"in the future", fmt.Sprint(x.Future)}})
}

var loginProblems = map[string]string{
	"unknown":   "nobody in the directory has that id, userName or e-mail",
	"ambiguous": "several users have that e-mail; name one by userName or id",
	"future":    "the time is still to come; check the clock and the time zone",
}

// readLogins reads CSV or JSON lines, whichever the text begins with.
func readLogins(r io.Reader) (next func() (loginLine, error), err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // it was just seen
	}
	first, err := in.Peek(1)
	switch {
	case err == io.EOF:
		return func() (loginLine, error) { return loginLine{}, io.EOF }, nil
	case err != nil:
		return nil, fmt.Errorf("reading the file: %w", err)
	case first[0] == '{':
		return jsonLogins(in), nil
	}
	return csvLogins(in)
}

func jsonLogins(in *bufio.Reader) func() (loginLine, error) {
	n := 0
	return func() (loginLine, error) {
		for {
			text, err := in.ReadBytes('\n')
			n++
			if text = bytes.TrimSpace(text); len(text) > 0 {
				l := loginLine{line: n}
				if err := json.Unmarshal(text, &l); err != nil || l.User == "" || l.At.IsZero() {
					return l, fmt.Errorf(`line %d is not a login; write {"user":"ada@acme.example","at":"2026-01-31T08:15:00Z"}`, n)
				}
				return l, nil
			}
			if err != nil {
				return loginLine{}, err
			}
		}
	}
}

func csvLogins(in *bufio.Reader) (func() (loginLine, error), error) {
	rows := csv.NewReader(in)
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	user, at := -1, -1
	for i, name := range head {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "user":
			user = i
		case "at":
			at = i
		}
	}
	if user < 0 || at < 0 {
		return nil, errors.New("the first line does not name the columns; write user,at there")
	}
	return func() (loginLine, error) {
		row, err := rows.Read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return loginLine{}, err
			}
			return loginLine{}, fmt.Errorf("reading the file: %w", err)
		}
		l := loginLine{}
		l.line, _ = rows.FieldPos(0)
		if len(row) > max(user, at) {
			l.User = strings.TrimSpace(row[user])
			l.At, err = time.Parse(time.RFC3339, strings.TrimSpace(row[at]))
		}
		if l.User == "" || err != nil || l.At.IsZero() {
			return l, fmt.Errorf("line %d is not a login; write a user and a time such as 2026-01-31T08:15:00Z", l.line)
		}
		return l, nil
	}, nil
}
