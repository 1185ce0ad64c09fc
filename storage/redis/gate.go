package redis

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/muster-scim/muster/tenants"
)

// Alone is the gate of this process alone, which answers while Redis cannot. *local.Gate is one.
type Alone interface {
	tenants.Gate
	// Take takes one turn of a connector's without looking at a credential.
	Take(c tenants.Connector) tenants.Allowance
}

// Options are what a Gate works with.
type Options struct {
	Server Server
	Key    []byte         // the deployment's: the same in all its processes, and known to nobody else
	Lookup tenants.Lookup // the database
	Alone  Alone          // in front of the same database, with the same quota
	Quota  tenants.Quota
	Now    func() time.Time
	Log    *slog.Logger

	Timeout    time.Duration // of one call; 0: 50 ms
	ProbeEvery time.Duration // while Redis does not serve; 0: a second
}

const (
	callTimeout  = 50 * time.Millisecond
	probeEvery   = time.Second
	startTimeout = time.Second // of the first probe, which has to find and greet the server
)

// Gate is a tenants.Gate that shares what it knows through Redis.
type Gate struct {
	options    Options
	client     goredis.UniversalClient
	keys       *keyring
	epochs     *epochs
	timeout    time.Duration
	probeEvery time.Duration
	log        *slog.Logger

	known   *known
	flights flights
	untold  untold
	counts  counts

	only  *node       // of a single server, and for what lies nobody knows where
	nodes sync.Map    // of a cluster, *node by address
	met   atomic.Bool // Redis has answered once

	life context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup
}

var _ tenants.Gate = (*Gate)(nil)

// New returns a Gate. Redis need not be there: it is only a cache. Close must be called when no
// request comes any more.
func New(o Options) *Gate {
	g := &Gate{
		options: o, keys: newKeyring(o.Key), epochs: newEpochs(), log: o.Log,
		timeout: o.Timeout, probeEvery: o.ProbeEvery,
		known: newKnown(), flights: flights{running: make(map[string]*flight)},
		only: &node{name: o.Server.String()},
	}
	if g.timeout == 0 {
		g.timeout = callTimeout
	}
	if g.probeEvery == 0 {
		g.probeEvery = probeEvery
	}
	g.client = o.Server.connect(g.timeout)
	g.life, g.end = context.WithCancel(context.Background())
	if err := g.probe(g.keys.place(""), startTimeout); err != nil {
		g.trip(g.only, g.keys.place(""), err)
	}
	return g
}

// Close ends what runs in the background and the connections.
func (g *Gate) Close() error {
	g.end()
	g.work.Wait()
	return g.client.Close()
}

// Enter implements tenants.Gate.
func (g *Gate) Enter(ctx context.Context, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	at := g.keys.place(p.Slug)
	node := g.nodeOf(at)
	if node.open.Load() {
		return g.alone(ctx, p)
	}
	name, proof := g.keys.value(at, p.Key), g.keys.proofOf(p.Proof)
	known, began, ask := g.known.get(name), g.options.Now(), asked{turns: 1}
	if known.proof == proof && g.believes(known, p.Slug) {
		var t turn
		if t, ask = known.take(began); ask.turns == 0 {
			g.counts.leased.Add(1)
			return known.answer(p, proof, t)
		}
	}
	seen, err := g.enter(ctx, node, at, name, proof, known.seal, ask)
	switch {
	case err != nil && node.open.Load():
		return g.alone(ctx, p)
	case err != nil:
		return g.passOver(ctx, name, proof, p)
	}
	found := g.recognise(name, known, seen)
	if found == nil {
		seen.turn = turn{} // whatever was counted, it was not by what we sealed
	} else if g.holds(found, p.Slug) && (seen.taken || !found.takes(proof)) {
		if found.proof == proof {
			found.renew(began, seen.turn, seen.given)
		}
		g.counts.hits.Add(1)
		return found.answer(p, proof, seen.turn)
	}
	g.counts.misses.Add(1)
	return g.lookUp(ctx, node, at, name, proof, seen, p)
}

// recognise returns what a sight shows, or nil if that is nothing, or nothing that we sealed.
func (g *Gate) recognise(name string, known *finding, seen sight) *finding {
	switch {
	case !seen.hit:
		return nil
	case seen.value == "" && known != &nothing:
		return known
	}
	found, ok := g.keys.open(name, seen.value)
	if !ok {
		g.counts.rejected.Add(1)
		return nil
	}
	g.known.put(name, found)
	return found
}

// holds says whether what Redis had may still be so.
func (g *Gate) holds(f *finding, slug string) bool {
	if !f.current(g.options.Now()) {
		g.counts.rejected.Add(1)
	}
	return g.believes(f, slug)
}

