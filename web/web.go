// Package web is the administrators' side over HTTP: the admin API of docs/design.md, section 7,
// under /api/v1, and the page at / that says where things are. It reads requests, calls
// directory.Effective or tenants, and answers; it decides nothing itself.
//
// Laws it keeps: every operation names the least role it takes and how far it reaches for
// administrators who are limited to tenants, and one that does not is refused at the start; a
// connector's token never opens one; what is not the caller's is not there; every error is an RFC 9457 problem with a stable code and a sentence that
// says what to do next; no answer may be cached, framed or sniffed; a body with a field nobody
// knows is refused rather than half understood.
//
// It knows no database and no SCIM request: those are storage's and gateway's.
package web

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

// Base is the path under which the API lies.
const Base = "/api/v1"

// Options are what the API needs. All but Log, Version and Now are required.
type Options struct {
	Effective  directory.Effective
	Tenants    Tenants
	Trials     Trials
	Levels     Levels // where the log level is changed; nil: it cannot be
	AdminToken string
	PublicURL  string // what base URLs of connectors are built from; no trailing slash
	Version    string
	Host       func(context.Context) (Host, error) // what the server rests on; nil: it does not say
	Degraded   func() []Degraded                   // what it serves on without; nil: it does not say
	Log        *slog.Logger
	Now        func() time.Time // nil: time.Now

	Requests Requests               // the SCIM requests that are kept
	Sums     tenants.OverviewStore  // what came and what it did, summed up
	Keeper   Keeper                 // nil: nobody keeps them
	Kept     tenants.ActivityLimits // how long, and up to what size

	Audit    Audit                 // the sealed audit, and where exports are noted
	AuditKey ed25519.PublicKey     // what verifies its blocks now
	Refused  func(tenants.Refused) // hears of requests that were refused; nil: nobody does

	Feed     Feed     // up to where events can be read in order; nil: there is no feed
	Webhooks Webhooks // who is told of changes

	Administrators *administrators.Registry // who may sign in
	OIDC           OIDC                     // a provider to sign in with; nil: there is none

	Failures Failures // counts attempts with set-up links that are none; nil: nobody does

	ImportPrivate bool        // imports may be pulled from addresses of this machine and of private networks
	Environment   Environment // what this deployment is called
}

// API is the admin API with its page.
type API struct {
	effective directory.Effective
	tenants   Tenants
	trials    Trials
	levels    Levels
	host      func(context.Context) (Host, error)
	degraded  func() []Degraded
	token     [sha256.Size]byte
	public    string
	https     bool
	version   string
	log       *slog.Logger
	now       func() time.Time
	huma      huma.API

	requests Requests
	sums     tenants.OverviewStore
	keeper   Keeper
	kept     tenants.ActivityLimits

	audit    Audit
	auditKey ed25519.PublicKey
	refused  func(tenants.Refused)

	following Feed
	webhooks  Webhooks

	administrators *administrators.Registry
	oidc           OIDC
	crossOrigin    *http.CrossOriginProtection
	open           map[string]bool // operations that need no sign-in, as "GET /api/v1/setup"

	failures Failures

	importPrivate bool
	environment   Environment

	hub     *hub
	lights  lights
	closing chan struct{} // ends streams
	judges  chan struct{} // a place for each draft of rules that is judged
}

// New makes the API. The error says which option cannot be used.
func New(o Options) (*API, error) {
	if o.AdminToken == "" {
		return nil, errors.New("the admin API needs an admin token; an empty one would let everybody in")
	}
	if o.Administrators == nil {
		return nil, errors.New("the admin API needs a registry of administrators")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" {
		return nil, errors.New("the public URL must be absolute, such as https://muster.example.com")
	}
	crossOrigin, err := newCrossOrigin(public)
	if err != nil {
		return nil, fmt.Errorf("the public URL cannot be an origin: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &API{
		effective: o.Effective,
		tenants:   o.Tenants,
		trials:    o.Trials,
		levels:    o.Levels,
		host:      o.Host,
		degraded:  o.Degraded,
		token:     sha256.Sum256([]byte(o.AdminToken)),
		public:    strings.TrimRight(o.PublicURL, "/"),
		https:     public.Scheme == "https",
		version:   o.Version,
		log:       o.Log,
		now:       o.Now,

		requests: o.Requests,
		sums:     o.Sums,
		keeper:   o.Keeper,
		kept:     o.Kept,

		audit:    o.Audit,
		auditKey: o.AuditKey,
		refused:  o.Refused,

		following: o.Feed,
		webhooks:  o.Webhooks,

		administrators: o.Administrators,
		oidc:           o.OIDC,
		crossOrigin:    crossOrigin,
		open:           map[string]bool{},

		failures: o.Failures,

		importPrivate: o.ImportPrivate,
		environment:   o.Environment,
		hub:           newHub(lookEvery, o.Now),
		lights:        lights{own: map[uuid.UUID]int{}},
		closing:       make(chan struct{}),
		judges:        make(chan struct{}, mostJudges),
	}, nil
}

// Close ends the streams, which a server that shuts down would wait for. It is called once.
func (a *API) Close() { close(a.closing) }

// Mount puts the API under /api/v1 and the page under / and /ui onto the engine. The engine
// gives request ids (in the answer's X-Request-Id), logs access, recovers from panics and
// answers paths that nothing takes.
func (a *API) Mount(e *gin.Engine) {
	outside := e.Group("", a.identify, a.secure, a.sameOrigin)
	inside := outside.Group(Base, a.hearRefusals, a.authenticate, a.readable)
	a.huma = humagin.NewWithGroup(e, inside, a.config())
	a.huma.UseMiddleware(rememberParameters)
	a.addRoutes()
	a.everyOperationIsGuarded()
	a.finishDocument()
	addPage(outside, builtUI())
}

func (a *API) addRoutes() {
	a.addSession()
	a.addOIDC()
	a.addSetup()
	a.addAdministrators()
	a.addWaysIn()
	a.addTenants()
	a.addConnectors()
	a.addRules()
	a.addRulesDraft()
	a.addJudging()
	a.addMapping()
	a.addPlans()
	a.addPlanTotals()
	a.addJobs()
	a.addVersions()
	a.addCredentials()
	a.addContact()
	a.addSetupLinks()
	a.addConnectWith()
	a.addStream()
	a.addDirectories()
	a.addLeaving()
	a.addUsers()
	a.addLogins()
	a.addImports()
	a.addGroups()
	a.addConsumers()
	a.addWebhooks()
	a.addConflicts()
	a.addLinking()
	a.addHolds()
	a.addWhy()
	a.addTrials()
	a.addGuides()
	a.addLogLevel()
	a.addAbout()
	a.addRequests()
	a.addOverview()
	a.addEvents()
	a.addAudit()
}
