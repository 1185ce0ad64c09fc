package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	keys "github.com/muster-scim/muster/scim/canonical"
)

// TestTheEditorsVerdictsAreTheEngines has an IdP send 500 groups of random names with one person in
// all of them. For each of some random rules the editor's verdicts are asked for first; then the
// rules are applied, and the person has to be in exactly the groups that were promised, and out of
// the others for the reasons that were given.
func TestTheEditorsVerdictsAreTheEngines(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		draws := names{rand.New(rand.NewPCG(seed, 0))}
		directory := s.directory(t)
		c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory})
		person := c.user(t, "ada@acme.example")
		sent := draws.distinct(500)
		for _, name := range sent {
			c.group(t, name, person)
		}
		s.settled(t, directory)
		id := findUser(t, s, directory, "ada@acme.example")["id"].(string)
		both := 0
		for range 8 {
			rules := draws.rules(sent)
			judged := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/rules/judgement", map[string]any{"rules": rules, "limit": 1000})
			plan := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"rules": rules})
			s.applied(t, c.Slug, plan)
			s.settled(t, directory)
			is, dropped := holdsAndLacks(t, s, directory, id)
			assigned := 0
			groups := judged.at(t, "$.groups").([]any)
			for _, item := range groups {
				g := item.(map[string]any)
				name, promised := g["name"].(string), g["assigned"].(bool)
				if key := keys.Key(name); is[key] != promised {
					t.Errorf("seed %d: %q (sent as %q) was judged %v because of %v, and the person is in it: %v\n\tthe rules are %s", seed, name, g["sent"], promised, g["because"], is[key], show(rules))
				} else if code := g["because"].(map[string]any)["code"].(string); !promised && dropped[key] != code {
					t.Errorf("seed %d: %q is left out because of %s, and was judged so because of %s\n\tthe rules are %s", seed, name, dropped[key], code, show(rules))
				}
				if promised {
					assigned++
				}
			}
			if len(groups) != len(sent) {
				t.Fatalf("%d of %d groups were judged: %s", len(groups), len(sent), judged.at(t, "$.problems"))
			}
			if assigned > 0 && assigned < len(groups) {
				both++
			}
		}
		if both == 0 {
			t.Errorf("seed %d: no rules let some groups through and not others, so this showed nothing", seed)
		}
	})
}

// holdsAndLacks are the groups that somebody is in, by key form, and the codes for which others are not.
func holdsAndLacks(t *testing.T, s *server, directory, user string) (is map[string]bool, dropped map[string]string) {
	t.Helper()
	is, dropped = map[string]bool{}, map[string]string{}
	detail := s.adminOK(t, "GET", "/directories/"+directory+"/users/"+user, nil)
	for _, item := range detail.at(t, "$.memberships").([]any) {
		is[keys.Key(item.(map[string]any)["group"].(map[string]any)["displayName"].(string))] = true
	}
	for _, item := range detail.at(t, "$.dropped").([]any) {
		m := item.(map[string]any)
		dropped[keys.Key(m["group"].(map[string]any)["displayName"].(string))] = m["because"].(map[string]any)["code"].(string)
	}
	return is, dropped
}

// names draws names of groups, and rules about them.
type names struct{ *rand.Rand }

func pick[T any](r names, from []T) T { return from[r.IntN(len(from))] }

var nameParts = []string{"jira", "JIRA", "okta-jira", "okta-", "confluence", "Team (EU)", "Straße", "STRASSE", "ﬁnance", "Ｗｉｄｅ", "vpn", "local", "x.y", "a+b", "[ext]", "東京", "İzmir", "o'neil", "100%", `back\slash`, "$1"}

// one is a name, mostly with a number that makes it its own.
func (r names) one() string {
	parts := []string{pick(r, nameParts)}
	for range r.IntN(3) {
		parts = append(parts, pick(r, []string{"users", "Admins", "admins", "eu", "US", "dev", "prod", pick(r, nameParts)}))
	}
	if r.IntN(4) > 0 {
		parts = append(parts, fmt.Sprint(r.IntN(300)))
	}
	return strings.Join(parts, pick(r, []string{"-", "-", " ", "_", "/"}))
}

// distinct are so many names that no two share a key form.
func (r names) distinct(n int) (all []string) {
	for seen := map[string]bool{}; len(all) < n; {
		name := r.one()
		if key := keys.Key(name); !seen[key] {
			seen[key] = true
			all = append(all, name)
		}
	}
	return all
}

func (r names) rules(sent []string) map[string]any {
	rules := map[string]any{"safety": map[string]any{"off": true}, "onlyAssign": r.entries(sent, 4), "neverAssign": r.entries(sent, 6)}
	always := []string{}
	for range r.IntN(3) {
		always = append(always, pick(r, append([]string{"everybody " + fmt.Sprint(r.IntN(9))}, pick(r, sent))))
	}
	rules["alwaysAssign"] = slicesOfNames(always)
	if r.IntN(3) == 0 {
		rules["mapping"] = map[string]any{"renames": []any{map[string]any{"from": map[string]any{"matches": "okta-(.+)"}, "to": "$1"}}}
	}
	return rules
}

// slicesOfNames are entries that are names and never patterns.
func slicesOfNames(all []string) (entries []any) {
	entries = []any{}
	for _, name := range all {
		entries = append(entries, map[string]any{"is": name})
	}
	return entries
}

// entries are up to most entries of every form, about names that were sent and about others.
func (r names) entries(sent []string, most int) []any {
	all := []any{}
	for range r.IntN(most + 1) {
		name := pick(r, sent)
		letters := []rune(name)
		cut := 1 + r.IntN(len(letters))
		if r.IntN(2) == 0 {
			name = strings.ToUpper(name)
		}
		switch r.IntN(7) {
		case 0:
			all = append(all, map[string]any{"is": name})
		case 1:
			all = append(all, map[string]any{"startsWith": string(letters[:cut])})
		case 2:
			all = append(all, map[string]any{"endsWith": string(letters[len(letters)-cut:])})
		case 3:
			all = append(all, map[string]any{"contains": string(letters[:cut])})
		case 4:
			all = append(all, map[string]any{"matches": pick(r, []string{`.*-admins(-\d+)?`, `(?!jira).*`, `\p{L}+[-_ /]\d+`, `.*(?<=eu).*`, `jira.*`, `[^-]*`})})
		case 5:
			all = append(all, pick(r, []string{"jira-.*", "okta-.*", ".*admins.*", "vpn.*|local.*", ".*[5-9]"}))
		default:
			all = append(all, fmt.Sprintf("%s-%d", pick(r, []string{"nobody", "nothing"}), r.IntN(9)))
		}
	}
	return all
}
