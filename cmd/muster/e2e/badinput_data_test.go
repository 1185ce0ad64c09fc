package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// badCase is one hostile or odd request of testdata/badinput.json. Texts hold placeholders such
// as {A} or {uA1}, which a world fills.
type badCase struct {
	ID      string            `json:"id"`
	Area    string            `json:"area"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	PathGen *generator        `json:"path_gen"` // appended to Path
	Headers map[string]string `json:"headers"`

	HeaderGen     map[string]generator `json:"h_gen"`
	HeaderGenMany *struct {
		Prefix string `json:"prefix"`
		Count  int    `json:"count"`
	} `json:"h_gen_many"`
	Body       *string    `json:"body"`
	BodyGen    *generator `json:"body_gen"`
	BodyBase64 string     `json:"body_b64"`
	RawBase64  string     `json:"raw_b64"` // the whole request, in place of all the above

	Needs        string `json:"needs"` // what has to be there before
	ExpectStatus []int  `json:"expect_status"`
	ExpectType   any    `json:"expect_scimType"` // one, or a list of which null means none
	AltStatus    []int  `json:"alt_status"`
	Then         string `json:"then"`
}

// generator makes long texts: unit again and again, {i} in it counting.
type generator struct {
	Prefix string `json:"prefix"`
	Unit   string `json:"unit"`
	Count  int    `json:"count"`
	Mid    string `json:"mid"`
	Unit2  string `json:"unit2"`
	Suffix string `json:"suffix"`
}

// exception is a case that we answer in another way than the collection asks, or do not send.
type exception struct {
	ID       string `json:"id"`
	Status   []int  `json:"status"`   // what we answer instead
	ScimType any    `json:"scimType"` // likewise
	Count    int    `json:"count"`    // how often the case's generator repeats instead
	Skip     bool   `json:"skip"`     // not sent
	Why      string `json:"why"`
}

func readBadInput(t *testing.T) (cases []badCase, exceptions map[string]exception) {
	t.Helper()
	readJSON(t, "badinput.json", &cases)
	var list []exception
	readJSON(t, "badinput-exceptions.json", &list)
	exceptions = map[string]exception{}
	for _, e := range list {
		if e.Why == "" {
			t.Errorf("the exception for %s gives no reason", e.ID)
		}
		exceptions[e.ID] = e
	}
	known := map[string]bool{}
	for _, c := range cases {
		known[c.ID] = true
	}
	for id := range exceptions {
		if !known[id] {
			t.Errorf("there is an exception for %s, but no such case", id)
		}
	}
	return cases, exceptions
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// placeholders of the collection. What is not known is an error, so that a typing mistake does
// not become a harmless request.
var badPlaceholder = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9_]*(\[[a-z0-9]+\])?)\}`)

// fill replaces the placeholders of a text.
func (w *world) fill(text string) string {
	return badPlaceholder.ReplaceAllStringFunc(text, func(found string) string {
		return w.value(found[1 : len(found)-1])
	})
}

// text writes out a generated text.
func (g *generator) text(w *world) string {
	var b strings.Builder
	b.WriteString(w.fill(g.Prefix))
	counts := strings.Contains(g.Unit, "{")
	for i := range g.Count {
		unit := g.Unit
		if counts {
			unit = strings.ReplaceAll(unit, "{i}", fmt.Sprint(i))
			unit = strings.ReplaceAll(unit, "{uA[i]}", w.numbered(i))
		}
		b.WriteString(unit)
	}
	b.WriteString(g.Mid)
	for range g.Count {
		b.WriteString(g.Unit2)
	}
	b.WriteString(w.fill(g.Suffix))
	return b.String()
}

// build makes the request of a case; raw is set instead for one that no HTTP client would send.
func (c badCase) build(t *testing.T, w *world) (r request, raw []byte) {
	t.Helper()
	if c.RawBase64 != "" {
		return request{}, []byte(w.fill(string(fromBase64(t, c.RawBase64))))
	}
	c.inOurPaths()
	r = request{Method: c.Method, Target: w.fill(c.Path), Header: http.Header{}}
	if c.PathGen != nil {
		r.Target += c.PathGen.text(w)
	}
	for name, value := range c.Headers {
		if name == "Cookie" {
			value = strings.Replace(value, "__Host-sid", sessionCookie, 1) // the test's server speaks plain HTTP
		}
		r.Header[name] = []string{w.fill(value)}
	}
	for name, g := range c.HeaderGen {
		r.Header[name] = []string{g.text(w)}
	}
	if c.HeaderGenMany != nil {
		for i := range c.HeaderGenMany.Count {
			r.Header[fmt.Sprint(c.HeaderGenMany.Prefix, i)] = []string{"x"}
		}
	}
	switch {
	case c.Body != nil:
		r.Body = []byte(w.fill(*c.Body))
	case c.BodyGen != nil:
		r.Body = []byte(c.BodyGen.text(w))
	case c.BodyBase64 != "":
		r.Body = fromBase64(t, c.BodyBase64)
	}
	if !clientWouldSend(r) {
		return r, r.wire(w.server)
	}
	return r, nil
}

// clientWouldSend reports whether Go's HTTP client sends such headers; and a request of which
// the server answers before it was read to its end needs the patience of sendRaw.
func clientWouldSend(r request) bool {
	size := 0
	for _, values := range r.Header {
		for _, value := range values {
			size += len(value)
			if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' }) {
				return false
			}
		}
	}
	return size < 60<<10
}

// wire writes a request out by hand.
func (r request) wire(s *server) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", r.Method, r.Target, strings.TrimPrefix(s.URL, "http://"))
	for name, values := range r.Header {
		for _, value := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	if r.Body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return []byte(b.String())
}

func fromBase64(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
