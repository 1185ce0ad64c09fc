package tenants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
)

// A consumer's token is of the form of a connector's, msc_…, and opens nothing of a connector's. Its
// key id begins with the consumer's handle, which all tokens of the consumer share:
//
//	msc_ 01234567 89abcdef _ …
//	     handle   of this token
//
// So the token alone says where caches and limits keep what they know of the consumer: a consumer
// with several tokens has one rate, and all of them are forgotten at once.
const (
	consumerPrefix = "msc_"
	handleLength   = 8
)

// ConsumerKey is the look-up key of a consumer's token.
func ConsumerKey(keyID string) string { return "c:" + keyID }

// ConsumerSlug stands for a consumer where connectors go by their slugs. No slug begins so.
func ConsumerSlug(handle string) string { return "~" + handle }

// newConsumerToken makes a token of the consumer of a handle.
func newConsumerToken(random io.Reader, handle string, expires time.Time) (token string, n NewConsumerToken, err error) {
	own, err := randomText(random, keyIDLength-handleLength)
	if err != nil {
		return "", n, err
	}
	secret, err := randomText(random, secretLength)
	if err != nil {
		return "", n, err
	}
	body := consumerPrefix + handle + own + "_" + secret
	token = body + "_" + checksum(body)
	n = NewConsumerToken{ConsumerToken: ConsumerToken{Hint: hint(token), ExpiresAt: expires}, LookupKey: ConsumerKey(handle + own), Hash: secretHash(token)}
	return token, n, nil
}

// AuthenticateConsumer is Authenticate for what reads a directory: c.Slug is the directory's name
// as the path has it. The principal's Consumer is set; its Connector only bears what limits go
// by. A token of another directory's consumer proves nothing here, nor does a connector's.
func (a *Authenticator) AuthenticateConsumer(ctx context.Context, c Caller) (Principal, error) {
	p, err := a.consumer(ctx, c)
	if err != nil {
		return Principal{}, a.count(ctx, "", c.Address, err) // counted together with those who name no connector
	}
	return p, nil
}

func (a *Authenticator) consumer(ctx context.Context, c Caller) (Principal, error) {
	if len(c.Headers) != 1 || len(c.Headers[0]) > maxHeader {
		return Principal{}, ErrUnauthenticated
	}
	token := presentedToken(c.Headers[0])
	keyID, ok := parseToken(token, consumerPrefix)
	if !ok {
		return Principal{}, ErrUnauthenticated
	}
	shown := Presented{Slug: ConsumerSlug(keyID[:handleLength]), Key: ConsumerKey(keyID), Proof: secretHash(token)}
	entry, allowance, err := a.gate.Enter(ctx, shown)
	switch {
	case errors.Is(err, ErrUnknown):
		return Principal{}, ErrUnauthenticated
	case err != nil:
		return Principal{}, fmt.Errorf("looking up a consumer's token: %w", err)
	case !entry.Opens(shown), entry.Consumer == nil, canonical.Key(entry.Consumer.Directory) != canonical.Key(c.Slug):
		return Principal{}, ErrUnauthenticated
	}
	if expires := entry.Credential.ExpiresAt; !expires.IsZero() && !a.now().Before(expires) {
		return Principal{}, ErrUnauthenticated
	}
	if a.ConsumerUsed != nil {
		a.ConsumerUsed(entry.Credential.ID)
	}
	return Principal{Connector: entry.Connector, Credential: entry.Credential, Allowance: allowance, Consumer: entry.Consumer}, nil
}

// presentedToken is the token in a header: behind any scheme's word, or alone.
func presentedToken(header string) string {
	scheme, rest, found := strings.Cut(strings.Trim(header, " \t"), " ")
	if !found {
		return scheme
	}
	return strings.Trim(rest, " \t")
}

