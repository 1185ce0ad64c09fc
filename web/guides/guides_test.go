package guides

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants"
)

func TestEveryFileIsAGuideAndEveryGuideIsWhole(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(files, "*.yaml")
	if err != nil || len(names) != len(order) {
		t.Errorf("%d files for %d guides: a file without a place in order is never shown (%v)", len(names), len(order), err)
	}
	list, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range list {
		if g.ID != order[i] || !slices.Contains(tenants.Kinds, tenants.Kind(g.Kind)) {
			t.Errorf("%s says that it is %q, of kind %q", order[i], g.ID, g.Kind)
		}
		for what, there := range map[string]bool{
			"title": g.Title != "", "idp": g.IDP != "", "summary": g.Summary != "", "steps": len(g.Steps) > 0, "works": len(g.Works) > 0,
			"limits": len(g.Limits) > 0, "test": len(g.Test) > 0, "errors": len(g.Errors) > 1, "sources": len(g.Sources) > 0,
			"scim":       g.SCIM == "2.0" || g.SCIM == "1.1",
			"credential": g.Credential == "bearer" || g.Credential == "basic" || g.Credential == "oauth",
			"confidence": g.Confidence == Documentation || g.Confidence == Memory,
			"doubts":     g.Confidence == Documentation || g.Doubts != "",
		} {
			if !there {
				t.Errorf("%s lacks %s", g.ID, what)
			}
		}
		if _, err := time.Parse(time.DateOnly, g.Checked); err != nil {
			t.Errorf("%s was checked %q, which is no date", g.ID, g.Checked)
		}
	}
}

func TestEveryKindOfConnectorHasAGuide(t *testing.T) {
	t.Parallel()
	for _, kind := range tenants.Kinds {
		if len(Find(string(kind))) == 0 {
			t.Errorf("no guide for connectors of kind %s", kind)
		}
	}
	if found := Find("okta"); len(found) != 3 {
		t.Errorf("the kind okta finds %d guides, want the three ways of Okta", len(found))
	}
	if found := Find("okta-opp"); len(found) != 1 || found[0].SCIM != "1.1" {
		t.Errorf("an id finds %v", found)
	}
}

var braces = regexp.MustCompile(`\{[a-zA-Z0-9]+\}`)

func TestEveryPlaceholderOfAGuideIsOne(t *testing.T) {
	t.Parallel()
	for _, g := range All() {
		for _, found := range braces.FindAllString(g.Markdown(), -1) {
			if !slices.ContainsFunc(Placeholders, func(p struct{ Name, Means string }) bool { return p.Name == found }) {
				t.Errorf("%s has the placeholder %s, which nothing fills", g.ID, found)
			}
		}
	}
}

func TestFillingPutsInAddressesAndLeavesSecretsAndTheGuideItself(t *testing.T) {
	t.Parallel()
	for _, g := range All() {
		before := g.Markdown()
		filled := g.Filled(Of("https://muster.example.com/", "acme")).Markdown()
		for _, gone := range []string{"{baseURL}", "{baseURLv1}", "{tokenURL}"} {
			if strings.Contains(filled, gone) {
				t.Errorf("%s still has %s", g.ID, gone)
			}
		}
		if strings.Contains(before, "{token}") != strings.Contains(filled, "{token}") {
			t.Errorf("%s lost the place of its token", g.ID)
		}
		if again, _ := ByID(g.ID); again.Markdown() != before {
			t.Errorf("filling %s changed the guide for everybody", g.ID)
		}
	}
	g, _ := ByID("pingfederate")
	if page := g.Filled(Of("https://muster.example.com", "acme")).Markdown(); !strings.Contains(page, "https://muster.example.com/scim/acme/v1/Users") {
		t.Error("PingFederate's guide does not name the address of users in SCIM 1.1")
	}
}

func TestTheDocumentationIsMadeFromTheGuides(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "docs", "guides")
	pages := Pages()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, ok := pages[entry.Name()]; !ok {
			t.Errorf("docs/guides/%s is made of no guide; delete it", entry.Name())
		}
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || string(got) != want {
			t.Errorf("docs/guides/%s is not what the guide says: run go generate ./web/guides (%v)", name, err)
		}
	}
}

func TestEverySourceIsAnAddress(t *testing.T) {
	t.Parallel()
	for _, g := range All() {
		for _, s := range g.Sources {
			if !strings.HasPrefix(s.URL, "https://") || s.Title == "" {
				t.Errorf("%s names the source %q at %q", g.ID, s.Title, s.URL)
			}
		}
	}
}
