package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/tenants/administrators"
)

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

const (
	beatEvery   = 15 * time.Second
	recheckTime = 3 * time.Second // after which whoever may not listen any more is sent away
	streamTime  = 10 * time.Minute
	mostTopics  = 16 // of one stream
	mostMissed  = 10_000
	streamType  = "text/event-stream"
)

// Streaming is how a stream is asked for.
type Streaming struct {
	Topics string `query:"topics" required:"true" maxLength:"2000" doc:"What to listen to, with commas between, up to 16: requests:{connector}, contact:{connector}, job:{id}, holds, events." example:"requests:acme-okta,holds"`
	Behind string `query:"after" maxLength:"2000" doc:"The same as Last-Event-ID, for clients that cannot send it."`
	After  string `header:"Last-Event-ID" maxLength:"2000" doc:"The id of the last message that was heard: requests and events go on behind it. EventSource sends it by itself."`
}

func (a *API) addStream() {
	route(a, operation{method: http.MethodGet, path: "/stream", id: "stream", tag: "Live", role: reads(narrowed),
		missing: "There is no such connector or job. GET /api/v1/connectors and /api/v1/jobs list them.",
		summary: "Listen to requests, events, jobs, contacts and holds as they happen",
		description: "Server-sent events, whose `event` is the topic and whose `data` is JSON: `requests:{connector}` each SCIM request as in `GET /requests`; `events` each event as in the feed; " +
			"`job:{id}`, `contact:{connector}` and `holds` the state as in `GET /jobs/{id}`, `GET /connectors/{c}/contact` and the items of `GET /holds`, now and whenever it changes. All within about a second, whichever replica it happened on. " +
			"Requests and events come at least once for whoever sends `Last-Event-ID` again; a `gap` says that more than 10,000 of a topic, named in its data, were missed and left out. " +
			"A comment comes every fifteen seconds. The stream ends after ten minutes, within seconds after the session or token ended or its administrator was changed, when the server stops, when the listener is too slow, or when what it is about is deleted; clients connect again.",
		errors: map[int]string{
			http.StatusServiceUnavailable:  streamsBusy,
			http.StatusUnprocessableEntity: "A topic is none.",
		},
		answer: &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
			streamType: {Schema: &huma.Schema{Type: huma.TypeString, Description: "Events named after their topic."}},
		}},
	}, a.stream)
}

func (a *API) stream(ctx context.Context, in *Streaming) (*huma.StreamResponse, error) {
	names := slices.DeleteFunc(strings.Split(in.Topics, ","), func(name string) bool { return name == "" })
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 || len(names) > mostTopics {
		return nil, invalid("query.topics", fmt.Sprintf("must name between one and %d topics", mostTopics))
	}
	sources := make(map[string]source, len(names))
	for _, name := range names {
		s, err := a.sourceOf(ctx, name)
		if err != nil {
			return nil, err
		}
		sources[name] = s
	}
	return a.streamOf(ctx, sources, parsePlaces(cmp.Or(in.After, in.Behind)), func(topic string) string { return topic })
}

// streamOf answers with the messages of topics, each named as called says. from are the places
// behind which rows are sent that came before.
func (a *API) streamOf(ctx context.Context, sources map[string]source, from places, called func(topic string) string) (*huma.StreamResponse, error) {
	v, caller := viewIn(ctx), callerOf(ctx)
	if err := a.lights.on(caller); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer a.lights.off(caller)
		c.SetHeader("Content-Type", streamType)
		c.SetHeader("X-Accel-Buffering", "no") // nginx would keep it back
		c.SetStatus(http.StatusOK)
		ctx, cancel := context.WithTimeout(c.Context(), streamTime)
		defer cancel()
		out := &eventWriter{w: c.BodyWriter(), view: v, called: called, places: places{}}
		if !out.comment() { // headers go out at once
			return
		}
		l := newListener()
		defer a.hub.leave(l)
		begun := make(map[string]<-chan struct{}, len(sources))
		for name, s := range sources {
			begun[name] = a.hub.listen(l, name, s)
		}
		for name, s := range sources {
			number, ok := from[name]
			if ok && s.behind != nil && !(a.begins(ctx, l, begun[name]) && out.catchUp(ctx, name, s, number)) {
				return
			}
		}
		a.sendLive(ctx, caller, l, out)
	}}, nil
}

// begins waits until it is known from where on the listener hears a topic: what came before is read
// after that, so that nothing lies between. Who waits in vain is sent away, and comes again with the
// place it has.
func (a *API) begins(ctx context.Context, l *listener, begun <-chan struct{}) bool {
	patience := time.NewTimer(beatEvery)
	defer patience.Stop()
	select {
	case <-begun:
		return true
	case <-patience.C:
	case <-ctx.Done():
	case <-a.closing:
	case <-l.gone:
	}
	return false
}