// CreateConsumer makes a consumer with a token, which is shown this once. Patterns that do not
// compile are a *policy.RuleError; else ErrInvalid, ErrUnknown, ErrTaken.
func (r *Registry) CreateConsumer(ctx context.Context, directory string, n NewConsumer) (Consumer, string, error) {
	n, err := n.checked(r.now())
	if err != nil {
		return Consumer{}, "", err
	}
	if n.Handle, err = randomText(r.random, handleLength); err != nil {
		return Consumer{}, "", err
	}
	var token string
	if token, n.Token, err = newConsumerToken(r.random, n.Handle, n.ExpiresAt); err != nil {
		return Consumer{}, "", err
	}
	c, err := r.store.CreateConsumer(ctx, directory, n)
	if err != nil {
		return Consumer{}, "", err
	}
	return c, token, nil
}

// Consumers lists the consumers of a directory by name, with their tokens; ErrUnknown.
func (r *Registry) Consumers(ctx context.Context, directory string) ([]Consumer, error) {
	return r.store.Consumers(ctx, directory)
}

// ConsumerByID returns a consumer with its tokens; ErrUnknown.
func (r *Registry) ConsumerByID(ctx context.Context, directory string, id uuid.UUID) (Consumer, error) {
	all, err := r.store.Consumers(ctx, directory)
	if err != nil {
		return Consumer{}, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return Consumer{}, &Problem{Kind: ErrUnknown, Code: CodeConsumerUnknown, Detail: fmt.Sprintf("directory %q has no consumer %s", directory, id)}
}

// UpdateConsumer changes a consumer if match accepts its version (nil: any); ErrInvalid,
// ErrUnknown, ErrTaken, ErrVersion, *policy.RuleError.
func (r *Registry) UpdateConsumer(ctx context.Context, directory string, id uuid.UUID, match func(version int64) bool, c ConsumerChange) (Consumer, error) {
	c, err := c.checked()
	if err != nil {
		return Consumer{}, err
	}
	var changed Consumer
	err = r.withConsumer(ctx, directory, id, func(Consumer) (err error) {
		changed, err = r.store.UpdateConsumer(ctx, directory, id, match, c)
		return err
	})
	return changed, err
}

// DeleteConsumer deletes a consumer; its tokens are dead at once. ErrUnknown.
func (r *Registry) DeleteConsumer(ctx context.Context, directory string, id uuid.UUID) error {
	return r.withConsumer(ctx, directory, id, func(Consumer) error { return r.store.DeleteConsumer(ctx, directory, id) })
}

// MintConsumerToken adds a token to a consumer, beside those it has; ErrInvalid, ErrUnknown.
func (r *Registry) MintConsumerToken(ctx context.Context, directory string, id uuid.UUID, expires time.Time) (made ConsumerToken, token string, err error) {
	if !expires.IsZero() && !expires.After(r.now()) {
		return made, "", &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "expiresAt", Detail: "expiresAt must lie in the future"}
	}
	err = r.withConsumer(ctx, directory, id, func(c Consumer) error {
		text, n, err := newConsumerToken(r.random, c.Handle, expires)
		if err != nil {
			return err
		}
		token = text
		made, err = r.store.AddConsumerToken(ctx, directory, id, n)
		return err
	})
	if err != nil {
		return ConsumerToken{}, "", err
	}
	return made, token, nil
}

// DeleteConsumerToken ends a token of a consumer; ErrUnknown.
func (r *Registry) DeleteConsumerToken(ctx context.Context, directory string, id, token uuid.UUID) error {
	return r.withConsumer(ctx, directory, id, func(Consumer) error { return r.store.DeleteConsumerToken(ctx, directory, id, token) })
}

// withConsumer changes something of a consumer, and tells caches so: even after an error, whose
// outcome may be unknown.
func (r *Registry) withConsumer(ctx context.Context, directory string, id uuid.UUID, change func(Consumer) error) error {
	c, err := r.ConsumerByID(ctx, directory, id)
	if err != nil {
		return err
	}
	defer r.Forget(ConsumerSlug(c.Handle))
	return change(c)
}
