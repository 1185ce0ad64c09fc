package webhook

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

const (
	mostWebhooks    = 50
	mostDescription = 256
	mostOverlap     = 7 * 24 * time.Hour
)

// New is a webhook to make.
type New struct {
	URL, Description string
	Directory        string   // by name; empty: every directory
	Types            []string // none: all
	Secret           string   // empty: one is made
}

// Registry is the administrators' side of webhooks. Refusals are *tenants.Problem.
type Registry struct {
	store   Store
	sender  *Sender
	vault   vault
	now     func() time.Time
	through func() (int64, bool)
}

// NewRegistry makes a Registry. The key encrypts secrets; through is up to which number events can
// be read.
func NewRegistry(store Store, sender *Sender, key []byte, now func() time.Time, through func() (int64, bool)) (*Registry, error) {
	v, err := newVault(key)
	if err != nil {
		return nil, err
	}
	return &Registry{store: store, sender: sender, vault: v, now: now, through: through}, nil
}

// CreateWebhook makes a webhook that is told of what happens from now on, and returns its secret,
// which is shown this once.
func (r *Registry) CreateWebhook(ctx context.Context, n New) (Webhook, string, error) {
	if err := r.check(&n.URL, &n.Description, &n.Types); err != nil {
		return Webhook{}, "", err
	}
	secret := newSecret()
	if n.Secret != "" {
		var err error
		if secret, err = parseSecret(n.Secret); err != nil {
			return Webhook{}, "", err
		}
	}
	cursor, known := r.through()
	if !known {
		cursor = -1
	}
	id := uuid.Must(uuid.NewV7())
	made, err := r.store.CreateWebhook(ctx, Webhook{ID: id, Directory: n.Directory, URL: n.URL, Description: n.Description, Types: n.Types,
		State: Enabled, Cursor: cursor, Secret: r.vault.lock(id, secret)}, mostWebhooks)
	if err != nil {
		return Webhook{}, "", err
	}
	return made, formatSecret(secret), nil
}

func (r *Registry) check(address, description *string, types *[]string) error {
	if address != nil {
		if err := r.sender.Check(*address); err != nil {
			return err
		}
	}
	if description != nil && len(*description) > mostDescription {
		return &tenants.Problem{Kind: tenants.ErrInvalid, Code: tenants.CodeInvalid, Field: "description", Detail: "description may have 256 bytes at most"}
	}
	if types != nil {
		return checkTypes(*types)
	}
	return nil
}

// Webhooks lists all webhooks, with what they have not taken yet.
func (r *Registry) Webhooks(ctx context.Context) ([]Webhook, map[uuid.UUID]Backlog, error) {
	through, _ := r.through()
	return r.store.Webhooks(ctx, through)
}

// Webhook reads one of them.
func (r *Registry) Webhook(ctx context.Context, id uuid.UUID) (Webhook, Backlog, error) {
	all, waiting, err := r.Webhooks(ctx)
	for _, w := range all {
		if w.ID == id {
			return w, waiting[id], err
		}
	}
	if err == nil {
		err = Unknown(id)
	}
	return Webhook{}, Backlog{}, err
}

// Unknown is the refusal for a webhook that is not there.
func Unknown(id uuid.UUID) error {
	return &tenants.Problem{Kind: tenants.ErrUnknown, Code: CodeWebhookUnknown, Detail: "there is no webhook " + id.String() + "; GET /api/v1/webhooks lists them"}
}

// UpdateWebhook changes a webhook if match accepts its version (nil: any).
func (r *Registry) UpdateWebhook(ctx context.Context, id uuid.UUID, match func(version int64) bool, c Change) (Webhook, error) {
	if err := r.check(c.URL, c.Description, c.Types); err != nil {
		return Webhook{}, err
	}
	return r.store.UpdateWebhook(ctx, id, match, c)
}

// DeleteWebhook deletes a webhook with its deliveries.
func (r *Registry) DeleteWebhook(ctx context.Context, id uuid.UUID) error {
	return r.store.DeleteWebhook(ctx, id)
}

// RotateWebhookSecret makes another secret, or takes one, and returns it. For the time of overlap
// both sign.
func (r *Registry) RotateWebhookSecret(ctx context.Context, id uuid.UUID, overlap time.Duration, given string) (Webhook, string, error) {
	if overlap < 0 || overlap > mostOverlap {
		return Webhook{}, "", &tenants.Problem{Kind: tenants.ErrInvalid, Code: tenants.CodeInvalid, Field: "overlapHours", Detail: "overlapHours must lie between 0 and 168: for that long both secrets sign"}
	}
	secret := newSecret()
	if given != "" {
		var err error
		if secret, err = parseSecret(given); err != nil {
			return Webhook{}, "", err
		}
	}
	w, err := r.store.ReplaceWebhookSecret(ctx, id, r.vault.lock(id, secret), r.now().Add(overlap))
	if err != nil {
		return Webhook{}, "", err
	}
	return w, formatSecret(secret), nil
}

// TestWebhook sends a message of type webhook.test at once, also to a webhook that is disabled, and
// says what came of it. It is no delivery, and changes nothing.
func (r *Registry) TestWebhook(ctx context.Context, id uuid.UUID) (Outcome, error) {
	w, _, err := r.Webhook(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	secrets, err := r.vault.secrets(w, r.now())
	if err != nil {
		return Outcome{}, &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: CodeSecretLost, Detail: err.Error()}
	}
	message := uuid.Must(uuid.NewV7())
	text, err := testBody(message, r.now())
	if err != nil {
		return Outcome{}, err
	}
	return r.sender.Send(ctx, w.URL, message.String(), text, secrets, r.now), nil
}

// Deliveries lists what was, and is to be, sent to a webhook, the newest first.
func (r *Registry) Deliveries(ctx context.Context, id uuid.UUID, state Progress, l directory.Listing) (directory.Page[Delivery], error) {
	return r.store.Deliveries(ctx, id, state, l)
}

// Redeliver sends one again.
func (r *Registry) Redeliver(ctx context.Context, id, delivery uuid.UUID) (Delivery, error) {
	return r.store.Redeliver(ctx, id, delivery)
}
