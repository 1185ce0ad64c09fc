package guides

import (
	"fmt"
	"strings"
)

// Pages are the pages of docs/guides by file name, made from the guides. The index is README.md.
func Pages() map[string]string {
	pages := map[string]string{"README.md": index()}
	for _, g := range All() {
		pages[g.ID+".md"] = g.played() + g.Markdown()
	}
	return pages
}

const generated = "<!-- Made by `go generate ./web/guides` from web/guides/%s. Edit that, not this. -->\n\n"

func index() string {
	var p strings.Builder
	fmt.Fprintf(&p, generated, "*.yaml")
	p.WriteString("# Connecting an identity provider\n\n" +
		"One page for each: the fields of its form and what stands in them, what works, what does not, what to try first. " +
		"`muster guide NAME --connector SLUG` prints the same with a connector's own addresses, and so does the API, `GET /api/v1/guides/NAME?connector=SLUG`.\n\n" +
		"| guide | provider | SCIM | credential | checked | names of fields from |\n|---|---|---|---|---|---|\n")
	for _, g := range All() {
		fmt.Fprintf(&p, "| [%s](%s.md) | %s | %s | %s | %s | %s |\n", g.Title, g.ID, g.IDP, g.SCIM, g.Credential, g.Checked, g.Confidence.words())
	}
	p.WriteString("\n## Placeholders\n\n| in a guide | means |\n|---|---|\n")
	for _, h := range Placeholders {
		fmt.Fprintf(&p, "| `%s` | %s |\n", h.Name, h.Means)
	}
	p.WriteString("\nA token is made by `muster credentials create`, and the first one comes with the connector. " +
		"To see what a provider sends before you have one, let `muster simulate` play it ([simulate.md](../simulate.md)).\n")
	return p.String()
}

func (c Confidence) words() string {
	if c == Documentation {
		return "documentation"
	}
	return "memory"
}

// CredentialWords say which kind of credential to make.
func (g Guide) CredentialWords() string {
	switch g.Credential {
	case "basic":
		return "a Basic pair"
	case "oauth":
		return "an OAuth client"
	}
	return "a bearer token"
}

// Markdown is the guide as a page.
func (g Guide) Markdown() string {
	var p strings.Builder
	fmt.Fprintf(&p, generated, g.ID+".yaml")
	fmt.Fprintf(&p, "# %s\n\n%s\n\n", g.Title, g.Summary)
	fmt.Fprintf(&p, "Make a connector of kind `%s` with %s, and choose SCIM %s. ", g.Kind, g.CredentialWords(), g.SCIM)
	if g.Simulate != "" {
		fmt.Fprintf(&p, "`muster simulate --idp %s` plays this provider. ", g.Simulate)
	}
	fmt.Fprintf(&p, "Checked on %s; the names of fields are from %s.\n", g.Checked, g.origin())
	bullets(&p, "Before", g.Before)
	p.WriteString("\n## Steps\n")
	for i, s := range g.Steps {
		s.markdown(&p, i+1)
	}
	bullets(&p, "What works", g.Works)
	bullets(&p, "What does not", g.Limits)
	p.WriteString("\n## Try first\n\n| do | see |\n|---|---|\n")
	for _, c := range g.Test {
		fmt.Fprintf(&p, "| %s | %s |\n", cell(c.Do), cell(c.See))
	}
	p.WriteString("\n## When it does not work\n\n| seen | why | do |\n|---|---|---|\n")
	for _, t := range g.Errors {
		fmt.Fprintf(&p, "| %s | %s | %s |\n", cell(t.Seen), cell(t.Why), cell(t.Do))
	}
	p.WriteString("\n## Sources\n\n")
	for _, s := range g.Sources {
		fmt.Fprintf(&p, "- [%s](%s)\n", s.Title, s.URL)
	}
	if g.Doubts != "" {
		fmt.Fprintf(&p, "\nNot certain: %s\n", g.Doubts)
	}
	return p.String()
}

func (g Guide) origin() string {
	if g.Confidence == Documentation {
		return "the documentation below"
	}
	return "memory"
}

func (s Step) markdown(p *strings.Builder, number int) {
	fmt.Fprintf(p, "\n### %d. %s\n\n", number, s.Title)
	if s.Where != "" {
		fmt.Fprintf(p, "*%s*\n\n", s.Where)
	}
	if s.Text != "" {
		fmt.Fprintf(p, "%s\n", s.Text)
	}
	if len(s.Fields) > 0 {
		if s.Text != "" {
			p.WriteString("\n")
		}
		p.WriteString("| field | value | note |\n|---|---|---|\n")
		for _, f := range s.Fields {
			fmt.Fprintf(p, "| %s | `%s` | %s |\n", cell(f.Name), cell(f.Value), cell(f.Note))
		}
	}
	if s.Code != "" {
		if s.Text != "" || len(s.Fields) > 0 {
			p.WriteString("\n")
		}
		fmt.Fprintf(p, "%s\n%s\n```\n", fence(s.Code), s.Code)
	}
}

// fence opens a block of code. The comments before it are for the test that runs what pages show.
func fence(code string) string {
	switch {
	case strings.HasPrefix(code, "curl "):
		return "```sh"
	case strings.HasPrefix(code, "{"):
		return "<!-- docs: file template.json -->\n```json"
	}
	return "<!-- docs: not run: needs PowerShell -->\n```powershell"
}

// played are the comments by which that test has a connector in the place of the placeholders.
func (g Guide) played() (comments string) {
	for _, s := range g.Steps {
		if !strings.HasPrefix(s.Code, "curl ") {
			continue
		}
		comments = "<!-- docs: world guide -->\n"
		for _, h := range Placeholders {
			name := strings.ToUpper(strings.Trim(h.Name, "{}"))
			comments += fmt.Sprintf("<!-- docs: read %s as $GUIDE_%s -->\n", h.Name, name)
		}
	}
	return comments
}

func bullets(p *strings.Builder, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(p, "\n## %s\n\n", title)
	for _, item := range list {
		fmt.Fprintf(p, "- %s\n", item)
	}
}

// cell is a text that stands in a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}
