package policy_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

var update = flag.Bool("update", false, "write what Decide answers into testdata/*.txt, to be read before it is kept")

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// TestDecideAnswersAsDocumented runs the cases of testdata/*.txt. README.txt there says how
// they are written. Whatever a case shows, deciding again on its outcome changes nothing.
func TestDecideAnswersAsDocumented(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 2 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	used := map[policy.Code]bool{}
	for _, file := range files {
		if filepath.Base(file) == "README.txt" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(text), "\n== ")
		written := head
		for _, c := range strings.Split(rest, "\n== ") {
			title, body, _ := strings.Cut(c, "\n")
			given, want, _ := strings.Cut(body, "\n->\n")
			t.Run(filepath.Base(file)+"/"+title, func(t *testing.T) {
				in := readCase(t, given)
				d := policy.Decide(in)
				got := show(in, d, used)
				written += "\n== " + title + "\n" + given + "\n->\n" + got
				if !*update && strings.TrimSpace(want) != strings.TrimSpace(got) {
					t.Errorf("decided otherwise (-want +got):\n%s", gocmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got), "\n")))
				}
				settled := apply(in, d)
				again := apply(settled, policy.Decide(settled))
				if diff := gocmp.Diff(stateOf(settled), stateOf(again)); diff != "" {
					t.Errorf("settling twice changes:\n%s", diff)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.TrimRight(written, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, doc := range policy.Codes {
		if !used[doc.Code] && doc.Code != policy.CodeNotGiven { // that one answers a question; no decision holds it
			t.Errorf("no case shows the reason code %q", doc.Code)
		}
	}
}

// readCase reads the lines of a case into an Input.
func readCase(t *testing.T, text string) policy.Input {
	t.Helper()
	in := policy.Input{Now: noon, Connectors: map[string]*policy.Connector{}, Groups: map[string]policy.GroupFacts{}, NamesTaken: map[string]bool{}}
	settings, tenants := policy.DefaultDirectorySettings(), 1
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, " # ")
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch rest = strings.TrimSpace(rest); word {
		case "", "#":
		case "directory":
			must(t, json.Unmarshal([]byte(rest), &settings))
		case "tenants":
			_, err := fmt.Sscan(rest, &tenants)
			must(t, err)
		case "connector":
			readConnector(t, &in, rest)
		case "group":
			name, owner, _ := strings.Cut(rest, " of ")
			in.Groups[canonical.Key(name)] = policy.GroupFacts{Name: name, Tenant: owner}
		case "view":
			readView(t, &in, rest)
		case "user":
			readUser(t, &in, rest)
		case "held":
			rest, set := flags(rest)
			name, supports, _ := strings.Cut(rest, " by ")
			m := policy.Membership{Key: canonical.Key(name), CopiedFrom: set["copied"]}
			for _, s := range strings.Fields(supports) {
				origin, connector, _ := strings.Cut(s, ":")
				m.Supports = append(m.Supports, policy.Support{Origin: policy.Origin(origin), Connector: connector})
				if m.CopiedFrom != "" && origin == string(policy.OriginDefault) {
					m.CopiedBy = connector
				}
			}
			in.Held = append(in.Held, m)
			if _, exists := in.Groups[m.Key]; !exists {
				in.Groups[m.Key] = policy.GroupFacts{Name: name, Tenant: "acme"}
			}
		case "copy":
			in.Copy = readCopy(t, rest)
		case "taken":
			in.NamesTaken[canonical.Key(rest)] = true
		case "keep", "skip", "keepAttribute", "keepActive":
			readException(&in.Exceptions, word, rest)
		default:
			t.Fatalf("a case has no line %q", line)
		}
	}
	var err error
	in.Directory, err = policy.CompileDirectory(settings, tenants)
	must(t, err)
	return in
}

