package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/muster-scim/muster/cmd/muster/manifest"
)

// yamlOf writes JSON values as YAML documents, while they come: a list of a million items is
// never held. Fields keep their order.
func yamlOf(in io.Reader, out io.Writer) error {
	y := &yamlWriter{from: json.NewDecoder(in), out: out}
	y.from.UseNumber()
	for first := true; ; first = false {
		token, err := y.from.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !first {
			y.line("---")
		}
		if text, ok := y.short(token); ok {
			y.line(text)
		} else {
			y.long(token, "", "")
		}
		if y.err != nil {
			return y.err
		}
	}
}

// yamlWriter writes YAML until something goes wrong.
type yamlWriter struct {
	from *json.Decoder
	out  io.Writer
	err  error
}

func (y *yamlWriter) line(text string) {
	if y.err == nil {
		_, y.err = io.WriteString(y.out, text+"\n")
	}
}

// next is the next token; after an error there are closing ones only.
func (y *yamlWriter) next() json.Token {
	if y.err != nil {
		return json.Delim('}')
	}
	token, err := y.from.Token()
	if err != nil {
		y.err = err
		return json.Delim('}')
	}
	return token
}

func (y *yamlWriter) more() bool { return y.err == nil && y.from.More() }

// short is a value that is written in the line of its name: one that is no object and no list, or
// an empty one, whose end it reads.
func (y *yamlWriter) short(token json.Token) (string, bool) {
	switch v := token.(type) {
	case json.Delim:
		if y.more() {
			return "", false
		}
		return v.String() + fmt.Sprint(y.next()), true
	case string:
		return manifest.Quoted(v), true
	case nil:
		return "null", true
	}
	return fmt.Sprint(token), true
}

// long writes an object or a list that is not empty. first stands before its first line, indent
// before the others.
func (y *yamlWriter) long(token json.Token, first, indent string) {
	object := token == json.Delim('{')
	for before := first; y.more(); before = indent {
		name, deeper := "-", before+"- "
		if object {
			name, deeper = manifest.Quoted(fmt.Sprint(y.next()))+":", indent+"  "
		}
		value := y.next()
		text, ok := y.short(value)
		switch {
		case ok:
			y.line(before + name + " " + text)
		case object:
			y.line(before + name)
			y.long(value, deeper, deeper)
		default:
			y.long(value, deeper, indent+strings.Repeat(" ", 2))
		}
	}
	y.next() // its end
}
