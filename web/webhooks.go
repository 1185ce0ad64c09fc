package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/webhook"
	"github.com/muster-scim/muster/tenants/administrators"
)

// Webhooks is what the API needs of webhooks: *webhook.Registry.
type Webhooks interface {
	CreateWebhook(ctx context.Context, n webhook.New) (webhook.Webhook, string, error)
	Webhooks(ctx context.Context) ([]webhook.Webhook, map[uuid.UUID]webhook.Backlog, error)
	Webhook(ctx context.Context, id uuid.UUID) (webhook.Webhook, webhook.Backlog, error)
	UpdateWebhook(ctx context.Context, id uuid.UUID, match func(version int64) bool, c webhook.Change) (webhook.Webhook, error)
	DeleteWebhook(ctx context.Context, id uuid.UUID) error
	RotateWebhookSecret(ctx context.Context, id uuid.UUID, overlap time.Duration, given string) (webhook.Webhook, string, error)
	TestWebhook(ctx context.Context, id uuid.UUID) (webhook.Outcome, error)
	Deliveries(ctx context.Context, id uuid.UUID, state webhook.Progress, l directory.Listing) (directory.Page[webhook.Delivery], error)
	Redeliver(ctx context.Context, id, delivery uuid.UUID) (webhook.Delivery, error)
}

// Webhook is an address that is told of changes.
type Webhook struct {
	ID           uuid.UUID      `json:"id" format:"uuid" doc:"The webhook's id."`
	URL          string         `json:"url" doc:"Where messages go; to whoever is no owner the path behind the host reads …, as it may be a secret." example:"https://receiver.example.com/muster"`
	Description  string         `json:"description" doc:"What receives."`
	Directory    string         `json:"directory,omitempty" doc:"The directory that it is told of; left out: all, and what belongs to none."`
	Types        []string       `json:"types" nullable:"false" doc:"The types that it is told of; none: all."`
	State        webhook.State  `json:"state" enum:"enabled,disabled" doc:"Whether messages are sent. What happens while it is disabled is sent when it is enabled again."`
	Reason       webhook.Reason `json:"reason,omitempty" enum:"gone,failing" doc:"Why it was disabled: the receiver answered 410, or took nothing for five days; left out: by an administrator."`
	Failures     int            `json:"failures" doc:"How many attempts in a row were not taken."`
	FailingSince *time.Time     `json:"failingSince,omitempty" doc:"Since when nothing was taken."`
	NextAttempt  *time.Time     `json:"nextAttempt,omitempty" doc:"When a receiver that takes nothing is tried again."`
	LastSuccess  *time.Time     `json:"lastSuccess,omitempty" doc:"When it last took a message."`
	LastError    string         `json:"lastError,omitempty" doc:"What was wrong with the last attempt."`
	BothUntil    *time.Time     `json:"bothUntil,omitempty" doc:"Until when the secret before signs too."`
	Backlog      WebhookBacklog `json:"backlog" doc:"What it has not taken yet."`
	Created      time.Time      `json:"created" doc:"When it was made."`
	Modified     time.Time      `json:"modified" doc:"When it was last changed."`
}

// WebhookBacklog is what a webhook has not taken yet.
type WebhookBacklog struct {
	Pending int        `json:"pending" doc:"Deliveries that wait: up to 500, the others stay with the events."`
	Oldest  *time.Time `json:"oldest,omitempty" doc:"When the oldest of them was made."`
	Behind  int        `json:"behind" doc:"Events that were not looked at yet, wanted or not; counted up to 10,000."`
	Failed  int        `json:"failed" doc:"Deliveries that were given up in the last 14 days."`
}

