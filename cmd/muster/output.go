package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// table writes rows under their headings, in columns that line up. What IdPs sent is in there:
// control characters would move the cursor, so they are shown, not done.
func table(w io.Writer, headings []string, rows [][]string) error {
	var buffer bytes.Buffer
	out := tabwriter.NewWriter(&buffer, 2, 0, 2, ' ', 0)
	if headings != nil {
		rows = append([][]string{headings}, rows...)
	}
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				_, _ = out.Write([]byte("\t")) // a buffer takes everything
			}
			_, _ = out.Write([]byte(printable(cell)))
		}
		_, _ = out.Write([]byte("\n"))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(buffer.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// printJSON writes what the API answered, indented.
func printJSON(w io.Writer, data []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err := w.Write(out.Bytes())
	return err
}
