package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/web"
)

// instanceHeader names the deployment on every answer about health, so that whoever asks at the
// public URL can tell whether it leads here.
const instanceHeader = "Muster-Instance"

// withHealth answers the questions of supervisors and load balancers before anything else does.
func (srv *server) withHealth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			srv.answerHealth(w, r, nil)
		case "/readyz":
			srv.answerReady(w, r, srv.fromAdmin(r))
		case "/metrics":
			srv.answerMetrics(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// openly is what the listener of the metrics serves, to everybody who reaches it.
func (srv *server) openly() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			srv.answerHealth(w, r, nil)
		case "/readyz":
			srv.answerReady(w, r, true)
		case "/metrics":
			srv.watch.metrics.Handler().ServeHTTP(w, r)
		default:
			http.Error(w, "here are /metrics, /healthz and /readyz", http.StatusNotFound)
		}
	})
}

// fromAdmin says whether a request carries the admin token.
func (srv *server) fromAdmin(r *http.Request) bool {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return false
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	given, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(srv.settings.AdminToken))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

func (srv *server) answerMetrics(w http.ResponseWriter, r *http.Request) {
	if srv.fromAdmin(r) {
		srv.watch.metrics.Handler().ServeHTTP(w, r)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="muster metrics"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.Error(w, "metrics need the admin token as a bearer token here; MUSTER_METRICS_LISTEN opens a listener that needs none", http.StatusUnauthorized)
}

// answerReady says whether the server should get requests and, to whoever may know and asks with
// ?verbose, why.
func (srv *server) answerReady(w http.ResponseWriter, r *http.Request, mayKnow bool) {
	if !mayKnow || !r.URL.Query().Has("verbose") {
		srv.answerHealth(w, r, srv.ready(r.Context()))
		return
	}
	report := srv.examine(r.Context())
	body, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		body = nil // texts and numbers always encode
	}
	h := w.Header()
	h.Set(instanceHeader, srv.watch.instance)
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if !report.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(body, '\n')) // the asker has gone
}

var errDraining = errors.New("draining")

// ready says why the server should get no new requests; nil if it should.
func (srv *server) ready(ctx context.Context) error {
	if srv.draining.Load() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := srv.store.Ping(ctx); err != nil {
		srv.log.Warn("not ready", "error", err)
		return errors.New("the database does not answer")
	}
	return nil
}

// readiness is the answer of /readyz?verbose.
type readiness struct {
	Ready    bool      `json:"ready"`
	Version  string    `json:"version"`
	Instance string    `json:"instance"`
	Replicas int       `json:"replicas"`
	Checks   []checked `json:"checks"`
}

// checked is one thing that was looked at: ok, degraded (it is served on without it) or failed.
type checked struct {
	Name   string  `json:"name"`
	State  string  `json:"state"`
	Took   float64 `json:"tookSeconds"`
	Detail string  `json:"detail,omitempty"`
	Next   string  `json:"next,omitempty"` // what to do about it
}

const (
	stateOK       = "ok"
	stateDegraded = "degraded"
	stateFailed   = "failed"
)

// examine looks at everything that readiness rests on. What is only degraded leaves it ready.
func (srv *server) examine(ctx context.Context) readiness {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r := readiness{Ready: true, Version: version, Instance: srv.watch.instance, Replicas: srv.replicas.alive()}
	for _, look := range []func(context.Context) checked{srv.checkStopping, srv.checkDatabase, srv.checkSchema, srv.checkRedis} {
		began := time.Now()
		c := look(ctx)
		c.Took = time.Since(began).Seconds()
		r.Ready = r.Ready && c.State != stateFailed
		r.Checks = append(r.Checks, c)
	}
	return r
}

func (srv *server) checkStopping(context.Context) checked {
	if srv.draining.Load() {
		return checked{Name: "serving", State: stateFailed, Detail: "the server is stopping", Next: "Nothing, if it was told to; its requests end first."}
	}
	return checked{Name: "serving", State: stateOK}
}

func (srv *server) checkDatabase(ctx context.Context) checked {
	c := checked{Name: "database", State: stateOK}
	if err := srv.store.Ping(ctx); err != nil {
		c.State, c.Detail = stateFailed, err.Error()
		c.Next = "Look whether the database runs and can be reached from here; muster doctor says more. Nothing acknowledged is lost."
		return c
	}
	p := srv.store.Pool()
	c.Detail = fmt.Sprintf("%d of at most %d connections in use", p.InUse, p.Most)
	return c
}

func (srv *server) checkSchema(ctx context.Context) checked {
	c := checked{Name: "schema", State: stateOK}
	at, err := srv.store.Version(ctx)
	switch known := migrations.Newest(); {
	case err != nil:
		c.State, c.Detail, c.Next = stateFailed, "its version cannot be read", "See the database."
	case at < known:
		c.State, c.Detail = stateFailed, fmt.Sprintf("version %d, and this program needs %d", at, known)
		c.Next = "Was an older backup restored? Run muster migrate of this version, or start this program again."
	case at > known:
		c.State, c.Detail = stateDegraded, fmt.Sprintf("version %d is newer than this program, which knows %d and can serve it", at, known)
		c.Next = "Replace this replica by the newer program."
	default:
		c.Detail = fmt.Sprintf("version %d", at)
	}
	return c
}

// degraded says what is served on without, as far as that is known without asking anybody.
func (srv *server) degraded() []web.Degraded {
	if c := srv.checkRedis(context.Background()); c.State == stateDegraded {
		return []web.Degraded{{Name: "Redis", Detail: c.Detail, Next: c.Next}}
	}
	return nil
}

func (srv *server) checkRedis(context.Context) checked {
	c := checked{Name: "redis", State: stateOK}
	switch {
	case srv.redis == nil:
		c.Detail = "not used"
	case srv.redis.Counts().Open:
		c.State, c.Detail = stateDegraded, "does not answer in time: each replica looks up credentials in the database and gives out its share of the limits"
		c.Next = "Look whether Redis runs; it is used again by itself. See docs/redis.md."
	}
	return c
}

func (srv *server) answerHealth(w http.ResponseWriter, r *http.Request, problem error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set(instanceHeader, srv.watch.instance)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	text := "ok\n"
	if problem != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = problem.Error() + "\n"
	}
	_, _ = w.Write([]byte(text)) // the asker has gone
}
