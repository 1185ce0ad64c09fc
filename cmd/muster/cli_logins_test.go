package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestLoginsAreReadFromCSVAndJSONLines(t *testing.T) {
	t.Parallel()
	const at = "2026-01-31T08:15:00Z"
	for name, c := range map[string]struct{ text, want string }{
		"CSV":                       {"user,at\nada," + at + "\n\"by\nron\"," + at + "\nbob," + at + "\n", "2 ada; 3 by\nron; 5 bob; "},
		"CSV with other columns":    {"\xef\xbb\xbfAt,IP,User\r\n" + at + ",::1, ada \r\n", "2 ada; "},
		"JSON lines":                {`{"user":"ada","at":"` + at + "\"}\n\n" + `{"at":"` + at + `","user":"bob","ip":"::1"}`, "1 ada; 3 bob; "},
		"nothing":                   {"", ""},
		"CSV without its columns":   {"ada," + at + "\n", "the first line does not name the columns"},
		"CSV with an odd time":      {"user,at\nada,yesterday\n", "line 2 is not a login"},
		"CSV that lacks a time":     {"user,at\nada\n", "line 2 is not a login"},
		"JSON lines without a user": {`{"at":"` + at + `"}`, "line 1 is not a login"},
	} {
		var got strings.Builder
		next, err := readLogins(strings.NewReader(c.text))
		for err == nil {
			var l loginLine
			if l, err = next(); err == nil {
				fmt.Fprintf(&got, "%d %s; ", l.line, l.User)
				if l.At.Format(time.RFC3339) != at {
					t.Errorf("%s: the time is %s", name, l.At)
				}
			}
		}
		if !errors.Is(err, io.EOF) {
			got.Reset()
			got.WriteString(err.Error())
		}
		if got.String() != c.want && (errors.Is(err, io.EOF) || !strings.Contains(got.String(), c.want)) {
			t.Errorf("%s gives %q, want %q", name, got.String(), c.want)
		}
	}
}
