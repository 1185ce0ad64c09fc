// Package manifest is the file form of what an administrator sets: directories with their
// settings, tenants, connectors with their rules, and tests of these rules.
//
// It reads YAML (and JSON, which is YAML) strictly, so that a misspelt field is an error with its
// line and never an empty list; writes it so that the same settings always give the same bytes;
// says what differs; and asks package policy what rules decide about a made-up person. It knows
// no server: who exports, plans and applies is the command line.
package manifest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// File is a whole file.
type File struct {
	Directories []Directory `json:"directories"`
	Tenants     []string    `json:"tenants"`
	Connectors  []Connector `json:"connectors"`

	at *node
}

// Directory is a directory with its settings, which stand beside its name.
type Directory struct {
	Name     string
	Settings policy.DirectorySettings

	at *node
}

// Connector is a connector with its rules and their tests.
type Connector struct {
	Slug       string         `json:"slug"`
	Name       string         `json:"name"` // default the slug
	Tenant     string         `json:"tenant"`
	Kind       tenants.Kind   `json:"kind"`       // default generic
	Directory  string         `json:"directory"`  // default main
	Mode       tenants.Mode   `json:"mode"`       // default observe
	Precedence *int           `json:"precedence"` // nil: where the server has it, a new one last
	Strict     bool           `json:"strict"`
	Limits     tenants.Limits `json:"limits"`
	Paths      *tenants.Paths `json:"paths"` // nil: those that the kind begins with
	Required   []string       `json:"required"`
	Unique     []string       `json:"unique"`
	Sensitive  []string       `json:"sensitive"`
	LastLogin  bool           `json:"lastLogin"`
	Activity   string         `json:"activity"` // default on
	Networks   []string       `json:"allowedNetworks"`
	Rules      policy.Rules   `json:"rules"`
	Tests      []Test         `json:"tests"`

	at *node
}

// Test says what the rules are to decide about a person.
type Test struct {
	Name   string `json:"name"`
	Given  Given  `json:"given"`
	Expect Expect `json:"expect"`

	at *node
}

// Given is a person as the connector's IdP describes it.
type Given struct {
	UserName string   `json:"userName"`
	Groups   []string `json:"groups"`  // that the IdP sends
	Active   *bool    `json:"active"`  // default true
	Deleted  bool     `json:"deleted"` // the IdP deleted a person that it had sent
	Known    bool     `json:"known"`   // the directory has the person already, active
	Holds    []string `json:"holds"`   // groups in which this connector had put the known person
}

// Expect is what a test wants; what is left out may be anything.
type Expect struct {
	Groups []string `json:"groups"` // the person is in these
	Not    []string `json:"not"`    // and in none of these
	Status string   `json:"status"` // active, disabled, deleted, or none: no user is made
}

// Error is what cannot be used in a file.
type Error struct {
	Line    int
	Field   string // the way to it, such as "connector acme-okta: rules"
	Problem string
}

func (e *Error) Error() string {
	text := e.Problem
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// In is err with the file's name, as editors and compilers write it.
func In(file string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Line > 0 {
		where := *e
		where.Line = 0
		return fmt.Errorf("%s:%d: %w", file, e.Line, &where)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// Connector is the connector of a slug; nil if the file has none.
func (f *File) Connector(slug string) *Connector {
	i := slices.IndexFunc(f.Connectors, func(c Connector) bool { return c.Slug == slug })
	if i < 0 {
		return nil
	}
	return &f.Connectors[i]
}

// Directory is the directory of a name, without regard to case; nil if the file has none.
func (f *File) Directory(name string) *Directory {
	i := slices.IndexFunc(f.Directories, func(d Directory) bool { return Same(d.Name, name) })
	if i < 0 {
		return nil
	}
	return &f.Directories[i]
}

// SettingsFor are the settings of a connector's directory, as far as the file says them.
func (f *File) SettingsFor(c *Connector) policy.DirectorySettings {
	if d := f.Directory(c.Directory); d != nil {
		return d.Settings
	}
	return policy.DefaultDirectorySettings()
}

// HasTenant says whether the file names a tenant.
func (f *File) HasTenant(name string) bool {
	return slices.ContainsFunc(f.Tenants, func(t string) bool { return Same(t, name) })
}

// Line is where the connector stands in the file it was read from.
func (c *Connector) Line(field string) int { return c.at.lineOf(field) }

// Same compares names as the server does.
func Same(a, b string) bool { return canonical.Key(a) == canonical.Key(b) }
