package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

// TestYAMLIsTheSameDataAsJSON reads back what was written, as another program would.
func TestYAMLIsTheSameDataAsJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"yes", "null", "~", "1e3", "0x1f", "2026-05-03", "a: b", "- x", "#", "", " ", "a\nb", "'", "\"", "on", ".inf", "1_000", "é", "\u2028", "{", "!x", "&a", "*", "1:30"}))
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		plain := []*rapid.Generator[any]{text.AsAny(), rapid.IntRange(-1e6, 1e6).AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil)}
		if depth > 0 {
			plain = append(plain, rapid.SliceOfN(value(depth-1), 0, 3).AsAny(), rapid.MapOfN(text, value(depth-1), 0, 3).AsAny())
		}
		return rapid.OneOf(plain...)
	}
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(value(3).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := yamlOf(bytes.NewReader(data), &out); err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal(data, &want), yaml.Unmarshal(out.Bytes(), &got)); err != nil {
			t.Fatalf("%v of\n%s", err, out.String())
		}
		back, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(back, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s became\n%s\nwhich is %s", data, out.String(), back)
		}
	})
}

// listing is a server with so many tenants.
func listing(t *testing.T, tenants int) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, limit := 0, 50
		fmt.Sscan(r.URL.Query().Get("cursor"), &from)
		fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		page := map[string]any{"next": nil}
		items := []any{}
		for i := from; i < min(from+limit, tenants); i++ {
			items = append(items, map[string]any{"name": fmt.Sprint("tenant ", i), "created": "2026"})
		}
		page["items"] = items
		if from+limit < tenants {
			page["next"] = fmt.Sprint(from + limit)
		}
		if r.URL.Path != "/api/v1/tenants" {
			w.WriteHeader(http.StatusTeapot)
			page = map[string]any{"code": "teapot", "detail": "It is a pot.", "status": 418}
		}
		_ = json.NewEncoder(w).Encode(page)
	}))
	t.Cleanup(server.Close)
	t.Setenv("MUSTER_ADMIN_TOKEN", "x")
	return server
}

func TestAListIsWholeInEveryForm(t *testing.T) {
	const n = 1203
	server := listing(t, n)
	var items []map[string]string
	if err := json.Unmarshal([]byte(runs(t, 0, "tenants", "list", "-o", "json", "--url", server.URL)), &items); err != nil || len(items) != n {
		t.Errorf("JSON has %d of %d: %v", len(items), n, err)
	}
	items = nil
	if err := yaml.Unmarshal([]byte(runs(t, 0, "tenants", "list", "-o", "yaml", "--url", server.URL)), &items); err != nil || len(items) != n {
		t.Errorf("YAML has %d of %d: %v", len(items), n, err)
	}
	if got := strings.Count(runs(t, 0, "tenants", "list", "--no-headings", "--url", server.URL), "\n"); got != n {
		t.Errorf("the table has %d of %d rows", got, n)
	}
	t.Setenv("MUSTER_OUTPUT", "json")
	if out := runs(t, 0, "tenants", "--url", listing(t, 0).URL); strings.TrimSpace(out) != "[]" {
		t.Errorf("an empty list is %s", out)
	}
}

// TestAFailureIsTheProblemWhereDataWasWanted: programs read the code, and the exit status stays.
func TestAFailureIsTheProblemWhereDataWasWanted(t *testing.T) {
	server := listing(t, 0)
	var p struct {
		Code   string
		Status int
	}
	if err := json.Unmarshal([]byte(runs(t, 1, "jobs", "show", "x", "-o", "json", "--url", server.URL)), &p); err != nil || p.Code != "teapot" || p.Status != 418 {
		t.Errorf("%+v %v", p, err)
	}
	if out := runs(t, 1, "jobs", "show", "x", "-o", "yaml", "--url", server.URL); !strings.Contains(out, "code: teapot\n") {
		t.Error(out)
	}
	if out := runs(t, 1, "jobs", "show", "x", "-o", "json", "--url", "http://127.0.0.1:1"); !json.Valid([]byte(out)) || !strings.Contains(out, "MUSTER_URL") {
		t.Error(out)
	}
	if out := runs(t, 1, "jobs", "show", "x", "--url", server.URL); out != "muster: It is a pot.\n" {
		t.Error(out)
	}
}

func TestABackupIsReadOnlyWithWhatItWasWrittenWith(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/b.backup"
	if err := os.WriteFile(file, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := backupManifest{Format: manifestFormat, Version: "1", Engine: "sqlite"}
	var err error
	if m.Size, m.SHA256, err = sumOf(file); err != nil {
		t.Fatal(err)
	}
	expect := func(part string) {
		t.Helper()
		if _, err := readBackup(file); part == "" && err != nil || part != "" && (err == nil || !strings.Contains(err.Error(), part)) {
			t.Errorf("%v, expected was %q", err, part)
		}
	}
	expect("is missing")
	if err := m.write(manifestOf(file)); err != nil {
		t.Fatal(err)
	}
	expect("")
	if err := os.WriteFile(file, []byte("date"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("is not as it was written")
	m.Format = 2
	if err := m.write(manifestOf(file)); err != nil {
		t.Fatal(err)
	}
	expect("newer one")
}