// believes says whether a finding is young enough, and from after what Redis could not be told.
func (g *Gate) believes(f *finding, slug string) bool {
	return f.current(g.options.Now()) && !f.read.Before(g.untold.of(slug).since)
}

// takes says whether a turn is to be taken from a rate for this proof. Where Redis did not take
// it, what it holds is not what was sealed.
func (f *finding) takes(proof string) bool { return f.proof == proof && !f.rate.None() }

// lookUp asks the database, and tells Redis what it said. A turn that was taken already is not
// taken again.
func (g *Gate) lookUp(ctx context.Context, n *node, at place, name, proof string, seen sight, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	found, err := g.ask(ctx, name, seen.epoch, p)
	if err != nil {
		return tenants.Entry{}, tenants.Allowance{}, err
	}
	t := seen.turn
	if !n.open.Load() {
		asking := proof
		if t.taken {
			asking = noProof
		}
		filled, err := g.fill(ctx, n, at, name, asking, seen.epoch, found.sealed)
		if err == nil {
			g.known.put(name, found)
		}
		if !t.taken {
			t = filled
		}
	}
	if t.taken || !found.takes(proof) {
		return found.answer(p, proof, t)
	}
	return g.answerAlone(found, proof, p)
}

// passOver answers without Redis because one call of it has failed, though it serves: the database
// is asked then, but for what it said a moment ago, where whoever is alone may go by what was so ten
// seconds ago.
func (g *Gate) passOver(ctx context.Context, name, proof string, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	found, err := g.ask(ctx, name, "", p)
	if err != nil {
		return tenants.Entry{}, tenants.Allowance{}, err
	}
	return g.answerAlone(found, proof, p)
}

// answerAlone is a finding whose turn Redis did not take: this process takes it by itself.
func (g *Gate) answerAlone(f *finding, proof string, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	g.counts.fallbacks.Add(1)
	entry, none, err := f.answer(p, proof, turn{})
	if err != nil || !f.takes(proof) {
		return entry, none, err
	}
	return entry, g.options.Alone.Take(entry.Connector), nil
}

// ask asks the database, once for all who ask the same at this moment.
func (g *Gate) ask(ctx context.Context, name, epoch string, p tenants.Presented) (*finding, error) {
	sharing := name + " " + epoch + " " + g.untold.of(p.Slug).token // nobody joins who came after a deletion
	age := oldest
	if epoch == "" { // Redis did not say that what was found a moment ago still holds
		age = linger
	}
	return g.flights.do(ctx, sharing, g.options.Now(), age, func(ctx context.Context) (*finding, error) {
		return g.find(ctx, name, epoch, p.Slug, p.Key)
	})
}

// find asks the database for what a key stands for at a connector.
func (g *Gate) find(ctx context.Context, name, epoch, slug, key string) (*finding, error) {
	f := &finding{read: g.options.Now(), proof: noProof, patience: g.options.Quota.Patience}
	entry, err := g.options.Lookup.Find(ctx, key)
	switch {
	case errors.Is(err, tenants.ErrUnknown):
		f.unknown = true
	case err != nil:
		return nil, err
	default:
		f.entry, f.rate = entry, g.options.Quota.RateOf(entry.Connector.Settings.Limits)
		if entry.Connector.Slug == slug {
			f.proof = g.keys.proofOf(entry.Hash)
		}
		f.entry.Hash = [32]byte{}
	}
	return f, g.keys.close(f, name, epoch)
}

// answer is the finding as tenants.Gate gives it to whoever presented p, whose proof it is.
func (f *finding) answer(p tenants.Presented, proof string, t turn) (tenants.Entry, tenants.Allowance, error) {
	if f.unknown {
		return tenants.Entry{}, tenants.Allowance{}, tenants.ErrUnknown
	}
	entry := f.entry
	if f.proof != proof {
		return entry, tenants.Allowance{}, nil
	}
	entry.Hash = p.Proof // its keyed hash is the one that was sealed
	return entry, t.of(f.rate, f.patience), nil
}

// alone answers without Redis.
func (g *Gate) alone(ctx context.Context, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	g.counts.fallbacks.Add(1)
	return g.options.Alone.Enter(ctx, p)
}

// Fail implements tenants.Gate.
func (g *Gate) Fail(ctx context.Context, slug, address string) tenants.Allowance {
	rate := g.options.Quota.Failures
	if rate.None() {
		return tenants.Allowance{}
	}
	at := g.keys.place(slug)
	if node := g.nodeOf(at); !node.open.Load() {
		if t, err := g.take(ctx, node, at, g.keys.failures(at, address), rate); err == nil {
			return t.of(rate, 0)
		}
	}
	g.counts.fallbacks.Add(1)
	return g.options.Alone.Fail(ctx, slug, address)
}
