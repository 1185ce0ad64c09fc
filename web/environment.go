package web

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Environment is what a deployment is called, so that nobody takes one for another. The zero value
// is a deployment without a name.
type Environment struct {
	Label  string `json:"label" doc:"What it is called." example:"Production"`
	Colour Colour `json:"colour" enum:"grey,blue,green,amber,red" doc:"The colour that it is shown in."`
}

// Colour is one of few, each of which can be read on light and on dark.
type Colour string

// Colours are those that an environment can have.
var Colours = []Colour{"grey", "blue", "green", "amber", "red"}

const longestLabel = 20 // signs: it stands in every window's title

// ParseEnvironment reads a label with the colour it may have: "Staging" is grey, "Production, red"
// is red. An empty text is no label.
func ParseEnvironment(text string) (Environment, error) {
	label, colour, coloured := strings.Cut(text, ",")
	e := Environment{Label: strings.TrimSpace(label), Colour: Colour(strings.ToLower(strings.TrimSpace(colour)))}
	if !coloured {
		e.Colour = Colours[0]
	}
	switch {
	case strings.TrimSpace(text) == "":
		return Environment{}, nil
	case e.Label == "" || utf8.RuneCountInString(e.Label) > longestLabel:
		return Environment{}, fmt.Errorf("%q is no label; write one to %d signs, such as Staging", e.Label, longestLabel)
	case !utf8.ValidString(e.Label) || strings.ContainsFunc(e.Label, func(r rune) bool { return !unicode.IsPrint(r) }):
		return Environment{}, fmt.Errorf("%q has signs that cannot be seen; leave them out", e.Label)
	case !slices.Contains(Colours, e.Colour):
		return Environment{}, fmt.Errorf("%q is no colour that can be had; after the comma, write grey, blue, green, amber or red", string(e.Colour))
	}
	return e, nil
}
