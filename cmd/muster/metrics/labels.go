package metrics

import (
	"sync"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-scim/muster/storage/sql"
)

// MostConnectors is how many connectors have series of their own. All others are together one.
const MostConnectors = 200

const (
	others  = "other" // a connector beyond MostConnectors
	unknown = ""      // no connector that there is
)

// labels knows which connectors may be named.
type labels struct {
	mu    sync.RWMutex
	slugs map[string]bool // true: seen since the reading that is under way began
	ids   map[uuid.UUID]string

	forget []func(prometheus.Labels) int // drop the series of a connector
}

func newLabels() *labels {
	return &labels{slugs: map[string]bool{}, ids: map[uuid.UUID]string{}}
}

// known is the label of what names a connector and has not proved it: a name that nobody knows is
// none.
func (l *labels) known(slug string) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if _, ok := l.slugs[slug]; ok {
		return slug
	}
	return unknown
}

// proven is the label of a connector that is there.
func (l *labels) proven(slug string) string {
	l.mu.RLock()
	_, ok := l.slugs[slug]
	l.mu.RUnlock()
	switch {
	case ok || slug == "":
		return slug
	case l.add(slug):
		return slug
	}
	return others
}

// of is the label of a connector's id; unknown for one that no reading has shown yet.
func (l *labels) of(id uuid.UUID) string {
	if id == uuid.Nil {
		return unknown
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	slug := l.ids[id]
	if _, ok := l.slugs[slug]; ok {
		return slug
	}
	return others
}

func (l *labels) add(slug string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.slugs) >= MostConnectors {
		_, ok := l.slugs[slug]
		return ok
	}
	l.slugs[slug] = true
	return true
}

// learn remembers the id of a connector that has just been shown to be there.
func (l *labels) learn(id uuid.UUID, slug string) {
	l.mu.RLock()
	_, ok := l.ids[id]
	l.mu.RUnlock()
	if ok {
		return
	}
	l.add(slug)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ids) < 10*MostConnectors { // a reading replaces them all
		l.ids[id] = slug
	}
}

// begin is called before the connectors are read.
func (l *labels) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for slug := range l.slugs {
		l.slugs[slug] = false
	}
}

// took takes over which connectors there are, in the order of their precedence. What is gone
// disappears, unless it was first seen while they were read.
func (l *labels) took(all []sql.ConnectorMeasure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids = make(map[uuid.UUID]string, len(all))
	there := make(map[string]bool, len(all))
	for _, c := range all {
		l.ids[c.ID], there[c.Slug] = c.Slug, true
	}
	for slug, fresh := range l.slugs {
		if there[slug] || fresh {
			continue
		}
		delete(l.slugs, slug)
		for _, drop := range l.forget {
			drop(prometheus.Labels{"connector": slug})
		}
	}
	for _, c := range all {
		if len(l.slugs) >= MostConnectors {
			break
		}
		l.slugs[c.Slug] = true
	}
}
