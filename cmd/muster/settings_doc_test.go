package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestSettingsAreDocumented compares docs/settings.md with what the server can be told: every
// variable has a row, with its default, and there is no row of a variable that is gone.
func TestSettingsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, found := range regexp.MustCompile("(?m)^\\| `(MUSTER_[A-Z_]+)` \\| (.*?) \\|").FindAllStringSubmatch(string(text), -1) {
		if _, twice := rows[found[1]]; twice {
			t.Errorf("docs/settings.md has two rows of %s", found[1])
		}
		rows[found[1]] = found[2]
	}
	server := reflect.TypeFor[settings]()
	for i := range server.NumField() {
		tag := server.Field(i).Tag
		name := tag.Get("env")
		if name == "" {
			continue
		}
		told, ok := rows[strings.TrimSuffix(name, "_FILE")]
		delete(rows, name)
		switch {
		case strings.HasSuffix(name, "_FILE"):
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/settings.md does not say that %s can come from a file: %s", strings.TrimSuffix(name, "_FILE"), name)
			}
		case !ok:
			t.Errorf("docs/settings.md has no row of %s: %s", name, tag.Get("help"))
		case tag.Get("default") != "" && !strings.Contains(told, "`"+tag.Get("default")+"`"):
			t.Errorf("docs/settings.md says that the default of %s is %s; it is `%s`", name, told, tag.Get("default"))
		}
	}
	for _, name := range ofCommands {
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("docs/settings.md has a row of %s, which the server does not know", name)
	}
}

// ofCommands are variables of the page that commands read, and not the server.
var ofCommands = []string{"MUSTER_URL", "MUSTER_OUTPUT"}
