package faults

import (
	"context"
	"fmt"
	"slices"
)

// readSpace reads all that a connector's IdP can read, through one replica.
func readSpace(ctx context.Context, base string, d door) (space, []Finding, error) {
	s := space{seat: d.seat, Users: make(map[string]record), Groups: make(map[string][]string), IDs: make(map[string]string), Tags: make(map[string]string)}
	users, err := readAll(ctx, base, d, "/Users", "&excludedAttributes=groups")
	if err != nil {
		return s, nil, err
	}
	groups, err := readAll(ctx, base, d, "/Groups", "")
	if err != nil {
		return s, nil, err
	}
	var wrong []Finding
	names := make(map[string]string, len(users))
	for _, u := range users {
		if _, twice := s.Users[u.UserName]; twice {
			wrong = append(wrong, found(uniqueness, Wrong, "%s lists two users named %s", d.slug, u.UserName))
		}
		s.Users[u.UserName], names[u.ID] = u.record(), u.UserName
		s.Tags[u.ID] = u.Meta.Version
	}
	for _, g := range groups {
		if _, twice := s.IDs[g.DisplayName]; twice {
			wrong = append(wrong, found(uniqueness, Wrong, "%s lists two groups named %s", d.slug, g.DisplayName))
		}
		members := []string{}
		for _, m := range g.Members {
			name, ok := names[m.Value]
			if !ok {
				name = "?" + m.Value
			}
			members = append(members, name)
		}
		slices.Sort(members)
		s.Groups[g.DisplayName], s.IDs[g.DisplayName] = members, g.ID
		s.Tags[g.ID] = g.Meta.Version
	}
	return s, wrong, nil
}

// readAll reads every resource of a kind, page by page.
func readAll(ctx context.Context, base string, d door, path, more string) (all []resource, err error) {
	for {
		a := call{method: "GET", url: fmt.Sprintf("%s%s%s?startIndex=%d&count=200%s", base, d.path, path, len(all)+1, more), token: d.token}.send(ctx)
		if a.status != 200 {
			return nil, fmt.Errorf("reading %s of %s: %d %.300s %w", path, d.slug, a.status, a.body, a.err)
		}
		page, err := a.in()
		if err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", path, d.slug, err)
		}
		all = append(all, page.Resources...)
		if len(page.Resources) == 0 || len(all) >= page.TotalResults {
			return all, nil
		}
	}
}

// judgeSpace compares what an IdP reads back with what was acknowledged to it.
func judgeSpace(s space, history []*Change) (wrong []Finding) {
	users := usersOf(history, s.slug)
	for name, r := range users {
		value := ""
		if is, there := s.Users[name]; there {
			value = is.value()
		}
		if harm := r.judge(value); harm != "" {
			wrong = append(wrong, found(durability, harm, "user %s of %s is %s, and may be %s", name, s.slug, quoted(value), choices(r.now())))
		}
	}
	for name := range s.Users {
		if _, known := users[name]; !known {
			wrong = append(wrong, found(durability, Wrong, "%s has the user %s, of whom nothing was acknowledged or left open", s.slug, name))
		}
	}
	for _, group := range groupsOf(history, s.slug) {
		members, there := s.Groups[group]
		r := rosterOf(history, s.slug, group)
		if !there && slices.ContainsFunc(r.changes, func(c *Change) bool { return c.Acknowledged }) {
			wrong = append(wrong, found(durability, Lost, "%s has no group %s, whose creation was acknowledged", s.slug, group))
			continue
		}
		wrong = append(wrong, r.judge(members)...)
	}
	for group := range s.Groups {
		if !slices.Contains(groupsOf(history, s.slug), group) {
			wrong = append(wrong, found(durability, Wrong, "%s has the group %s, of which nothing was acknowledged or left open", s.slug, group))
		}
	}
	return wrong
}

// usersOf are the registers of a client's users, by name.
func usersOf(history []*Change, client string) map[string]register {
	users := make(map[string]register)
	for _, c := range history {
		if !c.Group && c.Client == client {
			users[c.Subject] = append(users[c.Subject], write{c, c.Value})
		}
	}
	return users
}

func choices(values []string) string {
	text := ""
	for i, v := range values {
		if i > 0 {
			text += " or "
		}
		text += quoted(v)
	}
	return text
}

// judgeReads checks the reads of every user against its changes.
func judgeReads(reads []Read, history []*Change) (wrong []Finding) {
	type key struct{ client, subject string }
	byUser := make(map[key][]Read)
	for _, r := range reads {
		k := key{r.Client, r.Subject}
		byUser[k] = append(byUser[k], r)
	}
	users := make(map[string]map[string]register)
	for k, reads := range byUser {
		if users[k.client] == nil {
			users[k.client] = usersOf(history, k.client)
		}
		wrong = append(wrong, users[k.client][k.subject].observe(reads)...)
	}
	return wrong
}
