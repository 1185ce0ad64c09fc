package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/muster-scim/muster/cmd/muster/manifest"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// comparison is what a file would change on a server, in the order in which it is done: what others
// refer to comes first, and what people may lose comes last.
type comparison struct {
	api   *client
	file  *manifest.File
	now   *manifest.File // what the server has
	steps []*step
	left  []string // connectors of the server that the file does not name
}

// compare finds what differs. What cannot be done is an error that names the line.
func compare(ctx context.Context, api *client, name string, file *manifest.File) (*comparison, error) {
	now, err := serverFile(ctx, api, "")
	if err != nil {
		return nil, err
	}
	p := &comparison{api: api, file: file, now: now}
	for _, d := range file.Directories {
		if err := p.addDirectory(d); err != nil {
			return nil, err
		}
	}
	for _, tenantName := range file.Tenants {
		if !now.HasTenant(tenantName) {
			p.add(&step{About: "tenant " + tenantName, Lines: []string{"+ a new tenant"}, do: func(ctx context.Context, _ *terminal) error {
				return api.call(ctx, http.MethodPost, "/tenants", map[string]any{"name": tenantName}, nil)
			}})
		}
	}
	var last []*step
	for i := range file.Connectors {
		c := &file.Connectors[i]
		if err := p.possible(c); err != nil {
			return nil, manifest.In(name, err)
		}
		planned, err := p.addConnector(c)
		if err != nil {
			return nil, err
		}
		last = append(last, planned...)
	}
	p.steps = append(p.steps, last...)
	for _, c := range now.Connectors {
		if file.Connector(c.Slug) == nil {
			p.left = append(p.left, c.Slug)
		}
	}
	return p, nil
}

func (p *comparison) add(s *step) { p.steps = append(p.steps, s) }

// possible refuses what no change can bring about.
func (p *comparison) possible(c *manifest.Connector) error {
	refuse := func(field, format string, args ...any) error {
		return &manifest.Error{Line: c.Line(field), Field: "connector " + c.Slug, Problem: fmt.Sprintf(format, args...)}
	}
	switch now := p.now.Connector(c.Slug); {
	case !p.file.HasTenant(c.Tenant) && !p.now.HasTenant(c.Tenant):
		return refuse("tenant", "there is no tenant %s; write it below tenants: to make it", c.Tenant)
	case p.file.Directory(c.Directory) == nil && p.now.Directory(c.Directory) == nil:
		return refuse("directory", "there is no directory %s; write it below directories: to make it", c.Directory)
	case now == nil:
		return nil
	case !manifest.Same(c.Tenant, now.Tenant):
		return refuse("tenant", "it belongs to tenant %s on the server and cannot move; write tenant: %s, or take another slug", now.Tenant, now.Tenant)
	case !manifest.Same(c.Directory, now.Directory):
		return refuse("directory", "it provisions into directory %s on the server and cannot move; write directory: %s, or take another slug", now.Directory, now.Directory)
	case c.Kind != now.Kind:
		return refuse("kind", "its kind is %s on the server and cannot change; write kind: %s, or take another slug", now.Kind, now.Kind)
	}
	return nil
}

func (p *comparison) addDirectory(d manifest.Directory) error {
	was := policy.DefaultDirectorySettings()
	now := p.now.Directory(d.Name)
	if now != nil {
		was = now.Settings
	}
	lines, err := manifest.Differ(was, d.Settings)
	if err != nil || now != nil && len(lines) == 0 {
		return err
	}
	s := &step{About: "directory " + d.Name, Lines: lines, Unknown: p.isUsed(d.Name)}
	if now == nil {
		s.Lines = append([]string{"+ a new directory"}, lines...)
	}
	path := "/directories/" + escape(d.Name)
	s.do = func(ctx context.Context, _ *terminal) error {
		if now == nil {
			if err := p.api.call(ctx, http.MethodPost, "/directories", map[string]any{"name": d.Name}, nil); err != nil {
				return err
			}
		}
		if len(lines) == 0 {
			return nil
		}
		if err := p.api.call(ctx, http.MethodPatch, path, d.Settings, nil); err != nil {
			return err
		}
		_, err := settled(ctx, p.api, path) // plans look at what people hold then
		return err
	}
	p.add(s)
	return nil
}

// isUsed says whether a connector of the server provisions into a directory.
func (p *comparison) isUsed(directory string) bool {
	return slices.ContainsFunc(p.now.Connectors, func(c manifest.Connector) bool { return manifest.Same(c.Directory, directory) })
}

