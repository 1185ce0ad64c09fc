// Package page reads a page of documentation as what a test can carry out: its fenced blocks, in
// their order, with what invisible comments say of them. It knows Markdown's fences and nothing of
// the product; TestDocs gives it the pages and runs what it finds.
//
//	<!-- docs: world acme -->          what is there before: testdata/docs/acme.sh, or nothing
//	<!-- docs: read PLAN as $plan -->  from here on, what the shell makes of $plan stands for PLAN
//	<!-- docs: run muster … -->        commands that the reader does not see; may take several lines
//	<!-- docs: file users.csv -->      the next block is written to that file
//	<!-- docs: prints muster … -->     the next block is what that command prints
//	<!-- docs: shaped like muster … -->  its JSON has what the next block has, with other values
//	<!-- docs: fails -->               the next block's last command ends with an error
//	<!-- docs: not run: why -->        the next block is looked at, and not run
//	<!-- docs: picture -->             the next block is drawn for the eye
package page

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Page is what is to be done for one page.
type Page struct {
	World    string // "" is a server that is new
	Steps    []Step
	Mentions []Mention
}

// Mention is a command of the program that the text names, within a line.
type Mention struct {
	Line    int
	Command string
}

// Step is one of: hidden commands, a word that is read as something else, or a block.
type Step struct {
	Line     int
	Script   string
	Read, As string
	Block    *Block
}

// Block is a fenced block with what the comments before it say.
type Block struct {
	Line           int
	Language, Text string
	File           string // where it is written to
	Prints, Shaped string // the command that prints it, or something of its shape
	NotRun         string // why it is not run
	Fails, Picture bool
}

// Languages that say by themselves what is done with a block.
const (
	Shell   = "sh"      // commands, run
	Console = "console" // commands after "$ ", run, and what they print
	Text    = "text"    // what the command before printed
	HTTP    = "http"    // a request, sent, or the answer to the one before
	Mermaid = "mermaid" // a picture
)

// Data are languages of samples: each sample is written to a file that commands use, or compared
// with what a command prints.
var Data = []string{"json", "jsonl", "yaml", "csv", "ldif", "ini", "sql", "powershell", "bash", "go", "python"}

var (
	fence   = regexp.MustCompile("^( *)(```+)([^`]*)$")
	span    = regexp.MustCompile("`((?:bin/)?muster [a-z][^`]*)`")
	comment = regexp.MustCompile(`(?s)^<!-- docs: *(.*?) *-->$`)
	diagram = regexp.MustCompile(`^(flowchart|sequenceDiagram|stateDiagram-v2|classDiagram|erDiagram)\b`)
)

// Parse reads a page. The error names every line where the page does not say what a test needs.
func Parse(text string) (Page, error) {
	p := parser{lines: strings.Split(text, "\n")}
	for p.next < len(p.lines) {
		line := p.lines[p.next]
		switch {
		case strings.HasPrefix(line, "<!-- docs:"):
			p.comment()
		case fence.MatchString(line):
			p.block(fence.FindStringSubmatch(line))
		default:
			p.prose(line)
		}
	}
	if p.said != nil {
		p.problem(p.said.Line, "no block follows this comment")
	}
	return p.page, errors.Join(p.problems...)
}

type parser struct {
	lines    []string
	next     int
	said     *Block // of the next block, by the comments so far
	inList   bool
	page     Page
	problems []error
}

func (p *parser) problem(line int, format string, values ...any) {
	p.problems = append(p.problems, fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, values...)))
}

var listItem = regexp.MustCompile(`^([-*]|[0-9]+\.) `)

// prose goes past a line of text, in which a code block without a fence would hide.
func (p *parser) prose(line string) {
	switch {
	case line == "" || line[0] == ' ' && p.inList:
	case strings.HasPrefix(line, "    ") && (p.next == 0 || p.lines[p.next-1] == ""):
		p.problem(p.next+1, "an indented block has no language; fence it")
	default:
		p.inList = listItem.MatchString(line) || p.inList && line[0] == ' '
	}
	for _, found := range span.FindAllStringSubmatch(line, -1) {
		p.page.Mentions = append(p.page.Mentions, Mention{Line: p.next + 1, Command: found[1]})
	}
	p.next++
}

