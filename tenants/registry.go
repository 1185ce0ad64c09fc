package tenants

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Registry is how administrators make and change tenants, connectors and credentials: a Store
// that checks what it is given, fills in defaults and mints secrets.
type Registry struct {
	store  Store
	now    func() time.Time
	random io.Reader

	// Changed, if set, is told the slug of every connector that changed, or whose credentials
	// did, so that caches forget it. Changes made elsewhere (mode, rules) go through Forget.
	Changed func(slug string)
}

// NewRegistry returns a Registry over a Store. random is where secrets come from: crypto/rand.
func NewRegistry(store Store, now func() time.Time, random io.Reader) *Registry {
	return &Registry{store: store, now: now, random: random}
}

// Names of the credentials that a connector begins with.
const (
	firstTokenName = "first token"
	firstBasicName = "first password"
)

// DefaultDirectory exists from the start.
const DefaultDirectory = "main"

// CreateTenant makes a tenant; ErrInvalid, ErrTaken.
func (r *Registry) CreateTenant(ctx context.Context, name string) (Tenant, error) {
	if err := CheckName("name", name); err != nil {
		return Tenant{}, err
	}
	return r.store.CreateTenant(ctx, name)
}

// Tenants lists all tenants by name.
func (r *Registry) Tenants(ctx context.Context) ([]Tenant, error) { return r.store.Tenants(ctx) }

// DeleteTenant deletes a tenant without connectors; ErrUnknown, ErrNotEmpty.
func (r *Registry) DeleteTenant(ctx context.Context, name string) error {
	return r.store.DeleteTenant(ctx, name)
}

// CreateConnector makes a connector with a token, and a Basic pair if a user name is given.
// Rules that do not compile are a *policy.RuleError; else ErrInvalid, ErrUnknown, ErrTaken.
func (r *Registry) CreateConnector(ctx context.Context, n NewConnector) (Connector, Secrets, error) {
	n = n.withDefaults()
	if err := n.check(); err != nil {
		return Connector{}, Secrets{}, err
	}
	var err error
	if n.Settings.Demands, err = n.Settings.Demands.InSchemaCase(); err != nil {
		return Connector{}, Secrets{}, err
	}
	first := []Wanted{{Name: firstTokenName, Kind: Bearer}}
	if n.BasicUsername != "" {
		first = append(first, Wanted{Name: firstBasicName, Kind: Basic, Username: n.BasicUsername})
	}
	var secrets Secrets
	n.Credentials = nil
	for _, wanted := range first {
		made, err := wanted.make(n.Slug, r.random, &secrets)
		if err != nil {
			return Connector{}, Secrets{}, err
		}
		n.Credentials = append(n.Credentials, made)
	}
	c, err := r.store.CreateConnector(ctx, n)
	if err != nil {
		return Connector{}, Secrets{}, err
	}
	r.Forget(c.Slug)
	return c, secrets, nil
}

func (n NewConnector) withDefaults() NewConnector {
	if n.Name == "" {
		n.Name = n.Slug
	}
	if n.Kind == "" {
		n.Kind = "generic"
	}
	if n.Mode == "" {
		n.Mode = Observe
	}
	if n.Directory == "" {
		n.Directory = DefaultDirectory
	}
	n.Settings = n.Settings.withPreset(n.Kind)
	return n
}

// Check says what making the connector would refuse before it looks at what there is; the error
// is a *Problem, or a *policy.RuleError.
func (n NewConnector) Check() error { return n.withDefaults().check() }

func (n NewConnector) check() error {
	if err := CheckSlug(n.Slug); err != nil {
		return err
	}
	if err := CheckName("name", n.Name); err != nil {
		return err
	}
	if !slices.Contains(Kinds, n.Kind) {
		return oneOf("kind", Kinds)
	}
	if err := n.Mode.Check(); err != nil {
		return err
	}
	if n.BasicUsername != "" {
		if err := CheckUsername("basicAuth.username", n.BasicUsername); err != nil {
			return err
		}
	}
	if err := n.Settings.Limits.check(); err != nil {
		return err
	}
	if err := n.Settings.Paths.check(); err != nil {
		return err
	}
	if _, err := n.Settings.Demands.InSchemaCase(); err != nil {
		return err
	}
	_, err := policy.Compile(n.Rules)
	return err
}

// Check says whether m is a mode.
func (m Mode) Check() error {
	modes := []Mode{Live, Observe, Disabled}
	if !slices.Contains(modes, m) {
		return oneOf("mode", modes)
	}
	return nil
}

func oneOf[T ~string](field string, values []T) error {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: fmt.Sprintf("%s must be one of %s", field, strings.Join(texts, ", "))}
}

// Connectors lists connectors by slug.
func (r *Registry) Connectors(ctx context.Context, f ConnectorFilter) ([]Connector, error) {
	return r.store.Connectors(ctx, f)
}

// ConnectorBySlug returns a connector; ErrUnknown.
func (r *Registry) ConnectorBySlug(ctx context.Context, slug string) (Connector, error) {
	return r.store.ConnectorBySlug(ctx, slug)
}

// UpdateConnector changes a connector if match accepts its version (nil: any); ErrInvalid,
// ErrUnknown, ErrVersion.
func (r *Registry) UpdateConnector(ctx context.Context, slug string, match func(version int64) bool, c ConnectorChange) (Connector, error) {
	if c.Name != nil {
		if err := CheckName("name", *c.Name); err != nil {
			return Connector{}, err
		}
	}
	if c.RulesFile != nil && *c.RulesFile != "" {
		if err := CheckName("rulesFile", *c.RulesFile); err != nil {
			return Connector{}, err
		}
	}
	if c.Limits != nil {
		if err := c.Limits.check(); err != nil {
			return Connector{}, err
		}
	}
	if c.Paths != nil {
		if err := c.Paths.check(); err != nil {
			return Connector{}, err
		}
	}
	if err := c.demandsInSchemaCase(); err != nil {
		return Connector{}, err
	}
	changed, err := r.store.UpdateConnector(ctx, slug, match, c)
	r.Forget(slug) // even after an error: its outcome may be unknown
	return changed, err
}

// DeleteConnector deletes a connector that holds no record; ErrUnknown, ErrNotEmpty.
func (r *Registry) DeleteConnector(ctx context.Context, slug string) error {
	err := r.store.DeleteConnector(ctx, slug)
	r.Forget(slug)
	return err
}

// Credentials lists a connector's credentials, without secrets; ErrUnknown.
func (r *Registry) Credentials(ctx context.Context, slug string) ([]Credential, error) {
	return r.store.Credentials(ctx, slug)
}

// DeleteCredential ends a credential; ErrUnknown.
func (r *Registry) DeleteCredential(ctx context.Context, slug string, id uuid.UUID) error {
	err := r.store.DeleteCredential(ctx, slug, id)
	r.Forget(slug)
	return err
}

// Contacts lists how requests came to a connector, the newest first; ErrUnknown.
func (r *Registry) Contacts(ctx context.Context, slug string) ([]Contact, error) {
	return r.store.Contacts(ctx, slug)
}

// Forget tells caches that a connector changed.
func (r *Registry) Forget(slug string) {
	if r.Changed != nil {
		r.Changed(slug)
	}
}