// MintedWebhook is a webhook with its new secret.
type MintedWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"What messages are signed with. Shown this once." example:"whsec_…"`
}

// NewWebhook is a webhook to make.
type NewWebhook struct {
	URL         string   `json:"url" minLength:"1" maxLength:"2048" doc:"Where messages go: https, and a public address." example:"https://receiver.example.com/muster"`
	Description string   `json:"description,omitempty" maxLength:"256" doc:"What receives."`
	Directory   string   `json:"directory,omitempty" maxLength:"256" doc:"The directory that it is told of; left out: all."`
	Types       []string `json:"types,omitempty" maxItems:"100" doc:"The types that it is told of, and families; left out: all." example:"[\"user.*\",\"membership.removed\"]"`
	Secret      string   `json:"secret,omitempty" maxLength:"128" doc:"A secret of one's own, whsec_ and 24 to 64 bytes in base64; left out: one is made."`
}

// WebhookPatch says what of a webhook to change; what is left out stays.
type WebhookPatch struct {
	URL         *string   `json:"url,omitempty" minLength:"1" maxLength:"2048" doc:"Where messages go."`
	Description *string   `json:"description,omitempty" maxLength:"256" doc:"What receives."`
	Types       *[]string `json:"types,omitempty" maxItems:"100" doc:"The types that it is told of; an empty list: all."`
	State       *string   `json:"state,omitempty" enum:"enabled,disabled" doc:"Whether messages are sent."`
}

// WebhookRotation says how a secret is exchanged.
type WebhookRotation struct {
	OverlapHours *int   `json:"overlapHours,omitempty" minimum:"0" maximum:"168" doc:"For how long both secrets sign; left out: 24." example:"24"`
	Secret       string `json:"secret,omitempty" maxLength:"128" doc:"A secret of one's own; left out: one is made."`
}

// WebhookAttempt is what came of a message that was sent to test a webhook.
type WebhookAttempt struct {
	Taken  bool   `json:"taken" doc:"Whether the receiver answered 2xx."`
	Status int    `json:"status,omitempty" doc:"Its answer's status; left out: none came."`
	Error  string `json:"error,omitempty" doc:"What was wrong."`
	Millis int64  `json:"ms" doc:"How long it took."`
}

// WebhookDelivery is one event for one webhook.
type WebhookDelivery struct {
	ID       uuid.UUID        `json:"id" format:"uuid" doc:"The delivery's id."`
	Event    uuid.UUID        `json:"event" format:"uuid" doc:"The event's id, which is the message's webhook-id."`
	Sequence int64            `json:"sequence" doc:"The event's place in the feed."`
	Type     string           `json:"type" doc:"The message's type." example:"user.created"`
	State    webhook.Progress `json:"state" enum:"pending,delivered,failed" doc:"pending: it waits, for the first or another attempt; failed: it was given up."`
	Attempts int              `json:"attempts" doc:"How often it was tried."`
	Next     *time.Time       `json:"nextAttempt,omitempty" doc:"Of a pending one: not before then."`
	Last     *time.Time       `json:"lastAttempt,omitempty" doc:"When it was last tried."`
	Status   int              `json:"status,omitempty" doc:"The last answer's status; left out: none came."`
	Error    string           `json:"error,omitempty" doc:"What was wrong with the last attempt."`
	Millis   int64            `json:"ms" doc:"How long the last attempt took."`
	Created  time.Time        `json:"created" doc:"When it was made."`
}

// shownAddress is an address as the caller may see it. Many receivers are known by a path that is
// their whole protection, so only owners, who give it, see that.
func shownAddress(ctx context.Context, address string) string {
	u, err := url.Parse(address)
	switch {
	case callerOf(ctx).Role.AtLeast(administrators.Owner), err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "":
		return address
	case err != nil:
		return "…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

func sayWebhook(ctx context.Context, w webhook.Webhook, b webhook.Backlog, now time.Time) Webhook {
	out := Webhook{ID: w.ID, URL: shownAddress(ctx, w.URL), Description: w.Description, Directory: w.Directory, Types: append([]string{}, w.Types...), State: w.State, Reason: w.Reason,
		Failures: w.Failures, FailingSince: when(w.FailingSince), LastSuccess: when(w.LastSuccess), LastError: w.LastError,
		Backlog: WebhookBacklog{Pending: b.Pending, Oldest: when(b.Oldest), Behind: b.Behind, Failed: b.Failed}, Created: w.CreatedAt.UTC(), Modified: w.UpdatedAt.UTC()}
	if w.NextAt.After(now) {
		out.NextAttempt = when(w.NextAt)
	}
	if w.OldUntil.After(now) {
		out.BothUntil = when(w.OldUntil)
	}
	return out
}

func sayDelivery(d webhook.Delivery) WebhookDelivery {
	out := WebhookDelivery{ID: d.ID, Event: d.Event, Sequence: d.Seq, Type: d.Type, State: d.State, Attempts: d.Attempts, Last: when(d.LastAt),
		Status: d.Status, Error: d.Error, Millis: d.Took.Milliseconds(), Created: d.Created.UTC()}
	if d.State == webhook.Pending {
		out.Next = when(d.NextAt)
	}
	return out
}

const noWebhook = "There is no webhook {id}. GET /api/v1/webhooks lists them."

type createWebhook struct{ Body NewWebhook }

type listWebhooks struct{ Paged }

type editWebhook struct {
	ByID
	Conditional
	Body WebhookPatch
}

type rotateWebhook struct {
	ByID
	Body WebhookRotation
}

type listDeliveries struct {
	ByID
	Paged
	State string `query:"state" enum:"pending,delivered,failed" doc:"Only deliveries in this state."`
}

type deliveryPath struct {
	ByID
	Delivery string `path:"delivery" doc:"The delivery's id." maxLength:"64"`
}

type webhookOut struct {
	ETag string `header:"ETag" doc:"Tag of the webhook's version."`
	Body Webhook
}

type mintedWebhookOut struct{ Body MintedWebhook }

type attemptOut struct{ Body WebhookAttempt }

type deliveryOut struct{ Body WebhookDelivery }

func (a *API) addWebhooks() {
	wrongAddress := map[int]string{
		http.StatusNotFound:            "There is no such directory.",
		http.StatusConflict:            "There are 50 webhooks already (`tooManyWebhooks`).",
		http.StatusUnprocessableEntity: "The address (`invalidUrl`), a type (`invalid`) or the secret (`invalidSecret`) cannot be used.",
	}
	route(a, operation{method: http.MethodGet, path: "/webhooks", id: "listWebhooks", tag: "Webhooks", role: reads(deployment), summary: "List the webhooks", description: "With what they have not taken yet, never with secrets."},
		func(ctx context.Context, in *listWebhooks) (*Listed[Webhook], error) {
			all, waiting, err := a.webhooks.Webhooks(ctx)
			if err != nil {
				return nil, err
			}
			return paged(ctx, all, func(w webhook.Webhook) Webhook { return sayWebhook(ctx, w, waiting[w.ID], a.now()) }, func(w Webhook) string { return w.ID.String() }, in.Paged)
		})
	route(a, operation{method: http.MethodPost, path: "/webhooks", id: "createWebhook", tag: "Webhooks", role: owns(deployment), status: http.StatusCreated, missing: "There is no such directory.",
		summary: "Tell an address of changes", description: "From now on, by messages that are signed as the Standard Webhooks scheme wants it. The secret is shown this once.", errors: wrongAddress},
		func(ctx context.Context, in *createWebhook) (*mintedWebhookOut, error) {
			w, secret, err := a.webhooks.CreateWebhook(acting(ctx), webhook.New{URL: in.Body.URL, Description: in.Body.Description, Directory: in.Body.Directory, Types: in.Body.Types, Secret: in.Body.Secret})
			return a.answerMinted(ctx, w, secret, err)
		})
	route(a, operation{method: http.MethodGet, path: "/webhooks/{id}", id: "readWebhook", tag: "Webhooks", role: reads(deployment), missing: noWebhook, summary: "Read a webhook"},
		func(ctx context.Context, in *ByID) (*webhookOut, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			return a.answerWebhook(ctx, id)
		})
	route(a, operation{method: http.MethodPatch, path: "/webhooks/{id}", id: "editWebhook", tag: "Webhooks", role: owns(deployment), missing: noWebhook, summary: "Change a webhook",
		description: "What is left out stays. Enabling one that was disabled, or another address, sends what waits at once.",
		errors: map[int]string{
			http.StatusPreconditionFailed:  "The webhook was changed since (`changedMeanwhile`).",
			http.StatusUnprocessableEntity: wrongAddress[http.StatusUnprocessableEntity],
		},
	}, func(ctx context.Context, in *editWebhook) (*webhookOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		c := webhook.Change{URL: in.Body.URL, Description: in.Body.Description, Types: in.Body.Types, State: (*webhook.State)(in.Body.State)}
		if _, err := a.webhooks.UpdateWebhook(acting(ctx), id, in.match(), c); err != nil {
			return nil, err
		}
		return a.answerWebhook(ctx, id)
	})
	route(a, operation{method: http.MethodDelete, path: "/webhooks/{id}", id: "deleteWebhook", tag: "Webhooks", role: owns(deployment), missing: noWebhook, summary: "End a webhook",
		description: "With its deliveries: what waits is not sent any more.",
	}, func(ctx context.Context, in *ByID) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.webhooks.DeleteWebhook(acting(ctx), id)
	})
	a.addWebhookActs()
}

func (a *API) addWebhookActs() {
	route(a, operation{method: http.MethodPost, path: "/webhooks/{id}/secret", id: "rotateWebhookSecret", tag: "Webhooks", role: owns(deployment), missing: noWebhook,
		summary: "Exchange the secret of a webhook", description: "For the overlap messages are signed with both, so that the receiver changes over without losing one. The new one is shown this once.",
	}, func(ctx context.Context, in *rotateWebhook) (*mintedWebhookOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		hours := 24
		if in.Body.OverlapHours != nil {
			hours = *in.Body.OverlapHours
		}
		w, secret, err := a.webhooks.RotateWebhookSecret(acting(ctx), id, time.Duration(hours)*time.Hour, in.Body.Secret)
		return a.answerMinted(ctx, w, secret, err)
	})
	route(a, operation{method: http.MethodPost, path: "/webhooks/{id}/test", id: "testWebhook", tag: "Webhooks", role: owns(deployment), missing: noWebhook,
		status: http.StatusOK, summary: "Send a message of type webhook.test", description: "At once, also to a webhook that is disabled. It is no delivery, and is not tried again.",
		errors: map[int]string{http.StatusConflict: "The secret cannot be read (`secretUnreadable`)."},
	}, func(ctx context.Context, in *ByID) (*attemptOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		o, err := a.webhooks.TestWebhook(ctx, id)
		if err != nil {
			return nil, err
		}
		return &attemptOut{Body: WebhookAttempt{Taken: o.Taken(), Status: o.Status, Error: o.Error, Millis: o.Took.Milliseconds()}}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/webhooks/{id}/deliveries", id: "listDeliveries", tag: "Webhooks", role: reads(deployment), missing: noWebhook,
		summary: "List the deliveries of a webhook", description: "The newest first; what is not pending is kept for 14 days.",
	}, func(ctx context.Context, in *listDeliveries) (*Listed[WebhookDelivery], error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		page, err := a.webhooks.Deliveries(ctx, id, webhook.Progress(in.State), in.listing())
		if err != nil {
			return nil, err
		}
		return listed(page, sayDelivery), nil
	})
	route(a, operation{method: http.MethodPost, path: "/webhooks/{id}/deliveries/{delivery}/redelivery", id: "redeliver", tag: "Webhooks", role: owns(deployment),
		status: http.StatusAccepted, missing: "The webhook {id} has no such delivery. GET /api/v1/webhooks/{id}/deliveries lists them.",
		summary: "Deliver once more", description: "With the same webhook-id, and beside the order of the others. Its attempts start again.",
	}, func(ctx context.Context, in *deliveryPath) (*deliveryOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		delivery, err := parseID(in.Delivery)
		if err != nil {
			return nil, err
		}
		d, err := a.webhooks.Redeliver(acting(ctx), id, delivery)
		if err != nil {
			return nil, err
		}
		return &deliveryOut{Body: sayDelivery(d)}, nil
	})
}

func (a *API) answerWebhook(ctx context.Context, id uuid.UUID) (*webhookOut, error) {
	w, b, err := a.webhooks.Webhook(ctx, id)
	if err != nil {
		return nil, err
	}
	return &webhookOut{ETag: etag(w.Version), Body: sayWebhook(ctx, w, b, a.now())}, nil
}

func (a *API) answerMinted(ctx context.Context, w webhook.Webhook, secret string, err error) (*mintedWebhookOut, error) {
	if err != nil {
		return nil, err
	}
	return &mintedWebhookOut{Body: MintedWebhook{Webhook: sayWebhook(ctx, w, webhook.Backlog{}, a.now()), Secret: secret}}, nil
}
