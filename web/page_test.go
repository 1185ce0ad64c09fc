package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"
)

// pageOf is a desk that serves only the page.
func pageOf(t *testing.T, app fstest.MapFS) *desk {
	t.Helper()
	d := newDesk(t)
	d.engine = gin.New()
	d.engine.RedirectTrailingSlash = false
	outside := d.engine.Group("", d.api.identify, d.api.secure)
	if app == nil {
		addPage(outside, nil)
	} else {
		addPage(outside, app)
	}
	return d
}

func builtPage() fstest.MapFS {
	return fstest.MapFS{
		"index.html":       {Data: []byte(`<style nonce="` + nonceMark + `"></style>`)},
		"assets/main-1.js": {Data: []byte(strings.Repeat("let a = 1;\n", 100))},
		"assets/tiny-2.js": {Data: []byte("a")},
	}
}

func TestWithoutTheBrowserSideThePageSaysHowToGetIt(t *testing.T) {
	t.Parallel()
	d := pageOf(t, nil)
	for _, path := range []string{"/ui/", "/ui/connectors/acme-okta"} {
		if r := d.do(http.MethodGet, path, "").wants(http.StatusOK); !strings.Contains(r.body, "make run") {
			t.Errorf("%s does not say how the graphical interface is built:\n%s", path, r.body)
		}
	}
	d.do(http.MethodGet, "/ui/page.css", "").wants(http.StatusOK)
}

func TestEveryPathThatIsNoFileIsThePageWithANonceOfItsOwn(t *testing.T) {
	t.Parallel()
	d := pageOf(t, builtPage())
	seen := map[string]bool{}
	for _, path := range []string{"/ui/", "/ui/connectors/acme-okta/rules", "/ui/why?user=ada"} {
		r := d.do(http.MethodGet, path, "").wants(http.StatusOK)
		nonce := regexp.MustCompile(`'nonce-([A-Z0-9]{20,})'`).FindStringSubmatch(r.header.Get("Content-Security-Policy"))
		if nonce == nil || r.body != `<style nonce="`+nonce[1]+`"></style>` {
			t.Fatalf("%s: the policy is %s, the page %s", path, r.header.Get("Content-Security-Policy"), r.body)
		}
		if seen[nonce[1]] {
			t.Errorf("%s has the nonce of another answer", path)
		}
		seen[nonce[1]] = true
		if got := r.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s may be kept: %s", path, got)
		}
	}
}

func TestThePolicyOfThePageAllowsNoInlineScript(t *testing.T) {
	t.Parallel()
	for _, loose := range []string{"unsafe", "*", "data:", "http", "blob:"} {
		if strings.Contains(uiPolicy, loose) {
			t.Errorf("the policy has %s: %s", loose, uiPolicy)
		}
	}
}

func TestFilesOfTheBrowserSideAreKeptAndCompressed(t *testing.T) {
	t.Parallel()
	d := pageOf(t, builtPage())
	r := d.do(http.MethodGet, "/ui/assets/main-1.js", "", "Accept-Encoding: gzip, br").wants(http.StatusOK)
	if r.header.Get("Content-Encoding") != "gzip" || !strings.Contains(r.header.Get("Cache-Control"), "immutable") || !strings.Contains(r.header.Get("Content-Type"), "javascript") {
		t.Errorf("main-1.js comes as %v", r.header)
	}
	r = d.do(http.MethodGet, "/ui/assets/tiny-2.js", "", "Accept-Encoding: gzip").wants(http.StatusOK)
	if r.header.Get("Content-Encoding") != "" || r.body != "a" {
		t.Errorf("tiny-2.js comes as %v: %s", r.header, r.body)
	}
}

func TestAFileOfAnotherVersionIsMissing(t *testing.T) {
	t.Parallel()
	pageOf(t, builtPage()).do(http.MethodGet, "/ui/assets/main-0.js", "").problem(http.StatusNotFound, "notFound")
}

func TestTheDocumentIsWrittenWithoutAServer(t *testing.T) {
	t.Parallel()
	text, err := Describe("1.2.3", "https://muster.example.com")
	if err != nil || !strings.HasPrefix(string(text), "{") || !strings.Contains(string(text), `"https://muster.example.com/api/v1"`) {
		t.Fatalf("%v: %.200s", err, text)
	}
}