// comment reads what an invisible comment says.
func (p *parser) comment() {
	first := p.next
	text := p.lines[p.next]
	for p.next++; !strings.Contains(text, "-->") && p.next < len(p.lines); p.next++ {
		text += "\n" + p.lines[p.next]
	}
	found := comment.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		p.problem(first+1, "this comment does not end with -->")
		return
	}
	verb, rest, _ := strings.Cut(strings.ReplaceAll(found[1], "\n", " \n"), " ")
	rest = strings.TrimSpace(strings.ReplaceAll(rest, " \n", "\n"))
	step := Step{Line: first + 1}
	switch verb {
	case "world":
		if len(p.page.Steps) > 0 || p.page.World != "" {
			p.problem(first+1, "the world comes before everything else, and once")
		}
		p.page.World = rest
		return
	case "run":
		step.Script = rest
		p.page.Steps = append(p.page.Steps, step)
		return
	case "read":
		var ok bool
		if step.Read, step.As, ok = strings.Cut(rest, " as "); !ok {
			p.problem(first+1, "write: read WORD as VALUE")
		}
		p.page.Steps = append(p.page.Steps, step)
		return
	}
	if p.said == nil {
		p.said = &Block{Line: first + 1}
	}
	switch why, notRun := strings.CutPrefix(verb+" "+rest, "not run: "); {
	case notRun && why != "":
		p.said.NotRun = why
	case verb == "file" && rest != "":
		p.said.File = rest
	case verb == "prints" && rest != "":
		p.said.Prints = rest
	case verb == "shaped" && strings.HasPrefix(rest, "like "):
		p.said.Shaped = rest[len("like "):]
	case verb == "fails":
		p.said.Fails = true
	case verb == "picture":
		p.said.Picture = true
	default:
		p.problem(first+1, "nobody knows what %q means", found[1])
	}
}

// block reads a fenced block.
func (p *parser) block(opening []string) {
	b := &Block{}
	if p.said != nil {
		b, p.said = p.said, nil
	}
	b.Line, b.Language = p.next+1, strings.TrimSpace(opening[3])
	indent, marks := opening[1], opening[2]
	var text []string
	for p.next++; ; p.next++ {
		if p.next == len(p.lines) {
			p.problem(b.Line, "this block has no end")
			return
		}
		line := strings.TrimPrefix(p.lines[p.next], indent)
		if strings.TrimRight(line, " ") == marks {
			break
		}
		text = append(text, line)
	}
	p.next++
	b.Text = strings.Join(text, "\n") + "\n"
	if problem := b.problem(); problem != "" {
		p.problem(b.Line, "%s", problem)
	}
	p.page.Steps = append(p.page.Steps, Step{Line: b.Line, Block: b})
}

// problem says what the block lacks to be carried out.
func (b *Block) problem() string {
	runs := b.Language == Shell || b.Language == Console
	switch {
	case b.Language == "":
		return "this block has no language; give it one, or text for what a command prints"
	case b.Language == Mermaid && !diagram.MatchString(b.Text):
		return "this picture does not begin as one of Mermaid's diagrams"
	case b.Fails && !runs:
		return "only commands can fail"
	case b.NotRun != "" || b.Picture || runs || b.Language == Text || b.Language == HTTP || b.Language == Mermaid:
		return ""
	case !slices.Contains(Data, b.Language):
		return fmt.Sprintf("nobody knows the language %q", b.Language)
	case b.File == "" && b.Prints == "" && b.Shaped == "":
		return fmt.Sprintf("this %s is a sample: say before it with \"docs: file\" or \"docs: prints\" how it is checked", b.Language)
	}
	return ""
}
