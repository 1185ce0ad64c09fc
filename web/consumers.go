package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// ConsumerRegistry is what the API needs for the applications that read directories: *tenants.Registry.
type ConsumerRegistry interface {
	CreateConsumer(ctx context.Context, directory string, n tenants.NewConsumer) (tenants.Consumer, string, error)
	Consumers(ctx context.Context, directory string) ([]tenants.Consumer, error)
	ConsumerByID(ctx context.Context, directory string, id uuid.UUID) (tenants.Consumer, error)
	UpdateConsumer(ctx context.Context, directory string, id uuid.UUID, match func(version int64) bool, c tenants.ConsumerChange) (tenants.Consumer, error)
	DeleteConsumer(ctx context.Context, directory string, id uuid.UUID) error
	MintConsumerToken(ctx context.Context, directory string, id uuid.UUID, expires time.Time) (tenants.ConsumerToken, string, error)
	DeleteConsumerToken(ctx context.Context, directory string, id, token uuid.UUID) error
}

// Patterns are patterns over the names of groups, read and written by policy; this type only
// describes them.
type Patterns []policy.Entry

// Schema describes a list of patterns.
func (Patterns) Schema(huma.Registry) *huma.Schema {
	s := entries("Patterns over the names of groups.")
	precompute(s)
	return s
}

// Consumer is an application that reads a directory.
type Consumer struct {
	ID         uuid.UUID       `json:"id" format:"uuid" doc:"The consumer's id."`
	Name       string          `json:"name" doc:"Unique in its directory without regard to case." example:"Jira"`
	Directory  string          `json:"directory" doc:"The directory that it reads." example:"main"`
	BaseURL    string          `json:"baseUrl" doc:"Where it reads, SCIM 2.0." example:"https://muster.example.com/directory/main/scim/v2"`
	Attributes []string        `json:"attributes" nullable:"false" doc:"The attributes of users that it sees; none: all but externalId and what a connector calls sensitive."`
	Groups     Patterns        `json:"groups" doc:"The groups that it sees, and of the users their members; none: all."`
	Tokens     []ConsumerToken `json:"tokens" nullable:"false" doc:"Its tokens, without their secrets."`
	Created    time.Time       `json:"created" doc:"When it was made."`
	Modified   time.Time       `json:"modified" doc:"When what it may see last changed."`
}

// ConsumerToken is one way in for a consumer, without its secret.
type ConsumerToken struct {
	ID        uuid.UUID               `json:"id" format:"uuid" doc:"The token's id."`
	Hint      string                  `json:"hint" doc:"Its last four characters." example:"a71b"`
	State     tenants.CredentialState `json:"state" enum:"valid,expiresSoon,expired" doc:"What its end means now; expiresSoon is within 30 days."`
	ExpiresAt *time.Time              `json:"expiresAt,omitempty" doc:"When it stops working; left out: never."`
	LastUsed  *time.Time              `json:"lastUsedAt,omitempty" doc:"When it was last used, to the minute; left out: never."`
	Created   time.Time               `json:"created" doc:"When it was made."`
}

// MintedConsumer is a new consumer with its first token.
type MintedConsumer struct {
	Consumer
	Token string `json:"token" doc:"The token. Shown this once." example:"msc_…"`
}

// MintedConsumerToken is a new token.
type MintedConsumerToken struct {
	ConsumerToken
	Token string `json:"token" doc:"The token. Shown this once." example:"msc_…"`
}

// NewConsumer is a consumer to make.
type NewConsumer struct {
	Name       string    `json:"name" minLength:"1" maxLength:"256" doc:"What reads; unique in the directory." example:"Jira"`
	Attributes []string  `json:"attributes,omitempty" maxItems:"100" doc:"The attributes of users that it may see, in SCIM's words, and may filter and sort by; left out: all but externalId and what a connector calls sensitive. What is named here is seen though it is sensitive." example:"[\"userName\",\"active\",\"name\",\"emails\",\"groups\"]"`
	Groups     Patterns  `json:"groups,omitempty" doc:"Patterns over the names of groups: it sees these groups and no other, and of the users only their members; left out: all."`
	ExpiresAt  time.Time `json:"expiresAt,omitzero" doc:"When the token stops working; left out: never."`
}

