package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// importRows is how many users the import has that is killed: MUSTER_IMPORT_ROWS, else so many
// that it takes a while.
func importRows(t testing.TB) int {
	if n, err := strconv.Atoi(os.Getenv("MUSTER_IMPORT_ROWS")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return 2_000
	}
	return 20_000
}

// peopleFile writes a CSV file of n users, each in one of twenty groups.
func peopleFile(t testing.TB, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "people.csv")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(f, "login,firstName,lastName,email,department,groups")
	for k := range n {
		fmt.Fprintf(f, "user%07d@x.example,First%d,Last%d,user%07d@x.example,Dept %d,Team %d\n", k, k, k, k, k%50, k%20)
	}
	return name
}

// memory is the most memory that the server's process has had, in MiB.
func (s *server) memory(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	if err != nil {
		t.Skipf("the system does not say how much memory a process has: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return kib >> 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// TestAKilledImportEndsEqualToItsFile kills the server once while it checks an import and twice while
// it applies it. Started again it goes on by itself, does no row twice, and keeps its memory bounded.
func TestAKilledImportEndsEqualToItsFile(t *testing.T) {
	t.Parallel()
	n := importRows(t)
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		directory := s.directory(t)
		base := "/directories/" + directory
		most := 0
		killed := func() {
			most = max(most, s.memory(t))
			s.kill()
			s.start(t)
		}

		began := time.Now()
		path := base + "/imports/" + s.sending(t, directory, peopleFile(t, n))
		if s.await(t, path, "ready", func(done, total int) bool { return done > 0 }) {
			t.Errorf("%d rows were checked before anybody could see it; give the import more rows", n)
		}
		killed()
		s.await(t, path, "ready", func(int, int) bool { return false })
		i := s.adminOK(t, "GET", path, nil)
		counted(t, i, "planned", n)
		t.Logf("%s: sent and checked in %s with a kill, most memory %d MiB", s.engine, time.Since(began).Round(time.Millisecond), max(most, s.memory(t)))

		began = time.Now()
		s.adminOK(t, "POST", path+"/application", map[string]any{"hash": i.text(t, "$.hash"), "comment": "killed on purpose"})
		for quarter := 1; quarter <= 3; quarter += 2 {
			if s.await(t, path, "done", func(done, total int) bool { return done*4 >= total*quarter }) {
				t.Errorf("%d rows were applied before the server could be killed; give the import more rows", n)
			}
			killed()
		}
		s.await(t, path, "done", func(int, int) bool { return false })
		took := time.Since(began)
		most = max(most, s.memory(t))
		t.Logf("%s: %d rows applied in %s with two kills, %.0f rows/s, most memory %d MiB", s.engine, 2*n+20, took.Round(time.Millisecond), float64(2*n+20)/took.Seconds(), most)
		if most > 400 {
			t.Errorf("the server took %d MiB for %d rows", most, n)
		}
		counted(t, s.adminOK(t, "GET", path, nil), "applied", n)
		s.expectPeople(t, base, n)
	})
}

// sending begins to send a file to be checked, and returns the import's id. The command may end as
// it likes: the server is killed while it waits.
func (s *server) sending(t *testing.T, directory, file string) string {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.muster(t, "import", file, "-d", directory, "--dry-run")
	}()
	t.Cleanup(func() { <-ended })
	for {
		if imports := s.items(t, "/directories/"+directory+"/imports"); len(imports) > 0 {
			return imports[0]["id"].(string)
		}
		select {
		case <-ended:
			t.Fatal("the command ended, and there is no import")
		case <-time.After(5 * time.Millisecond): // there is nothing to be notified by
		}
	}
}

// counted expects the numbers of peopleFile.
func counted(t testing.TB, i response, what string, n int) {
	t.Helper()
	for at, want := range map[string]int{"usersCreated": n, "membershipsAdded": n, "groupsCreated": 20, "errors": 0} {
		if got := plainText(i.at(t, "$."+what+"."+at)); got != strconv.Itoa(want) {
			t.Errorf("%s %s %s, want %d", what, got, at, want)
		}
	}
}

