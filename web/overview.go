package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// Overview is how everything stands.
type Overview struct {
	At         time.Time           `json:"at" doc:"When this was read."`
	Connectors []ConnectorStanding `json:"connectors" nullable:"false" doc:"How every connector stands, by slug."`
	Degraded   []Degraded          `json:"degraded,omitempty" nullable:"false" doc:"What the server that answers serves on without. Left out while there is nothing, and for who is limited to tenants."`
}

// Degraded is something that the server serves on without.
type Degraded struct {
	Name   string `json:"name" doc:"What it is." example:"Redis"`
	Detail string `json:"detail" doc:"What is the matter, and what that means."`
	Next   string `json:"next" doc:"What to do about it."`
}

// ConnectorStanding is how a connector stands, and what of it waits for a decision.
type ConnectorStanding struct {
	Connector string             `json:"connector" doc:"The connector, by slug." example:"acme-okta"`
	Name      string             `json:"name" doc:"Its name."`
	Tenant    string             `json:"tenant" doc:"Whose it is."`
	Directory string             `json:"directory" doc:"The directory that it feeds."`
	Kind      string             `json:"kind" doc:"The identity provider's product." example:"okta"`
	Mode      string             `json:"mode" enum:"live,observe,disabled" doc:"What its requests do."`
	State     tenants.Contacted  `json:"state" enum:"waiting,connected,trouble" doc:"waiting: nothing has come yet; connected: the last that came was well; trouble: something comes that cannot work, see its contact."`
	Last      *time.Time         `json:"last,omitempty" doc:"When the last good request came."`
	Quiet     string             `json:"quiet,omitempty" doc:"Why its silence is odd; left out while it is not. Only identity providers that come by themselves can be silent for too long: of others, silence means that nothing changed."`
	Day       Traffic            `json:"day" doc:"What came within about 24 hours, and what it did."`
	Held      int64              `json:"held" doc:"Changes that its safety limits hold until somebody decides."`
	HeldSince *time.Time         `json:"heldSince,omitempty" doc:"When the oldest of them was held."`
	Conflicts int64              `json:"conflicts" doc:"Conflicts of its records that nobody decided yet."`
	Ambiguous int64              `json:"ambiguous" doc:"Of these, records that several users match."`
	Ready     bool               `json:"ready" doc:"It observes and its identity provider is connected: the plan of going live can be looked at."`
	Ending    []EndingCredential `json:"ending" nullable:"false" doc:"Credentials that have expired or will within 30 days, the first to end first."`
}

// EndingCredential is a credential whose end is near or past.
type EndingCredential struct {
	ID      uuid.UUID `json:"id" format:"uuid" doc:"The credential's id."`
	Name    string    `json:"name" doc:"Its name."`
	Expires time.Time `json:"expires" doc:"When it ends, or ended."`
	Expired bool      `json:"expired" doc:"It has ended: requests with it are refused."`
	Advice  string    `json:"advice" doc:"What to do."`
}

// Traffic is what came within some time, and what it did.
type Traffic struct {
	Reads   int64 `json:"reads" doc:"Requests that were answered and asked for no change."`
	Writes  int64 `json:"writes" doc:"Requests that asked for a change and were answered."`
	Refused int64 `json:"refused" doc:"Requests that were answered with 4xx."`
	Failed  int64 `json:"failed" doc:"Requests that were answered with 5xx."`
	Changes int64 `json:"changes" doc:"Effective changes of users, groups and memberships."`
	Losses  int64 `json:"losses" doc:"Of these, users who were disabled or deleted, and memberships that ended."`
}

// TrafficOverTime is what came and what it did, step by step.
type TrafficOverTime struct {
	Seconds int64         `json:"seconds" doc:"How long a step is." example:"900"`
	Total   Traffic       `json:"total" doc:"All steps together."`
	Items   []TrafficStep `json:"items" nullable:"false" doc:"The steps, the oldest first, without a gap; the last one is not over yet."`
}

// TrafficStep is one step.
type TrafficStep struct {
	At time.Time `json:"at" doc:"When the step begins."`
	Traffic
}

func (c *ConnectorStanding) conceal(v *view) bool { return v.connectors[c.Connector] }

type overviewOut struct{ Body Overview }

type askTraffic struct {
	Range     string `query:"range" enum:"1h,24h,7d" default:"24h" doc:"How far back: by minutes, by quarters of an hour, by two hours."`
	Connector string `query:"connector" maxLength:"100" doc:"Only of this connector, by slug."`
}

type trafficOut struct{ Body TrafficOverTime }

