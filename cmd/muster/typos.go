package main

import (
	"reflect"
	"slices"
	"strings"
)

// misspelt says which variables of the environment look like Muster's and are none: a setting
// that nobody reads is worse than one that is refused. Names that Kubernetes makes for a service
// called muster (MUSTER_PORT, MUSTER_SERVICE_HOST, …) are not meant for us.
func misspelt(environment []string) (said []string) {
	known := knownVariables()
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "MUSTER_") || slices.Contains(known, name) {
			continue
		}
		if strings.HasPrefix(name, "MUSTER_PORT") || strings.HasPrefix(name, "MUSTER_SERVICE_") || strings.HasPrefix(name, "MUSTER_TEST_") {
			continue
		}
		text := name + " is set, but no setting has this name"
		if meant := likest(name, known); meant != "" {
			text += "; did you mean " + meant + "?"
		} else {
			text += "; muster serve --help lists them"
		}
		said = append(said, text)
	}
	slices.Sort(said)
	return said
}

// knownVariables are those that the server, the command line and the Makefile read.
func knownVariables() []string {
	names := []string{"MUSTER_URL", "MUSTER_OUTPUT", "MUSTER_DATABASE_APP_ROLE", "MUSTER_TRANSCRIPTS"}
	for field := range reflect.TypeFor[settings]().Fields() {
		if name := field.Tag.Get("env"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// likest is the name that shares most with a misspelt one at its beginning and its end.
func likest(given string, names []string) (best string) {
	most := len(given) - 3 // as many letters may be wrong
	for _, name := range names {
		same := 0
		for same < min(len(given), len(name)) && given[same] == name[same] {
			same++
		}
		tail := 0
		for tail < min(len(given), len(name))-same && given[len(given)-1-tail] == name[len(name)-1-tail] {
			tail++
		}
		if both := same + tail; both >= most && len(name)-both <= 3 {
			best, most = name, both+1
		}
	}
	return best
}
