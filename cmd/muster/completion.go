package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints what a shell needs to complete our command lines. The script asks this
// program for every key: what there is to complete is never written down twice.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"${enum}."`
}

// Help shows how.
func (completionCmd) Help() string {
	return "Completes commands, flags, their values, and the names of connectors, directories and tenants, which the server is asked for.\n\nExamples:\n\n" +
		"  source <(muster completion bash)      # in ~/.bashrc\n" +
		"  source <(muster completion zsh)       # in ~/.zshrc, after compinit\n" +
		"  muster completion fish | source       # in ~/.config/fish/config.fish"
}

// Run prints the script.
func (c *completionCmd) Run(t *terminal) error {
	_, err := io.WriteString(t.out, completionScripts[c.Shell])
	return err
}

var completionScripts = map[string]string{
	"bash": `# muster: completion for bash. Without candidates of ours, files are completed.
_muster() {
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | while IFS=$'\t' read -r word about; do printf '%q\n' "$word"; done))
}
complete -o default -F _muster muster
`,
	"zsh": `#compdef muster
# muster: completion for zsh. Without candidates of ours, files are completed.
_muster() {
    local -a found
    local word about
    "${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null | while IFS=$'\t' read -r word about; do
        found+=("${word//:/\\:}:$about")
    done
    if (( ${#found} )); then
        _describe 'muster' found
    else
        _files
    fi
}
compdef _muster muster
`,
	"fish": `# muster: completion for fish. Files are completed as well.
function __muster_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c muster -a '(__muster_complete)'
`,
}

// completeCmd is what the scripts call: it prints candidates for the last word, each with a tab
// and what it is about. It never fails, as nobody would see why.
type completeCmd struct {
	Words []string `arg:"" optional:"" help:"The words behind muster; the last one is completed."`
}

// Run prints the candidates.
func (c *completeCmd) Run(ctx context.Context, t *terminal) error {
	parser, err := newParser(&terminal{out: io.Discard, err: io.Discard}, func(int) {})
	if err != nil {
		return err
	}
	for _, found := range (&completing{ask: askServer(ctx)}).line(parser.Model.Node, c.Words) {
		if _, err := fmt.Fprintf(t.out, "%s\t%s\n", printable(found.word), printable(found.about)); err != nil {
			return err
		}
	}
	return nil
}

// candidate is a word that could stand where the cursor is.
type candidate struct{ word, about string }

// completing walks a command line as the parser would, as far as it is typed.
type completing struct {
	ask func(kind string) []string // names that the server knows
}

// line completes the last of words below a command.
func (c *completing) line(at *kong.Node, words []string) []candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	whole := words[len(words)-1] // what a candidate takes the place of
	words = joined(words)
	var waiting *kong.Flag // for its value
	place, plain := 0, false
	for _, word := range words[:len(words)-1] {
		switch {
		case waiting != nil:
			waiting = nil
		case word == "--" && !plain:
			plain = true
		case strings.HasPrefix(word, "-") && len(word) > 1 && !plain:
			if flag := flagOf(at, word); flag != nil && !flag.IsBool() && !strings.Contains(word, "=") {
				waiting = flag
			}
		default:
			if child := childOf(at, word); child != nil {
				at, place = child, 0
				continue
			}
			if at.DefaultCmd != nil {
				at = at.DefaultCmd
			}
			place++
		}
	}
	last := words[len(words)-1]
	name, value, given := strings.Cut(last, "=")
	switch {
	case waiting != nil:
		return starting(last, c.values(withDefault(at), waiting.Value))
	case given && strings.HasPrefix(last, "--"):
		if flag := flagOf(at, name); flag != nil {
			found := starting(value, c.values(withDefault(at), flag.Value))
			for i := range found {
				if whole == last {
					found[i].word = name + "=" + found[i].word
				}
			}
			return found
		}
		return nil
	case strings.HasPrefix(last, "-") && !plain:
		return starting(last, flagsOf(at))
	}
	var found []candidate
	if place == 0 {
		for _, child := range at.Children {
			if !child.Hidden {
				found = append(found, candidate{child.Name, child.Help})
			}
		}
	}
	if leaf := at; len(at.Children) == 0 || at.DefaultCmd != nil {
		if at.DefaultCmd != nil {
			leaf = at.DefaultCmd
		}
		if place < len(leaf.Positional) {
			found = append(found, c.values(leaf, leaf.Positional[place])...)
		} else if n := len(leaf.Positional); n > 0 && leaf.Positional[n-1].IsCumulative() {
			found = append(found, c.values(leaf, leaf.Positional[n-1])...)
		}
	}
	return starting(last, found)
}

// joined puts together what bash takes apart at an equals sign: --output = json.
func joined(words []string) (out []string) {
	for i := 0; i < len(words); i++ {
		if n := len(out); words[i] == "=" && n > 0 && strings.HasPrefix(out[n-1], "--") {
			if out[n-1] += "="; i+1 < len(words) {
				i++
				out[n-1] += words[i]
			}
			continue
		}
		out = append(out, words[i])
	}
	return out
}

func starting(with string, all []candidate) (some []candidate) {
	for _, x := range all {
		if strings.HasPrefix(x.word, with) {
			some = append(some, x)
		}
	}
	return some
}

func childOf(at *kong.Node, word string) *kong.Node {
	for _, child := range at.Children {
		if child.Name == word {
			return child
		}
		for _, alias := range child.Aliases {
			if alias == word {
				return child
			}
		}
	}
	return nil
}

// withDefault is a command with the one that runs when none is named, whose flags are its own.
func withDefault(at *kong.Node) *kong.Node {
	if at.DefaultCmd != nil {
		return at.DefaultCmd
	}
	return at
}

func flagOf(at *kong.Node, word string) *kong.Flag {
	name, _, _ := strings.Cut(word, "=")
	for _, flags := range withDefault(at).AllFlags(false) {
		for _, flag := range flags {
			if name == "--"+flag.Name || flag.Short != 0 && name == "-"+string(flag.Short) {
				return flag
			}
		}
	}
	return nil
}

func flagsOf(at *kong.Node) (found []candidate) {
	for _, flags := range withDefault(at).AllFlags(true) {
		for _, flag := range flags {
			found = append(found, candidate{"--" + flag.Name, flag.Help})
			if flag.Tag.Negatable != "" {
				found = append(found, candidate{"--no-" + flag.Name, flag.Help})
			}
		}
	}
	return found
}
