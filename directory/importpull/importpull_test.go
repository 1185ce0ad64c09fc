package importpull_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/directory/importpull"
)

// pulled is what a source gives, a word for each row, and its error.
func pulled(t *testing.T, s importpull.Source) (string, error) {
	t.Helper()
	var out []string
	for r, err := range importpull.Rows(t.Context(), s) {
		switch {
		case err != nil:
			return strings.Join(out, " "), err
		case r.Problem != nil:
			out = append(out, "!"+r.Problem.Code)
		case r.Kind == importfile.User:
			out = append(out, r.User.UserName()+"="+r.Source)
		case r.Kind == importfile.Group:
			out = append(out, "["+r.Group+"]")
		default:
			out = append(out, r.Member+">"+r.Group)
		}
	}
	return strings.Join(out, " "), nil
}

// users are five of them, in pages of two, by index or by cursor.
func users(w http.ResponseWriter, r *http.Request, cursors bool) {
	start, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
	next := ""
	if cursors {
		if start, _ = strconv.Atoi(r.URL.Query().Get("cursor")); start == 0 {
			start = 1
		}
		if start+2 <= 5 {
			next = fmt.Sprintf(`"nextCursor":"%d",`, start+2)
		}
	}
	var page []string
	for n := start; n < start+2 && n <= 5; n++ {
		page = append(page, fmt.Sprintf(`{"id":"%d","userName":"u%d","groups":[{"value":"g","display":"Team"}]}`, n, n))
	}
	fmt.Fprintf(w, `{"totalResults":5,%s"Resources":[%s]}`, next, strings.Join(page, ","))
}

func server(t *testing.T, cursors bool) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/v2/Users", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		users(w, r, cursors)
	})
	mux.HandleFunc("/v2/Groups", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"totalResults":2,"Resources":[{"id":"g","displayName":"Team","members":[{"value":"1"},{"value":"2"}]},{"id":"a/b","displayName":"Big"}]}`)
	})
	mux.HandleFunc("/v2/Groups/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id":%q,"displayName":"Big","members":[{"value":"3"}]}`, r.PathValue("id"))
	})
	mux.HandleFunc("/away/Users", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:1/Users", http.StatusFound)
	})
	mux.HandleFunc("/odd/Users", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestAllUsersAndGroupsComeByIndexAndByCursor(t *testing.T) {
	t.Parallel()
	for _, cursors := range []bool{false, true} {
		got, err := pulled(t, importpull.Source{URL: server(t, cursors).URL + "/v2/", Token: "secret", PageSize: 2, Private: true})
		if want := "u1=1 u2=2 u3=3 u4=4 u5=5 [Team] 1>Team 2>Team [Big] 3>Big"; got != want || err != nil {
			t.Errorf("with cursors %v: %s (%v), want %s", cursors, got, err, want)
		}
	}
}

func TestWhatIsWrongWithASourceIsSaid(t *testing.T) {
	t.Parallel()
	s := server(t, false)
	for _, c := range []struct {
		source importpull.Source
		part   string
	}{
		{importpull.Source{URL: s.URL + "/v2", Token: "wrong", Private: true}, "refuses the credential"},
		{importpull.Source{URL: s.URL + "/none", Private: true}, "answered 404"},
		{importpull.Source{URL: s.URL + "/odd", Private: true}, "no list of SCIM"},
		{importpull.Source{URL: s.URL + "/away", Private: true}, "is not followed"},
		{importpull.Source{URL: s.URL + "/v2", Token: "secret"}, "https only"},
		{importpull.Source{URL: "https://" + strings.TrimPrefix(s.URL, "http://")}, "MUSTER_IMPORT_PRIVATE"},
		{importpull.Source{URL: "https://localhost:1"}, "MUSTER_IMPORT_PRIVATE"},
		{importpull.Source{URL: "file:///etc/passwd"}, "must be that of a SCIM server"},
		{importpull.Source{URL: "gopher://x/"}, "must begin with https"},
		{importpull.Source{URL: "https://u:p@x.example"}, "without a user"},
	} {
		_, err := pulled(t, c.source)
		var file *importfile.FileError
		if !errors.As(err, &file) || !strings.Contains(file.Detail, c.part) {
			t.Errorf("%s: %v, want %q in it", c.source.URL, err, c.part)
		}
	}
}

func TestAddressesInsideAreNotPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "1.1.1.1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "::1": false, "fd00::1": false, "fe80::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "224.0.0.1": false, "255.255.255.255": false, "::": false,
		"::10.0.0.1": false, "::ffff:0:10.0.0.1": false, "100::1": false,
	} {
		if got := importpull.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
}
