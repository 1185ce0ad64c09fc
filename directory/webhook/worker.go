package webhook

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

const (
	window      = 500              // deliveries of a webhook that wait at once; the rest stays with the events
	atOnce      = 8                // requests at once to one receiver
	roundTime   = 20 * time.Second // a round begins nothing after that
	leaseTime   = 15 * time.Second // how long a webhook waits for a worker that died; renewed while one works
	keepFor     = 14 * 24 * time.Hour
	dropEvery   = time.Hour
	lookAgain   = 5 * time.Minute  // whether a secret can be read
	workTimeout = 30 * time.Second // of what is asked of the database
)

// Worker sends what there is to send. Every replica has one; a lease lets one of them at a time
// send to a webhook.
type Worker struct {
	Lease time.Duration // how long a webhook is held at a time; set before Run, 15 s else

	work   Work
	sender *Sender
	vault  vault
	name   string // of this worker, for leases
	now    func() time.Time
	log    *slog.Logger
	tell   func(webhook uuid.UUID, o Outcome) // hears of every attempt

	mu   sync.Mutex
	busy map[uuid.UUID]bool
	all  sync.WaitGroup
}

// NewWorker makes a Worker. The key encrypts secrets, the same as the Registry's.
func NewWorker(work Work, sender *Sender, key []byte, now func() time.Time, log *slog.Logger, tell func(webhook uuid.UUID, o Outcome)) (*Worker, error) {
	v, err := newVault(key)
	if err != nil {
		return nil, err
	}
	if tell == nil {
		tell = func(uuid.UUID, Outcome) {}
	}
	return &Worker{Lease: leaseTime, work: work, sender: sender, vault: v, name: uuid.NewString(), now: now, log: log, tell: tell, busy: map[uuid.UUID]bool{}}, nil
}

// Run looks at every tick what there is to do, until ctx ends; then it waits for what is under way.
// Through is up to which number events can be read.
func (w *Worker) Run(ctx context.Context, ticks <-chan time.Time, through func() (int64, bool)) {
	defer w.all.Wait()
	var dropped time.Time
	for {
		select {
		case <-ticks:
		case <-ctx.Done():
			return
		}
		if at := w.now(); at.Sub(dropped) >= dropEvery {
			dropped = at
			if _, err := w.work.DropDeliveries(ctx, at.Add(-keepFor)); err != nil && ctx.Err() == nil {
				w.log.Warn("cannot drop old deliveries of webhooks; trying again in an hour", "error", err)
			}
		}
		if seq, known := through(); known {
			w.begin(ctx, seq)
		}
	}
}

// begin starts working for every webhook that has something due.
func (w *Worker) begin(ctx context.Context, through int64) {
	due, err := w.work.WebhooksDue(ctx, w.name, through)
	if err != nil && ctx.Err() == nil {
		w.log.Warn("cannot look for webhooks that are due; trying again", "error", err)
	}
	for _, id := range due {
		w.mu.Lock()
		busy := w.busy[id]
		w.busy[id] = true
		w.mu.Unlock()
		if busy {
			continue
		}
		w.all.Go(func() {
			if err := w.Serve(ctx, id, through); err != nil && ctx.Err() == nil {
				w.log.Warn("cannot send to a webhook; trying again", "webhook", id, "error", err)
			}
			w.mu.Lock()
			delete(w.busy, id)
			w.mu.Unlock()
		})
	}
}

// Serve sends to one webhook until nothing is due, if no other worker does.
func (w *Worker) Serve(ctx context.Context, id uuid.UUID, through int64) error {
	for ctx.Err() == nil {
		asked := time.Now()
		hook, ours, err := w.work.LeaseWebhook(ctx, id, w.name, w.Lease)
		if err != nil || !ours {
			return err
		}
		more, err := w.serveLeased(ctx, hook, through, asked)
		if err != nil || !more {
			done, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
			defer cancel()
			if released := w.work.ReleaseWebhook(done, id, w.name); err == nil {
				err = released
			}
			return err
		}
	}
	return nil
}

// serveLeased is a round during which the lease, which was asked for at a time, is renewed.
func (w *Worker) serveLeased(ctx context.Context, hook Webhook, through int64, asked time.Time) (more bool, err error) {
	round, end := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		w.renew(round, hook.ID, asked)
		end()
	})
	defer renewing.Wait()
	defer end()
	return w.serve(round, hook, through)
}