// copy legacy: jira-users, wiki {"title":"Countess"}
func readCopy(t *testing.T, text string) *policy.Copy {
	text, attributes, given := strings.Cut(text, " {")
	from, groups, _ := strings.Cut(text, ":")
	c := policy.Copy{From: from}
	if given {
		must(t, json.Unmarshal([]byte("{"+attributes), &c.Attributes))
	}
	for _, name := range strings.Split(groups, ",") {
		if name = strings.TrimSpace(name); name != "" {
			c.Groups = append(c.Groups, policy.SentGroup{Name: name, Key: canonical.Key(name)})
		}
	}
	return &c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// flags cuts the words in ( ) off the end of a line.
func flags(text string) (rest string, set map[string]string) {
	set = map[string]string{}
	open := strings.LastIndex(text, " (")
	if open < 0 || !strings.HasSuffix(text, ")") {
		return text, set
	}
	for _, word := range strings.Split(text[open+2:len(text)-1], ", ") {
		name, value, _ := strings.Cut(word, " ")
		set[name] = value
	}
	return strings.TrimSpace(text[:open]), set
}

// connector okta of acme 1 {"neverAssign":["x"]} (no groups, still -2h)
func readConnector(t *testing.T, in *policy.Input, text string) {
	text, set := flags(text)
	name, rules, _ := strings.Cut(text, "{")
	c := policy.Connector{Precedence: len(in.Connectors) + 1, HeldGroups: true}
	words := strings.Fields(name)
	c.Slug, c.Tenant = words[0], "acme"
	if len(words) > 2 {
		c.Tenant = words[2]
	}
	read := policy.DefaultRules()
	if rules != "" {
		must(t, json.Unmarshal([]byte("{"+rules), &read))
	}
	compiled, err := policy.Compile(read)
	must(t, err)
	c.Rules = compiled
	if _, no := set["no"]; no {
		c.HeldGroups = false
	}
	if still, ok := set["still"]; ok {
		c.StillSince = moment(t, still)
	}
	in.Connectors[c.Slug] = &c
}

// view okta active: jira-users, staff via everyone (counted, left -2h)
func readView(t *testing.T, in *policy.Input, text string) {
	text, set := flags(text)
	attributes := ""
	text, attributes, _ = strings.Cut(text, " {")
	head, groups, _ := strings.Cut(text, ":")
	words := strings.Fields(head)
	v := policy.View{Connector: words[0], State: policy.State(words[1])}
	v.Record = fmt.Sprintf("%s-%d", v.Connector, 1+countViews(in, v.Connector))
	for _, name := range strings.Split(groups, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		name, path, nested := strings.Cut(name, " via ")
		g := policy.SentGroup{Name: name, Key: canonical.Key(name)}
		if nested {
			g.Path = strings.Split(path, ">")
		}
		v.Groups = append(v.Groups, g)
	}
	if attributes != "" {
		must(t, json.Unmarshal([]byte("{"+attributes), &v.Attributes))
	}
	for name, value := range set {
		switch name {
		case "counted":
			v.EverCounted, v.FirstCounted = true, noon.Add(-1000*time.Hour)
		case "left":
			v.LeftAt = moment(t, value)
		case "granted":
			v.DefaultsGranted = true
		case "dropped":
			v.Dropped = true
		case "failed":
			v.Failed = true
		case "was":
			v.LastInactive = true
		default:
			t.Fatalf("a view has no flag %q", name)
		}
	}
	in.Views = append(in.Views, v)
}

func countViews(in *policy.Input, connector string) (n int) {
	for _, v := range in.Views {
		if v.Connector == connector {
			n++
		}
	}
	return n
}

// user disabled {"userName":"ada"} (blocked, protected root.*, except okta, cleaned up)
func readUser(t *testing.T, in *policy.Input, text string) {
	text, set := flags(text)
	status, attributes, _ := strings.Cut(text, " {")
	u := &in.User
	u.Exists, u.Status = true, policy.Status(status)
	if attributes != "" {
		must(t, json.Unmarshal([]byte("{"+attributes), &u.Attributes))
		name, _ := u.Attributes["userName"].(string)
		u.UserNameKey = canonical.Key(name)
	}
	for name, value := range set {
		switch name {
		case "local":
			u.Local = true
		case "blocked":
			u.Blocked = true
		case "cleaned":
			u.CleanedUp = true
		case "protected":
			u.Protected = value
		case "except":
			u.Excepted = strings.Fields(value)
		case "deleted":
			u.DeletedAt = moment(t, value)
		default:
			t.Fatalf("a user has no flag %q", name)
		}
	}
}

func readException(e *policy.Exceptions, word, text string) {
	what, why, _ := strings.Cut(text, ": ")
	one := map[string]string{what: why}
	switch word {
	case "keep":
		e.KeepMemberships = one
	case "skip":
		e.SkipMemberships = one
	case "keepAttribute":
		e.KeepAttributes = one
	case "keepActive":
		e.KeepActive = text
	}
}

func moment(t *testing.T, offset string) time.Time {
	t.Helper()
	d, err := time.ParseDuration(offset)
	must(t, err)
	return noon.Add(d)
}

// show writes a decision the way testdata does.
func show(in policy.Input, d policy.Decision, used map[policy.Code]bool) string {
	var out strings.Builder
	say := func(format string, values ...any) {
		out.WriteString(strings.TrimRight("  "+fmt.Sprintf(format, values...), " ") + "\n")
	}
	because := func(r policy.Reason, group string) string {
		used[r.Code] = true
		return fmt.Sprintf("%s: %s", r.Code, r.Sentence(group))
	}
	switch {
	case d.Create:
		say("create")
	case d.Untouched && !in.User.Exists:
		say("no user is created")
	case d.Untouched:
		say("untouched")
	}
	if d.CleanedUp {
		say("cleaned up")
	}
	status := string(d.Status)
	if status == "" {
		status = "none"
	}
	say("%s; %s", status, because(d.StatusBecause, ""))
	if len(d.Attributes) > 0 {
		text, _ := json.Marshal(d.Attributes)
		say("attributes %s", text)
	}
	for _, name := range slices.Sorted(mapKeys(d.AttributeBecause)) {
		say("  %s; %s", name, because(d.AttributeBecause[name], ""))
	}
	for _, m := range d.Memberships {
		created := ""
		if m.Creates != "" {
			created = ", created for " + m.Creates
		}
		say("member of %s by %s%s; %s", m.Name, supportsText(m.Supports), created, because(m.Because, m.Name)+listed(m.Because))
		for i, s := range m.Supports[1:] {
			say("  %s; %s", supportsText([]policy.Support{s}), because(m.Reasons[i+1], m.Name)+listed(m.Reasons[i+1]))
		}
	}
	for _, v := range d.Verdicts {
		said := "no"
		if v.Admitted {
			said = "yes"
		}
		connector := v.Connector
		if connector == "" {
			connector = "directory"
		}
		say("%s on %s: %s; %s", connector, v.Name, said, because(v.Because, v.Name))
	}
	for _, c := range d.Conflicts {
		say("conflict %s of %s: %s%s%s", c.Kind, cmp.Or(c.Record, c.Connector), c.Group, c.Attribute, " "+c.Value)
	}
	if !d.PurgeAfter.IsZero() {
		say("purged after %s", d.PurgeAfter.Sub(noon))
	}
	if !d.LookAgain.IsZero() {
		say("look again in %s", d.LookAgain.Sub(noon))
	}
	return out.String()
}

// listed is the entry of a list of names, which no sentence says.
func listed(r policy.Reason) string {
	if r.Code != policy.CodeAlwaysAssign && r.Code != policy.CodeDefaultGroup {
		return ""
	}
	return fmt.Sprintf(" (%s %q)", r.List, r.Pattern)
}

func mapKeys(m map[string]policy.Reason) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}
