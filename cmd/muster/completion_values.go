package main

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-scim/muster/web/guides"
)

// completionPatience is how long a key may wait for the server.
const completionPatience = time.Second

// Kinds of names that the server is asked for.
const (
	nameOfConnector = "connectors"
	nameOfDirectory = "directories"
	nameOfTenant    = "tenants"
)

// namedBy says which names a flag or an argument takes, by what it is called.
var namedBy = map[string]string{
	"slug": nameOfConnector, "connector": nameOfConnector, "directory": nameOfDirectory, "tenant": nameOfTenant, "only": nameOfConnector,
}

// namedIn says it for those that are called otherwise.
var namedIn = map[string]string{
	"tenants delete name": nameOfTenant, "directories show name": nameOfDirectory, "directories set name": nameOfDirectory,
	"directories remove name": nameOfDirectory, "directories restore name": nameOfDirectory,
}

// newNames are arguments for names that nothing has yet.
var newNames = map[string]bool{"connectors create slug": true}

// words are values that are checked by the server, not by the parser.
var words = map[string][]string{
	"connectors create kind": {"okta", "entra", "onelogin", "google", "ping", "jumpcloud", "oneaccess", "keycloak", "authentik", "generic"},
	"plan mode":              {"live", "observe", "disabled"},
	"plan retire":            {"keep", "disable", "delete", "cleanup"},
	"connectors mode mode":   {"live", "observe", "disabled"},
	"holds list kind":        {"membership", "disable", "delete", "key"},
	"holds apply kind":       {"membership", "disable", "delete", "key"},
	"holds discard kind":     {"membership", "disable", "delete", "key"},

	"conflicts decide decision": {"link", "keepSeparate", "refuse"},
	"conflicts decide all":      {"link", "keepSeparate", "refuse"},
}

// values are what a flag or an argument of a command can be.
func (c *completing) values(of *kong.Node, v *kong.Value) (found []candidate) {
	place := nameOf(of) + " " + v.Name
	var all []string
	switch kind, known := namedBy[v.Name]; {
	case words[place] != nil:
		all = words[place]
	case v.Enum != "":
		for _, value := range v.EnumSlice() {
			if value != "" {
				all = append(all, value)
			}
		}
	case place == "guide name":
		all = guides.IDs()
	case namedIn[place] != "":
		all = c.ask(namedIn[place])
	case known && !newNames[place]:
		all = c.ask(kind)
	}
	for _, value := range all {
		found = append(found, candidate{word: value})
	}
	return found
}

// nameOf is what is typed for a command behind muster.
func nameOf(n *kong.Node) string {
	if n.Parent == nil {
		return ""
	}
	if before := nameOf(n.Parent); before != "" {
		return before + " " + n.Name
	}
	return n.Name
}

// askServer asks the server for names. Whatever goes wrong, there are none.
func askServer(ctx context.Context) func(kind string) []string {
	return func(kind string) (names []string) {
		ctx, cancel := context.WithTimeout(ctx, completionPatience)
		defer cancel()
		c, err := remote{URL: os.Getenv("MUSTER_URL")}.connect()
		if err != nil {
			return nil
		}
		var page struct {
			Items []struct{ Slug, Name string }
		}
		if err := c.call(ctx, http.MethodGet, "/"+kind+"?limit=500", nil, &page); err != nil {
			return nil
		}
		for _, item := range page.Items {
			if kind == nameOfConnector {
				item.Name = item.Slug
			}
			names = append(names, item.Name)
		}
		return names
	}
}
