package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/muster-scim/muster/directory/feed"
	"github.com/muster-scim/muster/directory/webhook"
)

const (
	feedEvery    = 500 * time.Millisecond // how soon events are in the feed
	webhookEvery = time.Second
)

// outgoing is what tells others of changes: the feed, and webhooks, which follow it.
type outgoing struct {
	feed     *feed.Feed
	registry *webhook.Registry
	worker   *webhook.Worker
}

// newOutgoing wires the feed and webhooks to the store.
func (srv *server) newOutgoing(ctx context.Context) (*outgoing, error) {
	key, err := srv.store.Key(ctx, "webhook secrets")
	if err != nil {
		return nil, fmt.Errorf("preparing the secrets of webhooks: %w", err)
	}
	o := &outgoing{feed: feed.New(srv.store)}
	sender := webhook.NewSender(srv.settings.webhookNetworks, version, nil)
	if o.registry, err = webhook.NewRegistry(srv.store, sender, key, time.Now, o.feed.Through); err != nil {
		return nil, err
	}
	o.worker, err = webhook.NewWorker(srv.store, sender, key, time.Now, srv.log, srv.watch.metrics.Webhook)
	return o, err
}

// run follows the feed and sends until ctx ends.
func (o *outgoing) run(ctx context.Context, srv *server) {
	srv.work.Go(func() {
		tick := time.NewTicker(feedEvery)
		defer tick.Stop()
		failed := false
		o.feed.Run(ctx, tick.C, func(err error) {
			if !failed {
				srv.log.Warn("cannot follow the events; trying again", "error", err)
			}
			failed = true
		})
	})
	srv.work.Go(func() {
		tick := time.NewTicker(webhookEvery)
		defer tick.Stop()
		o.worker.Run(ctx, tick.C, o.feed.Through)
	})
}

// checkWebhooks reads the networks inside that webhooks may call.
func (s *settings) checkWebhooks() error {
	s.webhookNetworks = nil
	for text := range strings.SplitSeq(s.WebhookPrivate, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		network, err := parseNetwork(text)
		if err != nil {
			return fmt.Errorf("MUSTER_WEBHOOK_PRIVATE_NETWORKS: %q is neither an address nor a network; write 10.0.0.7 or 10.0.0.0/24", text)
		}
		s.webhookNetworks = append(s.webhookNetworks, netip.PrefixFrom(network.Addr().Unmap(), network.Bits()).Masked())
	}
	return nil
}