func (a *API) addOverview() {
	route(a, operation{method: http.MethodGet, path: "/overview", id: "readOverview", tag: "Activity", role: reads(narrowed),
		summary:     "Say how every connector stands, and what waits for a decision",
		description: "It reads sums, not requests or events, and answers as quickly with millions of them."}, a.overview)
	route(a, operation{method: http.MethodGet, path: "/overview/activity", id: "readTraffic", tag: "Activity", role: reads(narrowed), missing: "There is no such connector. GET /api/v1/connectors lists them.",
		summary: "Count requests and effective changes over time",
		description: "Requests are counted once they are kept, within about a second, and not while a connector keeps none (`activity`); changes once the audit seals them, within some seconds. " +
			"What a limited administrator may not see is not counted."}, a.traffic)
}

func (a *API) overview(ctx context.Context, _ *struct{}) (*overviewOut, error) {
	connectors, err := a.tenants.Connectors(ctx, tenants.ConnectorFilter{})
	if err != nil {
		return nil, err
	}
	standings, err := a.sums.Standings(ctx)
	if err != nil {
		return nil, err
	}
	now := a.now()
	out := &overviewOut{Body: Overview{At: now.UTC(), Connectors: make([]ConnectorStanding, len(connectors))}}
	if a.degraded != nil && viewIn(ctx) == nil {
		out.Body.Degraded = a.degraded()
	}
	for i, c := range connectors {
		out.Body.Connectors[i] = sayStanding(c, standings[c.Slug], now)
	}
	return out, nil
}

func sayStanding(c tenants.Connector, s tenants.Standing, now time.Time) ConnectorStanding {
	last := s.Heard()
	said := ConnectorStanding{
		Connector: c.Slug, Name: c.Name, Tenant: c.Tenant, Directory: c.Directory, Kind: string(c.Kind), Mode: string(c.Mode),
		State: tenants.State(s.Contacts), Last: when(last), Day: sayTraffic(s.Day), Held: s.Held, HeldSince: when(s.Since),
		Conflicts: s.Conflicts, Ambiguous: s.Ambiguous, Ending: []EndingCredential{},
	}
	said.Ready = c.Mode == tenants.Observe && said.State == tenants.Connected
	if c.Mode != tenants.Disabled {
		said.Quiet = quiet(c.Kind, last, now)
	}
	for _, k := range s.Ending {
		said.Ending = append(said.Ending, EndingCredential{ID: k.ID, Name: k.Name, Expires: k.ExpiresAt.UTC(),
			Expired: k.State(now) == tenants.CredentialExpired, Advice: k.Warning(now)})
	}
	return said
}

// quiet says why an IdP's silence is odd; "" if it is not, or nothing ever came.
func quiet(kind tenants.Kind, last, now time.Time) string {
	most := tenants.Silence(kind)
	if most == 0 || last.IsZero() || now.Sub(last) <= most {
		return ""
	}
	return fmt.Sprintf("Nothing came for %d hours. This identity provider comes by itself, and more often than every %d hours, so look there whether provisioning still runs.",
		int(now.Sub(last).Hours()), int(most.Hours()))
}

func sayTraffic(t tenants.Traffic) Traffic {
	return Traffic{Reads: t.Reads, Writes: t.Writes, Refused: t.Refused, Failed: t.Failed, Changes: t.Changes, Losses: t.Losses}
}

// ranges are how far back, and in which steps.
var ranges = map[string]struct {
	step  time.Duration
	steps int
}{"1h": {time.Minute, 60}, "24h": {15 * time.Minute, 96}, "7d": {2 * time.Hour, 84}}

func (a *API) traffic(ctx context.Context, in *askTraffic) (*trafficOut, error) {
	of := uuid.Nil
	if in.Connector != "" {
		if v := viewIn(ctx); v != nil && !v.connectors[in.Connector] { // as one that is not there
			return nil, directory.ErrNotFound
		}
		c, err := a.tenants.ConnectorBySlug(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		of = c.ID
	}
	r := ranges[cmp.Or(in.Range, "24h")]
	at := a.now().UTC().Truncate(r.step).Add(-time.Duration(r.steps-1) * r.step)
	found, err := a.sums.Traffic(ctx, of, at, r.step)
	if err != nil {
		return nil, err
	}
	byTime := map[int64]tenants.Traffic{}
	total := tenants.Traffic{}
	for _, f := range found {
		byTime[f.Start.Unix()] = f.Traffic
		total = total.Plus(f.Traffic)
	}
	out := &trafficOut{Body: TrafficOverTime{Seconds: int64(r.step / time.Second), Total: sayTraffic(total), Items: make([]TrafficStep, r.steps)}}
	for i := range out.Body.Items {
		out.Body.Items[i] = TrafficStep{At: at, Traffic: sayTraffic(byTime[at.Unix()])}
		at = at.Add(r.step)
	}
	return out, nil
}
