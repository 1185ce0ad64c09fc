package manifest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// check fills in defaults and refuses what no server would take.
func (f *File) check() error {
	seen := map[string]bool{}
	once := func(what, name string, line int) error {
		key := what + " " + canonical.Key(name)
		if seen[key] {
			return &Error{line, what + " " + name, "stands there twice; put both into one"}
		}
		seen[key] = true
		return nil
	}
	for i := range f.Directories {
		d := &f.Directories[i]
		if err := cmp.Or(d.check(), once("directory", d.Name, d.at.line)); err != nil {
			return err
		}
	}
	for i, name := range f.Tenants {
		at := f.at.field("tenants").items[i]
		if err := cmp.Or(placed(tenants.CheckName("name", name), at, "tenants"), once("tenant", name, at.line)); err != nil {
			return err
		}
	}
	for i := range f.Connectors {
		c := &f.Connectors[i]
		if err := cmp.Or(c.check(), once("connector", c.Slug, c.at.line)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) check() error {
	if d.Name == "" {
		return &Error{d.at.line, "directories", "the name is missing; write - name: main"}
	}
	where := "directory " + d.Name
	if err := tenants.CheckName("name", d.Name); err != nil {
		return placed(err, d.at, where)
	}
	_, err := policy.CompileDirectory(d.Settings, 1)
	return placed(err, d.at, where)
}

func (c *Connector) check() error {
	switch {
	case c.Slug == "":
		return &Error{c.at.line, "connectors", "the slug is missing; write - slug: acme-okta"}
	case c.Tenant == "":
		return &Error{c.at.line, "connector " + c.Slug, "the tenant is missing; write tenant: and its name"}
	}
	where := "connector " + c.Slug
	c.Name, c.Kind = cmp.Or(c.Name, c.Slug), cmp.Or(c.Kind, "generic")
	c.Directory, c.Mode = cmp.Or(c.Directory, tenants.DefaultDirectory), cmp.Or(c.Mode, tenants.Observe)
	if err := checkRules(c.Rules, c.at.field("rules"), where+": rules"); err != nil {
		return err
	}
	n := tenants.NewConnector{Tenant: c.Tenant, Name: c.Name, Slug: c.Slug, Kind: c.Kind, Mode: c.Mode, Directory: c.Directory,
		Settings: tenants.Settings{Limits: c.Limits, Paths: c.ServedPaths(), Demands: c.demands()}, Rules: c.Rules}
	if err := n.Check(); err != nil {
		return placed(err, c.at, where)
	}
	networks, err := tenants.ParseNetworks("allowedNetworks", c.Networks)
	if err != nil {
		return placed(err, c.at, where)
	}
	c.Networks = networks.Texts()
	demands, err := c.demands().InSchemaCase()
	if err != nil {
		return placed(err, c.at, where)
	}
	c.Required, c.Unique, c.Sensitive = demands.Required, demands.Unique, demands.Sensitive
	for _, t := range c.Tests {
		if err := t.check(where); err != nil {
			return err
		}
	}
	return nil
}

func (c *Connector) demands() tenants.Demands {
	return tenants.Demands{Required: c.Required, Unique: c.Unique, Sensitive: c.Sensitive}
}

// ServedPaths are the connector's further paths: its own, or those that its kind begins with.
func (c *Connector) ServedPaths() tenants.Paths {
	if c.Paths == nil {
		return c.Kind.DefaultPaths()
	}
	return *c.Paths
}

var statuses = []string{"", string(policy.UserActive), string(policy.UserDisabled), string(policy.UserDeleted), noUser}

func (t Test) check(where string) error {
	if t.Name == "" {
		return &Error{t.at.line, where + ": tests", "the name is missing; write - name: and what the test shows"}
	}
	where += ": test " + t.Name
	switch e := t.Expect; {
	case len(e.Groups)+len(e.Not) == 0 && e.Status == "":
		return &Error{t.at.line, where, "it expects nothing; write expect: with groups:, not: or status:"}
	case !slices.Contains(statuses, e.Status):
		return &Error{t.at.field("expect").lineOf("status"), where, fmt.Sprintf("status is %q; write active, disabled, deleted, or none for a user that is not made", e.Status)}
	case t.Given.Deleted && t.Given.Active != nil && *t.Given.Active:
		return &Error{t.at.lineOf("given"), where, "given is deleted and active; leave one out"}
	}
	for _, names := range [][]string{t.Given.Groups, t.Given.Holds, t.Expect.Groups, t.Expect.Not} {
		for _, name := range names {
			if err := canonical.Check(name, 256); err != nil {
				return &Error{t.at.line, where, fmt.Sprintf("%q is no name of a group: it %v", name, err)}
			}
		}
	}
	return nil
}
