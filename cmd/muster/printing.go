package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Every command that prints data prints it in one of three forms, which its flag -o or the
// variable MUSTER_OUTPUT chooses:
//
//	table  for people: columns and sentences, which may change with any version
//	json   what the API answered, whole and without a word around it; lists as an array
//	yaml   the same data
//
// A command knows two of them, table and json. What it prints as JSON becomes YAML on its way out,
// so that no command can say one thing in one form and another in the other.

// printing are the flags of commands that print data.
type printing struct {
	Output     string `short:"o" env:"MUSTER_OUTPUT" enum:"table,json,yaml" default:"table" help:"How to print: ${enum}."`
	NoHeadings bool   `name:"no-headings" help:"Leave the headings of tables out, and do not wrap their lines."`
}

const (
	asTable = "table"
	asJSON  = "json"
	asYAML  = "yaml"
)

// printed prepares the terminal for the form that a command line asks for, and returns the form
// and what to call when the command has run. A command that is asked for YAML is told JSON.
func printed(parsed *kong.Context, t *terminal) (form string, _ *terminal, done func() error) {
	form, done = asTable, func() error { return nil }
	for _, flag := range parsed.Flags() {
		switch value := flag.Target; flag.Name {
		case "no-headings":
			if value.Bool() {
				t = &terminal{out: bare{t.out}, err: t.err}
			}
		case "output":
			switch form = value.String(); form {
			case asYAML:
				value.SetString(asJSON)
				t, done = throughYAML(t)
			case asJSON:
				t = &terminal{out: struct{ io.Writer }{t.out}, err: t.err} // no screen, so nobody is asked between the data
			}
		}
	}
	return form, t, done
}

// bare is a writer whose tables have no headings and no end of the line.
type bare struct{ io.Writer }

// throughYAML is a terminal whose output becomes YAML.
func throughYAML(t *terminal) (_ *terminal, done func() error) {
	from, to := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := yamlOf(from, t.out)
		from.CloseWithError(err)
		ended <- err
	}()
	return &terminal{out: to, err: t.err}, func() error {
		_ = to.Close() // of a pipe, it cannot fail
		return <-ended
	}
}

// fail says why a command failed: in a sentence, or as the problem document that the API answered.
func (t *terminal) fail(form string, err error) {
	if form == asTable {
		fmt.Fprintln(t.err, "muster:", err)
		return
	}
	var p *problem
	document := []byte(nil)
	if errors.As(err, &p) && json.Valid(p.document) {
		document = bytes.TrimSpace(p.document)
	} else {
		document, _ = json.Marshal(map[string]string{"title": "muster failed", "detail": err.Error()}) // two texts
	}
	if form == asYAML && yamlOf(bytes.NewReader(document), t.err) == nil {
		return
	}
	_ = printJSON(t.err, document) // there is nowhere else to say that this failed
}