// sendLive sends what the listener hears until somebody ends it.
func (a *API) sendLive(ctx context.Context, caller administrators.Caller, l *listener, out *eventWriter) {
	beat, recheck := time.NewTicker(beatEvery), time.NewTicker(recheckTime)
	defer beat.Stop()
	defer recheck.Stop()
	for ok := true; ok; {
		select {
		case m := <-l.heard:
			ok = out.send(m)
		case <-beat.C:
			ok = out.comment()
		case <-recheck.C:
			ok = a.mayListen(ctx, caller)
		case <-ctx.Done():
			return
		case <-a.closing:
			return
		case <-l.gone:
			return
		}
	}
}

// mayListen says whether whoever opened a stream may go on. While that cannot be found out, the
// topics cannot be read either, and the stream stays.
func (a *API) mayListen(ctx context.Context, caller administrators.Caller) bool {
	ctx, cancel := context.WithTimeout(ctx, recheckTime)
	defer cancel()
	still, err := a.administrators.Still(ctx, caller)
	return still || err != nil
}

// eventWriter writes messages for one listener.
type eventWriter struct {
	w      io.Writer
	view   *view // nil: the listener sees everything
	called func(topic string) string
	places places // up to which rows were sent
	caught map[string]map[int64]bool
}

// catchUp sends the rows of a topic behind a number, until there are no more: one look may end at a
// place without rows. It says whether the listener is still there.
func (e *eventWriter) catchUp(ctx context.Context, name string, s source, number int64) bool {
	caught := map[int64]bool{}
	for len(caught) < mostMissed {
		rows, read, err := s.behind(ctx, number)
		if err != nil {
			// The place is not one to go on from, as after a restored backup, or the database is
			// away: what comes now comes, and the listener knows.
			return e.gap(name)
		}
		for _, m := range rows {
			m.topic, m.resume = name, m.number
			if s.late > 0 {
				m.resume = number // the place it came with: late ones may be between
			}
			if caught[m.number] = true; !e.send(m) {
				return false
			}
		}
		if read == number {
			if e.caught == nil {
				e.caught = map[string]map[int64]bool{}
			}
			e.caught[name] = caught
			return true
		}
		number = read
	}
	return e.gap(name)
}

// gap says that rows of a topic were left out.
func (e *eventWriter) gap(topic string) bool {
	data, err := json.Marshal(map[string]string{"topic": topic})
	return err == nil && e.write("gap", string(data), "")
}

// send writes a message, unless it is not for the listener or was sent before. It says whether the
// listener is still there.
func (e *eventWriter) send(m message) bool {
	if m.number > 0 {
		e.places[m.topic] = max(e.places[m.topic], m.resume)
		if e.caught[m.topic][m.number] {
			delete(e.caught[m.topic], m.number)
			return true
		}
	}
	data := m.data
	if e.view != nil {
		var own any
		if m.only != nil {
			own = m.only(e.view)
		}
		if own == nil {
			return true
		}
		var err error
		if data, err = json.Marshal(own); err != nil {
			return false
		}
	}
	return e.write(e.called(m.topic), string(data), e.places.String())
}

// comment is a sign of life. It tells the places too, so that little is sent twice.
func (e *eventWriter) comment() bool {
	text := ": still here\n"
	if id := e.places.String(); id != "" {
		text += "id: " + id + "\n"
	}
	return e.flush(io.WriteString(e.w, text+"\n"))
}

func (e *eventWriter) write(name, data, id string) bool {
	if id != "" {
		id = "id: " + id + "\n"
	}
	return e.flush(fmt.Fprintf(e.w, "%sevent: %s\ndata: %s\n\n", id, name, data))
}

func (e *eventWriter) flush(_ int, err error) bool {
	keepWriting(e.w)
	if rw, ok := e.w.(http.ResponseWriter); ok && err == nil {
		err = http.NewResponseController(rw).Flush()
	}
	return err == nil
}

// places are numbers up to which rows of topics were heard: "events=4711,requests:acme-okta=12".
type places map[string]int64

func parsePlaces(text string) places {
	p := places{}
	for part := range strings.SplitSeq(text, ",") {
		at := strings.LastIndexByte(part, '=')
		if at < 0 {
			continue
		}
		if n, err := strconv.ParseInt(part[at+1:], 10, 64); err == nil && n >= 0 {
			p[part[:at]] = n
		}
	}
	return p
}

func (p places) String() string {
	parts := make([]string, 0, len(p))
	for topic, number := range p {
		parts = append(parts, topic+"="+strconv.FormatInt(number, 10))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}
