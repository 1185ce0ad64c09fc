package importfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// tape keeps what was read since the last cut, so that a row's own text is at hand, and ends the
// reading when that becomes too long: a quote that is never closed would swallow the whole file.
type tape struct {
	in   io.Reader
	kept []byte
	gone int   // of kept, what was cut already
	from int64 // the offset behind that
}

var errLongRow = errors.New("the row is too long")

// ahead is how much csv reads beyond the row that it gives.
const ahead = 1 << 16

func (t *tape) Read(p []byte) (int, error) {
	if len(t.kept)-t.gone > MaxRow+ahead {
		return 0, errLongRow
	}
	t.kept, t.gone = append(t.kept[:0], t.kept[t.gone:]...), 0
	n, err := t.in.Read(p[:min(len(p), ahead/2)])
	t.kept = append(t.kept, p[:n]...)
	return n, err
}

// cut is the text up to an offset, which is then forgotten.
func (t *tape) cut(to int64) string {
	n := min(max(to-t.from, 0), int64(len(t.kept)-t.gone))
	text := string(t.kept[t.gone:][:n])
	t.gone += int(n)
	t.from += n
	return text
}

// readCSV reads a header and rows behind it. A comma, a semicolon or a tab separates cells: the
// one that the header has most of.
func readCSV(in *bufio.Reader, o Options, yield func(Row, error) bool) {
	comma, err := separator(in)
	if err != nil {
		yield(Row{}, err)
		return
	}
	t := &tape{in: in}
	rows := csv.NewReader(t)
	rows.Comma, rows.FieldsPerRecord, rows.ReuseRecord = comma, -1, true
	head, err := rows.Read()
	switch {
	case errors.Is(err, io.EOF):
		yield(Row{}, &FileError{Detail: "the file is empty; its first line names the columns"})
		return
	case err != nil:
		yield(Row{}, csvError(err, 1))
		return
	}
	c, err := readHeader(append([]string(nil), head...), o)
	if err != nil {
		yield(Row{}, err)
		return
	}
	t.cut(rows.InputOffset())
	last := int64(1) // the line of the last row that could be read
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		text := strings.TrimRight(t.cut(rows.InputOffset()), "\r\n")
		text = strings.TrimLeft(text, "\r\n") // empty lines before it
		var wrong *csv.ParseError
		switch {
		case errors.As(err, &wrong) && !errors.Is(err, errLongRow):
			if !yield(Row{Line: int64(wrong.StartLine), Kind: c.kind, Text: text, Problem: problem("invalid", "", text,
				"The quotes of this row do not match; write a quote inside a cell twice, and the cell in quotes.")}, nil) {
				return
			}
			continue
		case err != nil:
			yield(Row{}, csvError(err, last))
			return
		}
		line, _ := rows.FieldPos(0)
		last = int64(line)
		for _, row := range c.rows(last, text, cells) {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func csvError(err error, line int64) error {
	if errors.Is(err, errLongRow) {
		return &FileError{Line: line, Detail: fmt.Sprintf("a row behind this line has more than %d bytes; perhaps a quote is not closed", MaxRow)}
	}
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return &FileError{Line: int64(wrong.Line), Detail: "the line that names the columns cannot be read: " + wrong.Err.Error()}
	}
	return fmt.Errorf("reading the file: %w", err)
}

// separator finds what separates the cells of the header.
func separator(in *bufio.Reader) (rune, error) {
	head, err := in.Peek(1 << 12)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return 0, fmt.Errorf("reading the file: %w", err)
	}
	line, _, _ := strings.Cut(string(head), "\n")
	best, most := ',', 0
	for _, r := range []rune{',', ';', '\t'} {
		if n := strings.Count(line, string(r)); n > most {
			best, most = r, n
		}
	}
	return best, nil
}

// rows are what one row of the file says: a user and its memberships, a group, or a membership.
func (c *columns) rows(line int64, text string, cells []string) []Row {
	fail := func(p *Problem) []Row { return []Row{{Line: line, Kind: c.kind, Text: text, Problem: p}} }
	if len(text) > MaxRow {
		return fail(tooLong())
	}
	if len(cells) > len(c.targets) {
		return fail(problem("invalid", "", cells[len(c.targets)], "The row has %d cells and the header %d. Put a cell with a separator in it into quotes.", len(cells), len(c.targets)))
	}
	values := make(map[string]string, len(cells))
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			return fail(problem("notUTF8", c.headings[i], cell, "The cell is not UTF-8. Save the file as UTF-8."))
		}
		if cell = strings.TrimSpace(cell); cell != "" && c.targets[i] != noColumn {
			values[c.targets[i]] = cell
		}
	}
	switch c.kind {
	case Group:
		return []Row{group(line, text, c.heading(groupColumn), values[groupColumn])}
	case Membership:
		return []Row{membership(line, text, c.heading(groupColumn), values[groupColumn], c.heading(memberColumn), values[memberColumn])}
	}
	return c.userRows(line, text, values)
}

func (c *columns) userRows(line int64, text string, values map[string]string) []Row {
	raw := make(map[string]any, len(values))
	for _, to := range c.targets { // in the file's order
		value, there := values[to]
		if !there || to == groupsColumn || to == sourceColumn || to == groupColumn || to == memberColumn {
			continue
		}
		if p := put(raw, to, value); p != nil {
			p.Column = c.heading(to)
			return []Row{{Line: line, Kind: User, Text: text, Problem: p}}
		}
	}
	if raw["userName"] == nil && values["emails.work"] != "" {
		raw["userName"] = values["emails.work"]
	}
	name, _ := raw["userName"].(string)
	if name == "" {
		return []Row{{Line: line, Kind: User, Text: text, Problem: problem("missing", c.heading("userName"), "", "A user needs a userName, or an e-mail address to be called by.")}}
	}
	row := user(line, text, raw)
	row.Source = values[sourceColumn]
	if row.Problem != nil {
		row.Problem.Column = c.heading(row.Problem.Column)
		return []Row{row}
	}
	rows := []Row{row}
	for group := range strings.SplitSeq(values[groupsColumn], ";") {
		if group = strings.TrimSpace(group); group != "" {
			rows = append(rows, membership(line, "", c.heading(groupsColumn), group, c.heading("userName"), name))
		}
	}
	return rows
}