// addConnector adds what needs no plan, and returns what does.
func (p *comparison) addConnector(c *manifest.Connector) (planned []*step, err error) {
	now := p.now.Connector(c.Slug)
	if now == nil {
		return nil, p.addNewConnector(c)
	}
	body, lines, err := changedSettings(now, c)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 {
		_, order := body["precedence"]
		p.add(&step{About: "connector " + c.Slug, Lines: lines, Unknown: order, do: func(ctx context.Context, _ *terminal) error {
			if err := p.api.call(ctx, http.MethodPatch, "/connectors/"+escape(c.Slug), body, nil); err != nil || !order {
				return err
			}
			_, err := settled(ctx, p.api, "/directories/"+escape(now.Directory))
			return err
		}})
	}
	rules, err := manifest.Differ(now.Rules, c.Rules)
	if err != nil {
		return nil, err
	}
	if len(rules) > 0 {
		planned = append(planned, &step{About: "connector " + c.Slug + ": rules", Lines: rules, connector: c.Slug, draft: map[string]any{"rules": c.Rules}})
	}
	if c.Mode == now.Mode {
		return planned, nil
	}
	mode := &step{About: "connector " + c.Slug + ": mode", Lines: []string{fmt.Sprintf("~ mode: %s -> %s", now.Mode, c.Mode)}, connector: c.Slug, draft: map[string]any{"mode": c.Mode}}
	if now.Mode == tenants.Live { // it stands still first, so its new rules move nobody
		planned = append([]*step{mode}, planned...)
	} else {
		planned = append(planned, mode)
	}
	if len(planned) == 2 {
		planned[1].Later = true
	}
	return planned, nil
}

// changedSettings is what PATCH has to change, and how it reads.
func changedSettings(now, c *manifest.Connector) (body map[string]any, lines []string, err error) {
	body = map[string]any{}
	differs := func(name string, was, is any) {
		if err != nil || alike(was, is) {
			return
		}
		body[name] = is
		var more []string
		more, err = manifest.Differ(map[string]any{name: was}, map[string]any{name: is})
		lines = append(lines, more...)
	}
	differs("name", now.Name, c.Name)
	if c.Precedence != nil {
		differs("precedence", now.Precedence, c.Precedence)
	}
	differs("strict", now.Strict, c.Strict)
	differs("limits", now.Limits, c.Limits)
	differs("paths", now.ServedPaths(), c.ServedPaths())
	differs("required", listed(now.Required), listed(c.Required))
	differs("unique", listed(now.Unique), listed(c.Unique))
	differs("sensitive", listed(now.Sensitive), listed(c.Sensitive))
	differs("lastLogin", now.LastLogin, c.LastLogin)
	differs("activity", tenants.KeepingSaid(now.Activity).Said(), tenants.KeepingSaid(c.Activity).Said())
	differs("allowedNetworks", listed(now.Networks), listed(c.Networks))
	return body, lines, err
}

// listed is a list as the API says it, which has an empty one for none.
func listed(names []string) []string { return append([]string{}, names...) }

func (p *comparison) addNewConnector(c *manifest.Connector) error {
	rules, err := manifest.Differ(policy.DefaultRules(), c.Rules)
	if err != nil {
		return err
	}
	begins := &manifest.Connector{Name: c.Name, Kind: c.Kind}
	settings, lines, err := changedSettings(begins, c)
	if err != nil {
		return err
	}
	lines = append([]string{fmt.Sprintf("+ a new connector of tenant %s, %s, into directory %s, %s", c.Tenant, c.Kind, c.Directory, c.Mode)}, append(lines, rules...)...)
	p.add(&step{About: "connector " + c.Slug, Lines: lines, do: func(ctx context.Context, t *terminal) error {
		body := map[string]any{"slug": c.Slug, "name": c.Name, "tenant": c.Tenant, "kind": c.Kind, "mode": c.Mode, "directory": c.Directory, "rules": c.Rules}
		var made connector
		if err := p.api.call(ctx, http.MethodPost, "/connectors", body, &made); err != nil {
			return err
		}
		if err := made.printSecrets(t); err != nil || len(settings) == 0 {
			return err
		}
		return p.api.call(ctx, http.MethodPatch, "/connectors/"+escape(c.Slug), settings, nil)
	}})
	return nil
}
