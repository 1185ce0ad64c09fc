package guides

import (
	"regexp"
	"slices"
	"strings"
)

// command is a command of the program, as the texts of guides name it.
var command = regexp.MustCompile(`\bmuster [a-z]`)

// What stands where nothing but a command would have helped.
const (
	askSender = "Ask whoever sent you the link."
	seeLight  = "Connection, on this page, says that something was heard a moment ago."
)

// Abroad is the guide for whoever has a set-up link alone, and so no way into Muster: without the
// sentences that tell them to run a command of it.
func (g Guide) Abroad() Guide {
	g.Simulate = ""
	g = g.with(withoutCommands)
	gone := func(text string) bool { return text == "" }
	g.Before, g.Works, g.Limits = slices.DeleteFunc(g.Before, gone), slices.DeleteFunc(g.Works, gone), slices.DeleteFunc(g.Limits, gone)
	for i := range g.Test {
		g.Test[i].See = orElse(g.Test[i].See, seeLight)
	}
	for i := range g.Errors {
		g.Errors[i].Do = orElse(g.Errors[i].Do, askSender)
	}
	return g
}

func orElse(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// withoutCommands leaves out the sentences that name a command.
func withoutCommands(text string) string {
	if !command.MatchString(text) {
		return text
	}
	sentences := strings.SplitAfter(text, ". ")
	sentences = slices.DeleteFunc(sentences, command.MatchString)
	return strings.TrimSpace(strings.Join(sentences, ""))
}
