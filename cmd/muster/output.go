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
	return tableOf(w, widthOf(w), headings, rows)
}

// tableOf is table on a screen of so many columns; 0 is endless.
func tableOf(w io.Writer, screen int, headings []string, rows [][]string) error {
	if headings != nil {
		rows = append([][]string{headings}, rows...)
	}
	var widths []int
	clean := make([][]string, len(rows))
	for i, row := range rows {
		for column, cell := range row {
			cell = printable(cell)
			clean[i] = append(clean[i], cell)
			if column == len(widths) {
				widths = append(widths, 0)
			}
			widths[column] = max(widths[column], utf8.RuneCountInString(cell))
		}
	}
	const gap, narrow = 2, 24 // below that, a column of sentences is worse than a broken line
	left := 0
	for _, n := range widths[:max(len(widths)-1, 0)] {
		left += n + gap
	}
	room := screen - left
	var out bytes.Buffer
	for _, row := range clean {
		lines := []string{""}
		if last := len(row) - 1; last == len(widths)-1 && last >= 0 {
			if lines[0] = row[last]; screen > 0 && room >= narrow {
				lines = wrap(row[last], room)
			}
			row = row[:last]
		}
		var line strings.Builder
		for column, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[column]+gap-utf8.RuneCountInString(cell)))
		}
		for i, text := range lines {
			before := line.String()
			if i > 0 {
				before = strings.Repeat(" ", left)
			}
			out.WriteString(strings.TrimRight(before+text, " ") + "\n")
		}
	}
	_, err := w.Write(out.Bytes())
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