// ConsumerPatch says what of a consumer to change; what is left out stays.
type ConsumerPatch struct {
	Name       *string   `json:"name,omitempty" minLength:"1" maxLength:"256" doc:"Its name."`
	Attributes *[]string `json:"attributes,omitempty" maxItems:"100" doc:"The attributes of users that it may see; an empty list: all but externalId and what a connector calls sensitive."`
	Groups     *Patterns `json:"groups,omitempty" doc:"Patterns over the names of the groups that it may see; an empty list: all."`
}

// NewConsumerToken is a token to make.
type NewConsumerToken struct {
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"When it stops working; left out: never."`
}

func (a *API) sayConsumer(c tenants.Consumer) Consumer {
	out := Consumer{ID: c.ID, Name: c.Name, Directory: c.Directory, BaseURL: a.public + "/directory/" + url.PathEscape(c.Directory) + "/scim/v2",
		Attributes: append([]string{}, c.Attributes...), Groups: append(Patterns{}, c.Groups...), Tokens: []ConsumerToken{},
		Created: c.CreatedAt.UTC(), Modified: c.UpdatedAt.UTC()}
	for _, t := range c.Tokens {
		out.Tokens = append(out.Tokens, a.sayConsumerToken(t))
	}
	return out
}

func (a *API) sayConsumerToken(t tenants.ConsumerToken) ConsumerToken {
	return ConsumerToken{ID: t.ID, Hint: t.Hint, State: t.State(a.now()), ExpiresAt: when(t.ExpiresAt), LastUsed: when(t.LastUsedAt), Created: t.CreatedAt.UTC()}
}

const noConsumer = "There is no consumer {id} in directory {d}. GET /api/v1/directories/{d}/consumers lists them."

type createConsumer struct {
	OfDirectory
	Body NewConsumer
}

type listConsumers struct {
	OfDirectory
	Paged
}

type consumerPath struct {
	OfDirectory
	ByID
}

type editConsumer struct {
	OfDirectory
	ByID
	Conditional
	Body ConsumerPatch
}

type mintConsumerToken struct {
	OfDirectory
	ByID
	Body NewConsumerToken
}

type consumerTokenPath struct {
	OfDirectory
	ByID
	Token string `path:"token" doc:"The token's id." maxLength:"64"`
}

type consumerOut struct {
	ETag string `header:"ETag" doc:"Tag of the consumer's version."`
	Body Consumer
}

type mintedConsumerOut struct {
	Body MintedConsumer
}

type mintedConsumerTokenOut struct {
	Body MintedConsumerToken
}

func (a *API) addConsumers() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/consumers", id: "listConsumers", tag: "Consumers", role: reads(deployment), missing: noDirectory,
		summary: "List the applications that read a directory", description: "With their tokens, never the secrets.",
	}, func(ctx context.Context, in *listConsumers) (*Listed[Consumer], error) {
		all, err := a.tenants.Consumers(ctx, in.Directory)
		if err != nil {
			return nil, err
		}
		return paged(ctx, all, a.sayConsumer, func(c Consumer) string { return c.Name }, in.Paged)
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/consumers", id: "createConsumer", tag: "Consumers", role: owns(deployment), missing: noDirectory,
		status: http.StatusCreated, summary: "Let an application read a directory",
		description: "The application reads SCIM 2.0 at the answer's `baseUrl` with the token, which is shown this once; it changes nothing.",
		errors: map[int]string{
			http.StatusConflict:            "The name is taken (`consumerTaken`).",
			http.StatusUnprocessableEntity: "An attribute or a pattern cannot be used (`invalid`, `invalidRules`); `errors` names its place.",
		},
	}, func(ctx context.Context, in *createConsumer) (*mintedConsumerOut, error) {
		c, token, err := a.tenants.CreateConsumer(acting(ctx), in.Directory, tenants.NewConsumer{
			Name: in.Body.Name, Attributes: in.Body.Attributes, Groups: in.Body.Groups, ExpiresAt: in.Body.ExpiresAt})
		if err != nil {
			return nil, err
		}
		return &mintedConsumerOut{Body: MintedConsumer{Consumer: a.sayConsumer(c), Token: token}}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/consumers/{id}", id: "readConsumer", tag: "Consumers", role: reads(deployment), missing: noConsumer, summary: "Read a consumer"},
		func(ctx context.Context, in *consumerPath) (*consumerOut, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			c, err := a.tenants.ConsumerByID(ctx, in.Directory, id)
			return a.answerConsumer(c, err)
		})
	route(a, operation{method: http.MethodPatch, path: "/directories/{d}/consumers/{id}", id: "editConsumer", tag: "Consumers", role: owns(deployment), missing: noConsumer,
		summary: "Change what a consumer may see", description: "What is left out stays. It holds on every replica within a second, within ten when Redis is down.",
		errors: map[int]string{
			http.StatusConflict:            "The name is taken (`consumerTaken`).",
			http.StatusPreconditionFailed:  "The consumer was changed since (`changedMeanwhile`).",
			http.StatusUnprocessableEntity: "An attribute or a pattern cannot be used (`invalid`, `invalidRules`); `errors` names its place.",
		},
	}, func(ctx context.Context, in *editConsumer) (*consumerOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		if _, err = a.tenants.UpdateConsumer(acting(ctx), in.Directory, id, in.match(), in.Body.change()); err != nil {
			return nil, err
		}
		c, err := a.tenants.ConsumerByID(ctx, in.Directory, id)
		return a.answerConsumer(c, err)
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/consumers/{id}", id: "deleteConsumer", tag: "Consumers", role: owns(deployment), missing: noConsumer,
		summary: "End a consumer", description: "All of its tokens are dead on every replica within a second, within ten when Redis is down.",
	}, func(ctx context.Context, in *consumerPath) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.tenants.DeleteConsumer(acting(ctx), in.Directory, id)
	})
	a.addConsumerTokens()
}

func (a *API) addConsumerTokens() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/consumers/{id}/tokens", id: "createConsumerToken", tag: "Consumers", role: owns(deployment), missing: noConsumer,
		status: http.StatusCreated, summary: "Make a further token for a consumer",
		description: "Beside those that it has, so that one can be exchanged without an outage. Shown this once.",
	}, func(ctx context.Context, in *mintConsumerToken) (*mintedConsumerTokenOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		t, token, err := a.tenants.MintConsumerToken(acting(ctx), in.Directory, id, in.Body.ExpiresAt)
		if err != nil {
			return nil, err
		}
		return &mintedConsumerTokenOut{Body: MintedConsumerToken{ConsumerToken: a.sayConsumerToken(t), Token: token}}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/consumers/{id}/tokens/{token}", id: "deleteConsumerToken", tag: "Consumers", role: owns(deployment),
		missing: "The consumer {id} of directory {d} has no token {token}. GET /api/v1/directories/{d}/consumers/{id} lists them.",
		summary: "End a token of a consumer", description: "It is dead on every replica within a second, within ten when Redis is down.",
	}, func(ctx context.Context, in *consumerTokenPath) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		token, err := parseID(in.Token)
		if err != nil {
			return nil, err
		}
		return nil, a.tenants.DeleteConsumerToken(acting(ctx), in.Directory, id, token)
	})
}

// change is the patch in tenants' words.
func (p ConsumerPatch) change() tenants.ConsumerChange {
	return tenants.ConsumerChange{Name: p.Name, Attributes: p.Attributes, Groups: (*[]policy.Entry)(p.Groups)}
}

func (a *API) answerConsumer(c tenants.Consumer, err error) (*consumerOut, error) {
	if err != nil {
		return nil, err
	}
	return &consumerOut{ETag: etag(c.Version), Body: a.sayConsumer(c)}, nil
}