// await waits until an import that is checked or applied has come so far, or into the state behind
// that, and says whether it is there.
func (s *server) await(t testing.TB, path, behind string, far func(done, total int) bool) bool {
	t.Helper()
	for ; ; time.Sleep(5 * time.Millisecond) { // there is nothing to be notified by
		i := s.adminOK(t, "GET", path, nil)
		done, _ := strconv.Atoi(plainText(i.at(t, "$.done")))
		total, _ := strconv.Atoi(plainText(i.at(t, "$.total")))
		switch state := i.at(t, "$.state"); state {
		case behind:
			return true
		case "receiving":
		case "checking", "running":
			if far(done, total) {
				return false
			}
		default:
			t.Fatalf("the import is %v: %s", state, i.Body)
		}
	}
}

// expectPeople expects that the directory holds what peopleFile wrote.
func (s *server) expectPeople(t testing.TB, base string, n int) {
	t.Helper()
	seen := make(map[string]bool, n)
	for _, u := range s.items(t, base+"/users") {
		name := u["userName"].(string)
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
	if len(seen) != n {
		t.Errorf("the directory has %d users, want %d", len(seen), n)
	}
	members := 0
	for _, g := range s.items(t, base+"/groups") {
		for _, m := range s.items(t, base+"/groups/"+g["id"].(string)+"/members") {
			name := m["user"].(map[string]any)["userName"].(string)
			k, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "user"), "@x.example"))
			if err != nil || g["displayName"] != fmt.Sprintf("Team %d", k%20) {
				t.Errorf("%s is in %v", name, g["displayName"])
			}
			members++
		}
	}
	if members != n {
		t.Errorf("the groups have %d members, want %d", members, n)
	}
}

// TestImportIsThereForAdministrators is row C11 of docs/seeds.md from the command line: existing
// people come in additively, by a job with live statistics, and those of the last run are kept.
func TestImportIsThereForAdministrators(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		file := filepath.Join(t.TempDir(), "users.csv")
		text := "userName,email,groups\nada,ada@x.example,Math;Poetry\nbob,bob@x.example,\n,,\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			args, part string
		}{
			{"import " + file + " --dry-run", "Nothing was changed"},
			{"import problems", "A user needs a userName"},
			{"import " + file + " --yes", "users created"},
			{"import status", "done"},
			{"import list", "users.csv"},
			{"users show ada", "Poetry"},
			{"import " + file + " --yes", "There is nothing to do"},
		} {
			out, err := s.muster(t, append(strings.Fields(step.args), "-d", directory)...)
			if err != nil || !strings.Contains(out, step.part) {
				t.Errorf("muster %s (%v):\n%s\nwant %q in it", step.args, err, out, step.part)
			}
		}
		r := s.admin(t, "POST", "/directories/"+directory+"/imports/pulls", map[string]any{"url": s.URL + "/scim"})
		if r.Status != 422 || !strings.Contains(string(r.Body), "MUSTER_IMPORT_PRIVATE") {
			t.Errorf("pulling from this machine answered %d: %s", r.Status, r.Body)
		}
	})
}

// TestImportSamples imports the samples of docs/import.md.
func TestImportSamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	samples := 0
	s := startServer(t, databases[0])
	for _, format := range []string{"csv", "jsonl", "ldif"} {
		for k, block := range strings.Split(string(page), "```"+format+"\n")[1:] {
			text, _, _ := strings.Cut(block, "```")
			directory := s.directory(t)
			file := filepath.Join(t.TempDir(), fmt.Sprintf("sample%d.%s", k, format))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, userName := range []string{"ada@acme.example", "grace@acme.example"} { // whom the samples of memberships name
				if !strings.Contains(text, "userName") && format == "csv" {
					s.adminOK(t, "POST", "/directories/"+directory+"/users", map[string]any{"userName": userName})
				}
			}
			if out, err := s.muster(t, "import", file, "-d", directory, "--apply"); err != nil {
				t.Errorf("%s sample %d: %v\n%s", format, k, err, out)
			}
			samples++
		}
	}
	if samples < 5 {
		t.Errorf("docs/import.md has %d samples, want five at least", samples)
	}
}