// renew prolongs the lease until the round ends. It returns before that when the webhook is
// somebody else's or disabled, as after a long pause of this process, or when the lease has run
// out because the database did not answer: another worker may be sending then.
func (w *Worker) renew(round context.Context, id uuid.UUID, asked time.Time) {
	tick := time.NewTicker(w.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-round.Done():
			return
		}
		ends, now := asked.Add(w.Lease), time.Now() // not w.now: of a lease it is what has passed that counts
		ctx, cancel := context.WithDeadline(round, ends)
		_, ours, err := w.work.LeaseWebhook(ctx, id, w.name, w.Lease)
		cancel()
		switch {
		case err == nil && ours:
			asked = now
		case err == nil, !time.Now().Before(ends):
			return
		}
	}
}

// serve is one round under a fresh lease. It says whether there may be more to do at once.
func (w *Worker) serve(ctx context.Context, hook Webhook, through int64) (more bool, err error) {
	waiting, more, err := w.work.FillWebhook(ctx, hook, w.name, through, window)
	if err != nil {
		return false, err
	}
	now := w.now()
	switch {
	case hook.NextAt.After(now):
		return false, nil
	case len(waiting) == 0:
		return more, nil
	}
	ready := chains(waiting, hook.resting(), now)
	if len(ready) == 0 {
		return false, nil
	}
	secrets, err := w.vault.secrets(hook, now)
	if err != nil {
		r := Round{Webhook: hook}
		r.Webhook.LastError, r.Webhook.NextAt = err.Error(), now.Add(lookAgain)
		return false, w.work.KeepRound(ctx, hook.ID, w.name, r)
	}
	var seqs []int64
	for _, chain := range ready {
		for _, d := range chain {
			seqs = append(seqs, d.Seq)
		}
	}
	items, err := w.work.FeedItems(ctx, seqs)
	if err != nil {
		return false, err
	}
	r := &sending{worker: w, hook: hook, items: items, secrets: secrets, round: Round{Webhook: hook}, until: now.Add(roundTime)}
	r.send(ctx, ready)
	done, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout) // what was answered is written down, also when the server stops
	defer cancel()
	if err := w.work.KeepRound(done, hook.ID, w.name, r.round); err != nil {
		return false, err
	}
	w.note(hook, r.round.Webhook)
	return r.round.Webhook.State == Enabled && !r.round.Webhook.NextAt.After(w.now()) && len(r.round.Deliveries) > 0, nil
}

// note tells the log when a receiver goes down, comes back, or is given up.
func (w *Worker) note(before, after Webhook) {
	switch {
	case after.State == Disabled:
		w.log.Warn("a webhook is disabled", "webhook", after.ID, "reason", after.Reason, "error", after.LastError)
	case after.resting() && !before.resting():
		w.log.Warn("a webhook's receiver takes nothing; trying again later", "webhook", after.ID, "error", after.LastError)
	case before.resting() && !after.resting():
		w.log.Info("a webhook's receiver is back", "webhook", after.ID)
	}
}

// sending is one round under way.
type sending struct {
	worker  *Worker
	hook    Webhook
	items   map[int64]directory.FeedItem
	secrets [][]byte
	until   time.Time

	mu    sync.Mutex
	round Round
}

// send goes through the chains, some at once, each one in its order.
func (s *sending) send(ctx context.Context, ready [][]Delivery) {
	var all sync.WaitGroup
	next := make(chan []Delivery)
	for range min(atOnce, len(ready)) {
		all.Go(func() {
			for chain := range next {
				s.follow(ctx, chain)
			}
		})
	}
	for _, chain := range ready {
		next <- chain
	}
	close(next)
	all.Wait()
}

// follow sends a chain until one of it is not taken, or the round is over.
func (s *sending) follow(ctx context.Context, chain []Delivery) {
	for _, d := range chain {
		if ctx.Err() != nil || !s.worker.now().Before(s.until) || s.stopped() {
			return
		}
		item, there := s.items[d.Seq]
		if !there {
			d.drop(s.worker.now())
			s.keep(d)
			continue
		}
		text, err := body(d.Type, item)
		if err != nil {
			d.drop(s.worker.now())
			d.Error = err.Error()
			s.keep(d)
			continue
		}
		o := s.worker.sender.Send(ctx, s.hook.URL, d.Event.String(), text, s.secrets, s.worker.now)
		if ctx.Err() != nil && !o.Taken() {
			return // it is not the receiver who gave up
		}
		s.worker.tell(s.hook.ID, o)
		at := s.worker.now()
		s.mu.Lock()
		d.judge(o, s.round.Webhook, at)
		s.round.taken(o, at)
		s.round.Deliveries = append(s.round.Deliveries, d)
		s.mu.Unlock()
		if d.State == Pending {
			return
		}
	}
}

// stopped says that the receiver turned out to be down, or wants nothing just now.
func (s *sending) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.round.Webhook
	return w.State == Disabled || w.resting() && len(s.round.Deliveries) > 0 || w.NextAt.After(s.worker.now())
}

func (s *sending) keep(d Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round.Deliveries = append(s.round.Deliveries, d)
}
