// Package importfile reads files of people: CSV, JSON lines and LDIF. It gives users, groups and
// memberships one after the other and says of each line that cannot be used where it is wrong and
// what to do about it.
//
// Laws it keeps: it is a function of its input, without clock, context or I/O of its own; one bad
// row stops no other; whatever the file, it holds no more than one row of MaxRow bytes in memory;
// what a cell holds is data and never more than that.
//
// It knows nothing of a directory: whether a user exists, or a membership may be, is decided there.
package importfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// MaxRow is how long a row may be, in bytes: a line of CSV or JSON lines, an entry of LDIF.
const MaxRow = 1 << 20

// Format is how a file is written.
type Format string

// The formats.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
	LDIF      Format = "ldif"
)

// Kind is what a row is about.
type Kind string

// The kinds of rows.
const (
	User       Kind = "user"
	Group      Kind = "group"
	Membership Kind = "membership"
)

// Options say how a file is to be read.
type Options struct {
	Format  Format
	Kind    Kind              // what the rows of CSV are; "": told from the columns
	Columns map[string]string // of CSV: a column's heading → the attribute that it holds; "-" leaves it out
}

// Row is a user, a group or a membership. A line of a file gives several when it names groups or
// members too.
type Row struct {
	Line    int64 // where it begins, from 1
	Kind    Kind
	User    scim.Document // of a user
	Source  string        // of a user: its id, or DN, in the system that the file comes from
	Group   string        // displayName of a group, or of a membership's group
	Member  string        // of a membership: the user's userName, e-mail, id, or Source
	Text    string        // as the file has it; empty for what is part of another row
	Problem *Problem      // why it cannot be used; nil: it can
}

// Problem is why a row cannot be used.
type Problem struct {
	Code   string // invalid, tooLong, notUTF8, notSupported, missing
	Column string // column or attribute; "" when it is the whole row
	Value  string // shortened
	Detail string // one sentence that says what to do
}

// FileError says why a file cannot be read, from a line on.
type FileError struct {
	Line   int64
	Detail string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.Detail
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Detail)
}

// Read reads a file row by row. An error ends the rows: it is a *FileError, or one of the reader.
func Read(r io.Reader, o Options) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		in, err := begin(r)
		if err != nil {
			yield(Row{}, err)
			return
		}
		switch o.Format {
		case CSV:
			readCSV(in, o, yield)
		case JSONLines:
			readJSONLines(in, yield)
		case LDIF:
			readLDIF(in, yield)
		default:
			yield(Row{}, &FileError{Detail: fmt.Sprintf("%q is no format of imports; use csv, jsonl or ldif", o.Format)})
		}
	}
}

// begin passes over a byte order mark, and refuses what is not UTF-8 from its first bytes on.
func begin(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3) // it was just seen
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), len(head) > 1 && (head[0] == 0 || head[1] == 0):
		return nil, &FileError{Detail: "the file is UTF-16 and not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8) and import it again"}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, &FileError{Detail: "the file is a workbook or an archive and not text; save the sheet as CSV UTF-8 and import that"}
	}
	return in, nil
}

// lines reads lines of at most MaxRow bytes.
type lines struct {
	in   *bufio.Reader
	line int64 // of the line that next gave
}

// next is the next line without its end; long when it has more than MaxRow bytes, of which the
// first are given. ok is false behind the last one.
func (l *lines) next() (text []byte, long, ok bool, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		if len(part) > 0 && !ok {
			ok = true
			l.line++
		}
		if room := MaxRow - len(text); len(part) > room+2 {
			long = true
			part = part[:max(room, 0)]
		}
		if !long || len(text) < MaxRow {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil, errors.Is(err, io.EOF):
			text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
			return text, long || len(text) > MaxRow, ok, nil
		default:
			return nil, false, false, fmt.Errorf("reading the file: %w", err)
		}
	}
}

// Shortened is a value as a problem shows it.
func Shortened(s string) string {
	const most = 80
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func problem(code, column, value, format string, args ...any) *Problem {
	return &Problem{Code: code, Column: column, Value: Shortened(value), Detail: fmt.Sprintf(format, args...)}
}

func tooLong() *Problem {
	return problem("tooLong", "", "", "The row has more than %d bytes. Split it: members of a group may come in several rows with the group's name.", MaxRow)
}

// user makes a user's row of raw SCIM values.
func user(line int64, text string, raw map[string]any) Row {
	row := Row{Line: line, Kind: User, Text: text}
	doc, _, err := scim.ParseUser(raw, scim.Options{})
	if err != nil {
		row.Problem = fromSCIM(err)
		return row
	}
	row.User = doc
	return row
}

func fromSCIM(err error) *Problem {
	p := &Problem{Code: "invalid", Detail: err.Error()}
	var said *scim.Error
	if errors.As(err, &said) {
		p.Detail = said.Detail
	}
	if name, _, ok := strings.Cut(p.Detail, " "); ok && !strings.EqualFold(name, "the") && isASCIIName(name) {
		p.Column = name
	}
	return p
}

func isASCIIName(s string) bool {
	for _, r := range s {
		if r > 127 || r < '.' && r != '-' {
			return false
		}
	}
	return s != ""
}

// group makes a group's row.
func group(line int64, text, column, name string) Row {
	return Row{Line: line, Kind: Group, Text: text, Group: name, Problem: checkGroup(column, name)}
}

func checkGroup(column, name string) *Problem {
	if strings.TrimSpace(name) == "" {
		return problem("missing", column, "", "A group needs a name.")
	}
	if err := canonical.Check(name, 256); err != nil {
		return problem("invalid", column, name, "The name of the group %s.", err)
	}
	return nil
}

// membership makes a membership's row. Names of members are looked up later, so they may be
// anything that a user can be called.
func membership(line int64, text, groupColumn, name, memberColumn, member string) Row {
	row := Row{Line: line, Kind: Membership, Text: text, Group: name, Member: member, Problem: checkGroup(groupColumn, name)}
	if row.Problem == nil {
		row.Problem = checkMember(memberColumn, member)
	}
	return row
}

func checkMember(column, member string) *Problem {
	if strings.TrimSpace(member) == "" {
		return problem("missing", column, "", "A membership needs a user: a userName, an e-mail address or an id.")
	}
	if err := canonical.Check(member, 1024); err != nil {
		return problem("invalid", column, member, "The name of the member %s.", err)
	}
	return nil
}
