package metrics

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/tenants"
)

// Served counts one request. It is what gateway.Engine.Told is for.
func (m *Metrics) Served(s gateway.Served) {
	code := "none" // the client left before it was answered
	if s.Status != 0 {
		code = strconv.Itoa(s.Status/100) + "xx"
	}
	if !s.SCIM {
		m.admin.WithLabelValues(s.Method, code).Inc()
		return
	}
	connector := m.labels.proven(s.Connector)
	if s.Connector == "" {
		connector = m.labels.known(s.Claimed)
	}
	resource := resourceOf(s.Route)
	m.requests.WithLabelValues(connector, s.Method, resource, code).Inc()
	if s.Connector != "" {
		m.durations.WithLabelValues(connector, s.Method, resource).Observe(s.Took.Seconds())
		m.last.WithLabelValues(connector).Set(float64(time.Now().UnixMilli()) / 1000)
	}
	if s.Refused != "" {
		m.failures.WithLabelValues(connector, string(s.Refused)).Inc()
	}
	if s.Limit != "" {
		outcome := "refused"
		if s.Reported {
			outcome = "reported"
		}
		m.limited.WithLabelValues(connector, s.Limit, outcome).Inc()
	}
}

// InFlight counts the requests that next is answering.
func (m *Metrics) InFlight(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.inFlight.Inc()
		defer m.inFlight.Dec()
		next.ServeHTTP(w, r)
	})
}

// resourceOf is the first segment of a route's pattern, which comes from our table and so is one of
// a few: users, groups, bulk, schemas and the like; none where no route took the path.
func resourceOf(route string) string {
	segment, _, _ := strings.Cut(strings.TrimPrefix(route, "/"), "/")
	segment = strings.ToLower(strings.TrimPrefix(segment, "."))
	if segment == "" {
		return "none"
	}
	return segment
}

// Authenticator learns from next which connectors there are, before the database is read again.
func (m *Metrics) Authenticator(next gateway.Authenticator) gateway.Authenticator {
	return &authenticator{Authenticator: next, labels: m.labels}
}

type authenticator struct {
	gateway.Authenticator
	labels *labels
}

// Authenticate implements gateway.Authenticator.
func (a *authenticator) Authenticate(ctx context.Context, c tenants.Caller) (tenants.Principal, error) {
	p, err := a.Authenticator.Authenticate(ctx, c)
	if err == nil {
		a.labels.learn(p.Connector.ID, p.Connector.Slug)
	}
	return p, err
}
