package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
)

// names are all metrics that there are, with what a histogram makes of its name, and Prometheus' own.
func names(t *testing.T) (all, ours []string) {
	t.Helper()
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		for _, c := range New(Options{}).all {
			c.Describe(descriptions)
		}
	}()
	fqName := regexp.MustCompile(`fqName: "([^"]+)"`)
	for d := range descriptions {
		name := fqName.FindStringSubmatch(d.String())[1]
		all = append(all, name, name+"_bucket", name+"_sum", name+"_count")
		if strings.HasPrefix(name, "muster_") {
			ours = append(ours, name)
		}
	}
	return append(all, "up"), ours
}

// alert is one of the rules.
type alert struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alert
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(text(t, "deploy/prometheus/alerts.yml")), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile("../../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// used are the metrics that an expression names: what stands before a selector, a range or nothing,
// and is no function, label or word of the language.
func used(expr string) (found []string) {
	expr = regexp.MustCompile(`"[^"]*"`).ReplaceAllString(expr, "")
	expr = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`).ReplaceAllString(expr, "")
	expr = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]`).ReplaceAllString(expr, "")
	for _, m := range regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*\s*\(?`).FindAllString(expr, -1) {
		if word := strings.TrimSpace(m); !strings.HasSuffix(word, "(") && !slices.Contains([]string{"and", "or", "unless"}, word) {
			found = append(found, word)
		}
	}
	return found
}

func TestAlertsNameMetricsThatThereAreAndPagesThatSayWhatToDo(t *testing.T) {
	all, _ := names(t)
	page := text(t, "docs/alerts.md")
	rules := alerts(t)
	if len(rules) < 10 {
		t.Fatalf("only %d alerts were read", len(rules))
	}
	for _, a := range rules {
		if a.Alert == "" || a.Expr == "" || a.For == "" || a.Annotations["summary"] == "" || a.Labels["severity"] == "" {
			t.Errorf("an alert lacks something: %+v", a)
		}
		metrics := used(a.Expr)
		if len(metrics) == 0 {
			t.Errorf("%s asks for no metric", a.Alert)
		}
		for _, name := range metrics {
			if !slices.Contains(all, name) {
				t.Errorf("%s asks for %s, which is no metric", a.Alert, name)
			}
		}
		if balance(a.Expr) != "" {
			t.Errorf("%s: %s", a.Alert, balance(a.Expr))
		}
		want := "https://github.com/muster-scim/muster/blob/main/docs/alerts.md#" + strings.ToLower(a.Alert)
		if a.Annotations["runbook_url"] != want {
			t.Errorf("%s leads to %s, want %s", a.Alert, a.Annotations["runbook_url"], want)
		}
		_, section, ok := strings.Cut(page, "\n## "+a.Alert+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !ok || !strings.Contains(section, "**What it means.**") || !strings.Contains(section, "**What to do.**") {
			t.Errorf("docs/alerts.md has no section %s that says what it means and what to do", a.Alert)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (Muster\w+)$`).FindAllStringSubmatch(page, -1) {
		if !slices.ContainsFunc(rules, func(a alert) bool { return a.Alert == m[1] }) {
			t.Errorf("docs/alerts.md tells of %s, which is no alert", m[1])
		}
	}
}

// balance says which bracket of an expression has no other half.
func balance(expr string) string {
	var open []rune
	pairs := map[rune]rune{')': '(', '}': '{', ']': '['}
	for _, c := range regexp.MustCompile(`"[^"]*"`).ReplaceAllString(expr, "") {
		switch c {
		case '(', '{', '[':
			open = append(open, c)
		case ')', '}', ']':
			if len(open) == 0 || open[len(open)-1] != pairs[c] {
				return "a bracket closes nothing: " + string(c)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return "a bracket is not closed: " + string(open)
	}
	return ""
}

func TestTheDashboardShowsMetricsThatThereAre(t *testing.T) {
	all, _ := names(t)
	var board struct {
		Panels []struct {
			Title, Type, Description string
			Targets                  []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(text(t, "deploy/grafana/muster.json")), &board); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, p := range board.Panels {
		if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("panel %s does not say what it shows, or shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			if problem := balance(target.Expr); problem != "" {
				t.Errorf("panel %s: %s", p.Title, problem)
			}
			for _, name := range used(target.Expr) {
				shown++
				if !slices.Contains(all, name) {
					t.Errorf("panel %s asks for %s, which is no metric", p.Title, name)
				}
			}
		}
	}
	if shown < 30 {
		t.Errorf("the dashboard asks for %d metrics only: were its panels read?", shown)
	}
}

func TestEveryMetricIsInItsPageAndNoOther(t *testing.T) {
	_, ours := names(t)
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(muster_[a-z0-9_]+)` ").FindAllStringSubmatch(text(t, "docs/metrics.md"), -1) {
		told = append(told, m[1])
	}
	slices.Sort(ours)
	slices.Sort(told)
	if !slices.Equal(ours, told) {
		t.Errorf("docs/metrics.md tells of\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(ours, "\n"))
	}
}
