package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// asking asks whoever sits at the terminal.
type asking struct {
	out io.Writer
	in  *bufio.Reader
}

// newAsking is nil where nobody can be asked.
func newAsking(t *terminal) *asking {
	if !isTerminal(t.out) || !isTerminal(os.Stdin) {
		return nil
	}
	return &asking{out: t.out, in: bufio.NewReader(os.Stdin)}
}

// text asks for a line. The end of the input is an error: nobody has answered.
func (a *asking) text(question string) (string, error) {
	fmt.Fprint(a.out, question+" ")
	line, err := a.in.ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(a.out)
		return "", errors.New("nobody answered")
	}
	return strings.TrimSpace(line), nil
}

// whether asks until it is answered with yes or no; an empty line is the default.
func (a *asking) whether(question string, otherwise bool) (bool, error) {
	choice := " [y/N]"
	if otherwise {
		choice = " [Y/n]"
	}
	for {
		line, err := a.text(question + choice)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(line) {
		case "":
			return otherwise, nil
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}
