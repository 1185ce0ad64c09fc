package idp

import (
	"context"
	"net/http"
	"strconv"
	"sync"
)

// newRauthy is Rauthy: it looks for its own id first, puts users and patches groups.
func newRauthy(c *Client) provider {
	return &habits{
		Client: c,
		probes: []string{"/Users?count=1"},
		findUser: func(p *Person, _ string) string {
			return "filter=" + oktaEscape("externalId eq "+quote(p.Key))
		},
		findGroup: func(g *Group, _ string) string {
			return "filter=" + oktaEscape("externalId eq "+quote(g.Key))
		},
		user:   func(p *Person) map[string]any { return plainUser(p, false) },
		facts:  []string{"displayName", "email", "externalId"},
		group:  plainGroup,
		rename: renamePlain,
		add:    addValues,
		remove: removeByPath,
	}
}

// pocketID is Pocket ID: it lists everything in pages of a thousand, finds its own by externalId,
// and puts whole resources.
type pocketID struct {
	habits
	mu    sync.Mutex
	known map[string]map[string]string // path to externalId to id; a path is missing until it was listed
}

func newPocketID(c *Client) provider {
	return &pocketID{
		habits: habits{
			Client: c, usersPath: "/Users", groupsPath: "/Groups",
			probes:   []string{"/Users?startIndex=1&count=1000"},
			user:     func(p *Person) map[string]any { return plainUser(p, false) },
			facts:    []string{"displayName", "email", "externalId"},
			group:    plainGroup,
			bornFull: true,
		},
		known: map[string]map[string]string{},
	}
}

func (s *pocketID) FindUser(ctx context.Context, p *Person, _ string) (string, error) {
	return s.own(ctx, s.usersPath, p.Key)
}

func (s *pocketID) FindGroup(ctx context.Context, g *Group, _ string) (string, error) {
	return s.own(ctx, s.groupsPath, g.Key)
}

func (s *pocketID) CreateUser(ctx context.Context, p *Person) error {
	return s.relist(s.usersPath, s.habits.CreateUser(ctx, p))
}

func (s *pocketID) CreateGroup(ctx context.Context, g *Group) error {
	return s.relist(s.groupsPath, s.habits.CreateGroup(ctx, g))
}

// relist forgets a list that a conflict has proved too old.
func (s *pocketID) relist(path string, err error) error {
	if isStatus(err, http.StatusConflict) {
		s.mu.Lock()
		delete(s.known, path)
		s.mu.Unlock()
	}
	return err
}

// own is the id of what has this externalId, by a list that is read once.
func (s *pocketID) own(ctx context.Context, path, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[path] == nil {
		listed := map[string]string{}
		for start := 1; ; {
			got, err := s.get(ctx, path, "startIndex="+strconv.Itoa(start)+"&count=1000")
			if err != nil {
				return "", err
			}
			for _, r := range got.Resources {
				listed[r.External] = r.ID
			}
			if start += len(got.Resources); len(got.Resources) == 0 || start > got.Total {
				break
			}
		}
		s.known[path] = listed
	}
	return s.known[path][key], nil
}
