package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table writes rows under their headings, in columns that line up. On a screen that is too
// narrow the last column, which holds the sentences, goes on in the next line. What IdPs sent is
// in there: control characters would move the cursor, so they are shown, not done.
func table(w io.Writer, headings []string, rows [][]string) error {
	return newTable(w, headings).write(rows)
}

// tableWriter writes a table in pieces. Columns are as wide as the widest cell so far, so they
// line up within a piece, and a list of any length is printed while it comes.
type tableWriter struct {
	out    io.Writer
	screen int      // how many columns it has; 0 is endless
	first  []string // the headings, until they are written; nil: none
	widths []int
	begun  bool
}

func newTable(w io.Writer, headings []string) *tableWriter {
	if b, ok := w.(bare); ok {
		return &tableWriter{out: b.Writer}
	}
	return &tableWriter{out: w, screen: widthOf(w), first: headings}
}

// write writes the next rows.
func (t *tableWriter) write(rows [][]string) error {
	t.begun = true
	if t.first != nil {
		rows = append([][]string{t.first}, rows...)
		t.first = nil
	}
	clean := make([][]string, len(rows))
	for i, row := range rows {
		for column, cell := range row {
			cell = printable(cell)
			clean[i] = append(clean[i], cell)
			if column == len(t.widths) {
				t.widths = append(t.widths, 0)
			}
			t.widths[column] = max(t.widths[column], utf8.RuneCountInString(cell))
		}
	}
	const gap, narrow = 2, 24 // below that, a column of sentences is worse than a broken line
	left := 0
	for _, n := range t.widths[:max(len(t.widths)-1, 0)] {
		left += n + gap
	}
	room := t.screen - left
	var out bytes.Buffer
	for _, row := range clean {
		lines := []string{""}
		if last := len(row) - 1; last == len(t.widths)-1 && last >= 0 {
			if lines[0] = row[last]; t.screen > 0 && room >= narrow {
				lines = wrap(row[last], room)
			}
			row = row[:last]
		}
		var line strings.Builder
		for column, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", t.widths[column]+gap-utf8.RuneCountInString(cell)))
		}
		for i, text := range lines {
			before := line.String()
			if i > 0 {
				before = strings.Repeat(" ", left)
			}
			out.WriteString(strings.TrimRight(before+text, " ") + "\n")
		}
	}
	_, err := t.out.Write(out.Bytes())
	return err
}

// wrap breaks a text between words into lines of at most so many letters. A longer word keeps
// its line.
func wrap(text string, room int) (lines []string) {
	for utf8.RuneCountInString(text) > room {
		cut := strings.LastIndexByte(string([]rune(text)[:room+1]), ' ')
		if cut <= 0 {
			if cut = strings.IndexByte(text, ' '); cut <= 0 {
				break
			}
		}
		lines = append(lines, text[:cut])
		text = strings.TrimLeft(text[cut:], " ")
	}
	return append(lines, text)
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

// printValue writes a value as JSON, indented.
func printValue(t *terminal, v any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// arrayWriter writes a JSON array item by item.
type arrayWriter struct {
	out   io.Writer
	begun bool
}

func (a *arrayWriter) add(item json.RawMessage) error {
	var out bytes.Buffer
	out.WriteString("[\n  ")
	if a.begun {
		out.Reset()
		out.WriteString(",\n  ")
	}
	a.begun = true
	if err := json.Indent(&out, item, "  ", "  "); err != nil {
		return err
	}
	_, err := a.out.Write(out.Bytes())
	return err
}

// end closes the array.
func (a *arrayWriter) end() error {
	text := "\n]\n"
	if !a.begun {
		text = "[]\n"
	}
	_, err := io.WriteString(a.out, text)
	return err
}
