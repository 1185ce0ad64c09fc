package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/muster-scim/muster/directory/seal"
	"github.com/muster-scim/muster/storage/sql"
	"github.com/muster-scim/muster/tenants"
)

const (
	sealEvery      = 2 * time.Second // events are sealed within five
	retainEvery    = time.Hour
	retainBlocks   = 20 // whose events go in one transaction
	auditPatience  = 30 * time.Second
	leastRetention = 30 * 24 * time.Hour
)

// auditKeeper seals the audit, drops what is too old, and tells it of the server's own life. Every
// replica has one; the database lets one of them seal at a time.
type auditKeeper struct {
	store     *sql.Store
	signer    *seal.Signer
	retention time.Duration // 0: for ever
	log       *slog.Logger

	head   seal.Head // the newest block that this process has seen
	failed bool      // the last try failed, which was logged
}

// newAuditKeeper derives the key that signs from the deployment's.
func newAuditKeeper(ctx context.Context, store *sql.Store, retention time.Duration, log *slog.Logger) (*auditKeeper, error) {
	seed, err := store.Key(ctx, "audit seal")
	if err != nil {
		return nil, fmt.Errorf("preparing to seal the audit: %w", err)
	}
	signer, err := seal.NewSigner(seed)
	if err != nil {
		return nil, err
	}
	return &auditKeeper{store: store, signer: signer, retention: retention, log: log}, nil
}

// run seals until ctx ends, and then what the stop leaves behind.
func (k *auditKeeper) run(ctx context.Context) {
	k.note(ctx, "system.started")
	sealing, dropping := time.NewTicker(sealEvery), time.NewTicker(retainEvery)
	defer sealing.Stop()
	defer dropping.Stop()
	k.drop(ctx)
	for {
		select {
		case <-sealing.C:
			k.seal(ctx)
			k.index(ctx)
		case <-dropping.C:
			k.drop(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			k.note(last, "system.stopped")
			k.seal(last)
			return
		}
	}
}

// note tells the audit of the server itself.
func (k *auditKeeper) note(ctx context.Context, action string) {
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	if err := k.store.Note(ctx, tenants.Note{Action: action, Changes: map[string]any{"version": version, "key": k.signer.ID()}}); err != nil {
		k.log.Warn("cannot write to the audit", "action", action, "error", err)
	}
}

// seal seals all there is, and tells the log each block's head: whoever keeps the log elsewhere can
// tell later whether the audit's tail was cut.
func (k *auditKeeper) seal(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	for {
		began := time.Now()
		b, full, err := k.store.Seal(ctx, k.signer)
		if err != nil {
			if !k.failed && ctx.Err() == nil {
				k.log.Warn("cannot seal the audit; trying again", "error", err)
			}
			k.failed = true
			return
		}
		k.failed = false
		if b != nil {
			if b.Number <= k.head.Number {
				k.log.Error("the audit was cut: a block is sealed anew that was sealed before; run muster audit verify --head",
					"head", k.head.String(), "anew", strconv.FormatInt(b.Number, 10))
			}
			k.head = b.Head()
			k.log.Info("sealed the audit", "head", k.head.String(), "events", b.Events, "key", b.Key)
		}
		if !full {
			return
		}
		makeRoom(ctx, began)
	}
}

// makeRoom rests after a block or a page of many, for as long as it took, so that requests have a turn.
func makeRoom(ctx context.Context, began time.Time) {
	select {
	case <-time.After(time.Since(began)):
	case <-ctx.Done():
	}
}

// drop drops what is older than retention.
func (k *auditKeeper) drop(ctx context.Context) {
	for k.retention > 0 && ctx.Err() == nil {
		n, err := k.store.DropSealed(ctx, time.Now().Add(-k.retention), retainBlocks)
		if err != nil && ctx.Err() == nil {
			k.log.Warn("cannot drop old events; trying again in an hour", "error", err)
		}
		if err != nil || n == 0 {
			return
		}
		k.log.Info("dropped old events", "events", n, "olderThan", k.retention)
	}
}

// checkAudit refuses a retention that the database would not grant.
func (s *settings) checkAudit() error {
	if s.AuditRetention != 0 && s.AuditRetention.duration() < leastRetention {
		return fmt.Errorf("MUSTER_AUDIT_RETENTION is %s; write at least 30d, or 0 to keep events for ever", s.AuditRetention.duration())
	}
	return nil
}

// refusedOf is the refusal in what was heard of a request, if it was refused.
func refusedOf(h tenants.Heard) (r tenants.Refused, ok bool) {
	if h.Status < 400 || h.Status >= 500 {
		return r, false
	}
	reason := string(h.Diagnosis)
	if reason == "" {
		reason = "status" + strconv.Itoa(h.Status)
	}
	return tenants.Refused{Side: "scim", Slug: h.Slug, Reason: reason, Status: h.Status, Method: h.Method, Credential: h.Credential}, true
}
