package web

import (
	"net/http"
	"sync"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants/administrators"
)

const (
	mostLights = 200 // streams at once in this process,
	ownLights  = 20  // and of one administrator

	streamsBusy = "Too many streams are open in this process, or of this administrator (`busy`)."
	streamsFull = "Too many streams are open in this process; close some pages, or ask now and then instead."
	ownFull     = "Twenty streams of yours are open in this process; close some pages, or ask now and then instead."
)

// lights are the streams that are open, by administrator: all sessions and API tokens of one count
// together, as anybody can make more of them. uuid.Nil is the deployment's token.
type lights struct {
	mu  sync.Mutex
	own map[uuid.UUID]int
	all int
}

// on takes a place for a stream; the error says why there is none.
func (l *lights) on(who administrators.Caller) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch id := who.Administrator.ID; {
	case l.all >= mostLights:
		return newProblem(http.StatusServiceUnavailable, "busy", streamsFull)
	case l.own[id] >= ownLights:
		return newProblem(http.StatusServiceUnavailable, "busy", ownFull)
	default:
		l.own[id]++
		l.all++
		return nil
	}
}

// off gives the place back.
func (l *lights) off(who administrators.Caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.own[who.Administrator.ID]--; l.own[who.Administrator.ID] == 0 {
		delete(l.own, who.Administrator.ID)
	}
}
