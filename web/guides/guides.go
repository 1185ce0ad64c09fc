// Package guides says how each identity provider is connected: which form to open, what stands in
// which field, what works and what does not, and what one sees when it does. A guide is data, one
// YAML file beside this one; the API, the command line and docs/guides show the same.
//
// It knows no connector and no secret: Filled puts in what the caller gives. Every guide says when
// it was checked, and whether against the vendor's own pages or from memory.
package guides

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:generate go run ./pages

//go:embed *.yaml
var files embed.FS

// Guide is how one identity provider is connected.
type Guide struct {
	ID         string     `yaml:"id" json:"id" doc:"The guide's id." example:"okta-aiw"`
	Title      string     `yaml:"title" json:"title" doc:"What it is for." example:"Okta, an app of your own"`
	IDP        string     `yaml:"idp" json:"idp" doc:"The identity provider's name." example:"Okta"`
	Kind       string     `yaml:"kind" json:"kind" doc:"The kind of connector to make." example:"okta"`
	SCIM       string     `yaml:"scim" json:"scim" enum:"2.0,1.1" doc:"The version of SCIM to choose."`
	Credential string     `yaml:"credential" json:"credential" enum:"bearer,basic,oauth" doc:"The kind of credential to make: a bearer token, a Basic pair, or an OAuth client."`
	Simulate   string     `yaml:"simulate" json:"simulate,omitempty" doc:"What muster simulate calls this identity provider." example:"okta-aiw"`
	Summary    string     `yaml:"summary" json:"summary" doc:"What it is, in a few sentences."`
	Before     []string   `yaml:"before" json:"before,omitempty" doc:"What must be there first."`
	Steps      []Step     `yaml:"steps" json:"steps" nullable:"false" doc:"What to do, in order."`
	Works      []string   `yaml:"works" json:"works" nullable:"false" doc:"What works."`
	Limits     []string   `yaml:"limits" json:"limits" nullable:"false" doc:"What does not work, or not as one expects."`
	Test       []Check    `yaml:"test" json:"test" nullable:"false" doc:"What to try first, and what one sees when it works."`
	Errors     []Trouble  `yaml:"errors" json:"errors" nullable:"false" doc:"What goes wrong, and what to do."`
	Checked    string     `yaml:"checked" json:"checked" format:"date" doc:"When the guide was checked." example:"2026-11-22"`
	Confidence Confidence `yaml:"confidence" json:"confidence" enum:"documentation,memory" doc:"Whether the names of the fields come from the vendor's documentation or from memory."`
	Doubts     string     `yaml:"doubts" json:"doubts,omitempty" doc:"What of it could not be checked."`
	Sources    []Source   `yaml:"sources" json:"sources" nullable:"false" doc:"Where it was read."`
}

// Confidence says where a guide's words come from.
type Confidence string

const (
	Documentation Confidence = "documentation" // the vendor's own pages
	Memory        Confidence = "memory"        // experience; nobody has looked it up
)

// Step is one thing to do in one place.
type Step struct {
	Title  string  `yaml:"title" json:"title" doc:"What the step does." example:"Give Okta the address and the token"`
	Where  string  `yaml:"where" json:"where,omitempty" doc:"The way there, as menus and tabs are called." example:"Provisioning > Integration > Edit"`
	Text   string  `yaml:"text" json:"text,omitempty" doc:"What to do there."`
	Fields []Field `yaml:"fields" json:"fields,omitempty" doc:"The fields of the form."`
	Code   string  `yaml:"code" json:"code,omitempty" doc:"A command or a template to paste."`
}

// Field is a field of a form and what stands in it.
type Field struct {
	Name  string `yaml:"name" json:"name" doc:"The field's label in the form." example:"SCIM connector base URL"`
	Value string `yaml:"value" json:"value" doc:"What to enter or choose." example:"{baseURL}"`
	Note  string `yaml:"note" json:"note,omitempty" doc:"What to know about it."`
}

// Check is something to try, and what one sees when it works.
type Check struct {
	Do  string `yaml:"do" json:"do" doc:"What to try." example:"Press Test Connector Configuration."`
	See string `yaml:"see" json:"see" doc:"What one sees when it works."`
}

// Trouble is something that goes wrong.
type Trouble struct {
	Seen string `yaml:"seen" json:"seen" doc:"What one sees." example:"401"`
	Why  string `yaml:"why" json:"why" doc:"Why."`
	Do   string `yaml:"do" json:"do" doc:"What to do about it."`
}

// Source is a page that was read.
type Source struct {
	Title string `yaml:"title" json:"title" doc:"What the page is."`
	URL   string `yaml:"url" json:"url" doc:"Its address."`
}

// order is how guides are listed: as people look for them, the general ones last.
var order = []string{
	"okta-aiw", "okta-oin", "okta-opp", "entra", "onelogin", "google", "pingone", "pingfederate", "jumpcloud",
	"oneaccess", "keycloak", "authentik", "generic", "health",
}

// All are the guides, in the order of the documentation.
func All() []Guide { return all() }

var all = sync.OnceValue(func() []Guide {
	list, err := load(files)
	if err != nil {
		panic(err) // the files are part of the program, and a test reads them
	}
	return list
})

// ByID is the guide of an id.
func ByID(id string) (Guide, bool) {
	for _, g := range all() {
		if g.ID == id {
			return g, true
		}
	}
	return Guide{}, false
}

// Find are the guides that a word means: that of an id, or those of a kind of connector.
func Find(word string) (found []Guide) {
	if g, ok := ByID(word); ok {
		return []Guide{g}
	}
	for _, g := range all() {
		if g.Kind == word && g.ID != "health" {
			found = append(found, g)
		}
	}
	return found
}

// IDs are the ids of all guides, in order.
func IDs() (ids []string) {
	for _, g := range all() {
		ids = append(ids, g.ID)
	}
	return ids
}

// load reads the guides, each strictly: a key that nobody knows is a mistake.
func load(from fs.FS) (list []Guide, err error) {
	for _, id := range order {
		data, err := fs.ReadFile(from, id+".yaml")
		if err != nil {
			return nil, fmt.Errorf("reading guide %s: %w", id, err)
		}
		var g Guide
		if err := yaml.UnmarshalWithOptions(data, &g, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("reading guide %s: %w", id, err)
		}
		list = append(list, g.trimmed())
	}
	return list, nil
}

// trimmed is the guide without the line breaks at the ends of its texts.
func (g Guide) trimmed() Guide {
	return g.with(strings.TrimSpace)
}
