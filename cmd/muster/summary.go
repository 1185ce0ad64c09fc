package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// summary is what a directory made of a connector's people.
type summary struct {
	status      map[string]int // users by status
	groups      map[string]int // members by group
	origins     map[string]int // memberships by origin
	dropped     map[string]int // by "list pattern", or by code where no list decided
	droppedOf   map[string]map[string]bool
	example     string // user and group of something that was dropped
	seen, total int    // users looked at, of how many
}

// mostLookedAt is how many users a summary reads one by one; of more it reads the first ones.
const mostLookedAt = 2000

// summarise reads the users of a directory that a connector has a record of, with their reasons.
func summarise(ctx context.Context, c *client, directory, slug string, concurrency int) (*summary, error) {
	s := &summary{status: map[string]int{}, groups: map[string]int{}, origins: map[string]int{}, dropped: map[string]int{}, droppedOf: map[string]map[string]bool{}}
	base := "/directories/" + escape(directory) + "/users"
	var ids []string
	for _, status := range []string{"active", "disabled", "deleted"} {
		err := each(ctx, c, base+"?"+url.Values{"status": {status}}.Encode(), func(u user) error {
			ids = append(ids, u.ID)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	s.total = len(ids)
	ids = ids[:min(len(ids), mostLookedAt)]
	return s, s.read(ctx, c, base, slug, ids, concurrency)
}

func (s *summary) read(ctx context.Context, c *client, base, slug string, ids []string, concurrency int) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
		work  = make(chan string)
	)
	for range concurrency {
		wg.Go(func() {
			for id := range work {
				var u user
				err := c.call(ctx, http.MethodGet, base+"/"+id, nil, &u)
				mu.Lock()
				if err == nil {
					s.count(u, slug)
				}
				first = cmp.Or(first, err)
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	wg.Wait()
	return first
}

func (s *summary) count(u user, slug string) {
	known := false
	for _, r := range u.Records {
		known = known || r.Connector == slug
	}
	if !known {
		return
	}
	s.seen++
	s.status[u.Status]++
	for _, m := range u.Memberships {
		s.groups[m.Group.DisplayName]++
		s.origins[m.Origin]++
	}
	for _, m := range u.Dropped {
		if m.Because.Connector != "" && m.Because.Connector != slug {
			continue
		}
		rule := cmp.Or(m.Because.List, m.Because.Code)
		if m.Because.Pattern != "" {
			rule += " " + m.Because.Pattern
		}
		s.dropped[rule]++
		example := u.UserName + " " + m.Group.DisplayName
		if (s.example == "" || example < s.example) && !strings.Contains(m.Group.DisplayName, " ") {
			s.example = example // the first of all, in whatever order they were read
		}
		if s.droppedOf[rule] == nil {
			s.droppedOf[rule] = map[string]bool{}
		}
		s.droppedOf[rule][m.Group.DisplayName] = true
	}
}

var originMeaning = map[string]string{
	"idp": "the IdP sends it", "always": "alwaysAssign gives it", "default": "defaultGroups gave it",
	"local": "an administrator gave it", "retained": "neverRemove keeps it",
}

func (s *summary) print(t *terminal, target connector) error {
	if err := say(t, "\nWhat directory %s made of it:", target.Directory); err != nil {
		return err
	}
	rows := [][]string{{"  users", fmt.Sprintf("%d active, %d disabled, %d deleted", s.status["active"], s.status["disabled"], s.status["deleted"])}}
	rows = append(rows, []string{"  groups", fmt.Sprint(len(s.groups))})
	memberships := 0
	for _, n := range s.origins {
		memberships += n
	}
	rows = append(rows, []string{"  memberships", fmt.Sprint(memberships)})
	for _, origin := range []string{"idp", "always", "default", "local", "retained"} {
		if n := s.origins[origin]; n > 0 {
			rows = append(rows, []string{"    " + origin, fmt.Sprintf("%d, because %s", n, originMeaning[origin])})
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(s.dropped)) {
		names := slices.Sorted(maps.Keys(s.droppedOf[rule]))
		rows = append(rows, []string{"  dropped", fmt.Sprintf("%d by %s: %s", s.dropped[rule], rule, shortList(names))})
	}
	if foreign := s.droppedOf["foreignGroup"]; len(foreign) > 0 {
		share, err := json.Marshal(map[string]any{"sharedGroups": slices.Sorted(maps.Keys(foreign))})
		if err != nil {
			return err
		}
		rows = append(rows, []string{"", "foreignGroup: another tenant, or an administrator, had groups of these names in the directory first."},
			[]string{"", fmt.Sprintf("To let all tenants feed them: %s directories set %s '%s'", program(), target.Directory, share)})
	}
	if s.total > mostLookedAt {
		rows = append(rows, []string{"", fmt.Sprintf("counted over %d of the directory's %d users", mostLookedAt, s.total)})
	}
	if err := table(t.out, nil, rows); err != nil {
		return err
	}
	in := ""
	if target.Directory != "main" {
		in = " -d " + target.Directory
	}
	if s.example == "" {
		return say(t, "\n%[1]s users list%[2]s, %[1]s groups list%[2]s and %[1]s why USER GROUP%[2]s say more.", program(), in)
	}
	return say(t, "\nAsk why:  %s why %s%s\nSee all:  %s users list%s", program(), s.example, in, program(), in)
}

func shortList(names []string) string {
	const most = 6
	if len(names) <= most {
		return fmt.Sprint(names)
	}
	return fmt.Sprintf("%v and %d more", names[:most], len(names)-most)
}
