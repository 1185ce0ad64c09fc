package idp

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Chaos is a bad day between an IdP and the server. What happens to which request is drawn from
// the seed, so the same company meets the same trouble again. The IdP does about it what real
// ones do: it sends again, and looks up what a conflict says is there already.
type Chaos struct {
	Seed       uint64
	Retries    bool // requests that never arrive, and requests sent again while the first is still being worked on
	Duplicates bool // requests delivered a second time after their answer
	Reorder    bool // steps in another order; changes of one group's members all at once, where the product's workers do that
	Lost       bool // answers that never arrive, of requests that were carried out

	unsent, overtaken, twice, lost atomic.Int64
}

// ChaosKinds are the words of ParseChaos.
var ChaosKinds = []string{"retries", "duplicates", "reorder", "lost"}

// ParseChaos reads the kinds of trouble; "all" is every one. No kinds are no chaos.
func ParseChaos(kinds []string, seed uint64) (*Chaos, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	c := &Chaos{Seed: seed}
	for _, kind := range kinds {
		switch kind {
		case "retries":
			c.Retries = true
		case "duplicates":
			c.Duplicates = true
		case "reorder":
			c.Reorder = true
		case "lost":
			c.Lost = true
		case "all":
			c.Retries, c.Duplicates, c.Reorder, c.Lost = true, true, true, true
		default:
			return nil, fmt.Errorf("no chaos is called %q; there are %s, and all", kind, strings.Join(ChaosKinds, ", "))
		}
	}
	return c, nil
}

// String says what has happened so far.
func (c *Chaos) String() string {
	return fmt.Sprintf("%d answers lost, %d requests delivered twice, %d never delivered, %d sent again before their answer",
		c.lost.Load(), c.twice.Load(), c.unsent.Load(), c.overtaken.Load())
}

func (c *Chaos) reorders() bool { return c != nil && c.Reorder }

// order is the order of a phase's steps: as they come, or shuffled.
func (c *Chaos) order(phase string, steps int) []int {
	if !c.reorders() {
		order := make([]int, steps)
		for i := range order {
			order[i] = i
		}
		return order
	}
	return rand.New(rand.NewPCG(c.Seed, hash(phase, steps))).Perm(steps)
}

func hash(name string, number int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", name, number)
	return h.Sum64()
}

// script is what one step of a run draws its trouble from: a step's requests meet the same
// trouble however many steps run beside it.
type script struct {
	mu sync.Mutex
	r  *rand.Rand
}

type scriptKey struct{}

// begin gives a step its script.
func (c *Chaos) begin(ctx context.Context, name string, number int) context.Context {
	if c == nil {
		return ctx
	}
	return context.WithValue(ctx, scriptKey{}, &script{r: rand.New(rand.NewPCG(c.Seed, hash(name, number)))})
}

// draw is a number below n; 0 outside a step.
func draw(ctx context.Context, n int) int {
	s, ok := ctx.Value(scriptKey{}).(*script)
	if !ok {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.IntN(n)
}

// errLost is what an IdP sees of a request that did not arrive or was not answered.
var errLost = errors.New("the connection broke")

// errTwice is an answer to a duplicate that no server may give.
var errTwice = errors.New("a duplicate was not recognised")

// share is how many of a hundred requests each kind of trouble hits.
const share = 9

// carry sends a request once, the way this day lets it.
func (c *Client) carry(ctx context.Context, method, path string, body []byte) (answer, time.Duration, error) {
	x := c.Chaos
	if x == nil || ctx.Value(scriptKey{}) == nil {
		return c.send(ctx, method, path, body)
	}
	kind, luck := draw(ctx, 3), draw(ctx, 100)
	switch {
	case kind == 0 && x.Lost && luck < 3*share:
		x.lost.Add(1)
		if _, asked, err := c.send(ctx, method, path, body); err != nil {
			return answer{}, asked, err // it was not carried out: that is no answer lost
		}
		return answer{}, 0, errLost
	case kind == 1 && x.Retries && luck < 3*share/2:
		x.unsent.Add(1)
		return answer{}, 0, errLost
	case kind == 1 && x.Retries && luck < 3*share:
		x.overtaken.Add(1)
		return c.overtake(ctx, method, path, body)
	case kind == 2 && x.Duplicates && luck < 3*share && method != http.MethodGet:
		x.twice.Add(1)
		return c.deliverTwice(ctx, method, path, body)
	}
	return c.send(ctx, method, path, body)
}

// overtake sends a request, gives it up and sends it again while the first is under way. It
// comes back when both are over: later changes of the resource are never overtaken.
func (c *Client) overtake(ctx context.Context, method, path string, body []byte) (answer, time.Duration, error) {
	first := make(chan struct{})
	go func() {
		defer close(first)
		_, _, _ = c.send(ctx, method, path, body) // nobody waits for this answer
	}()
	got, asked, err := c.send(ctx, method, path, body)
	<-first
	return got, asked, err
}

// deliverTwice sends a request a second time after its answer. The second answer has to be a
// success again, or say that what the first one did is done.
func (c *Client) deliverTwice(ctx context.Context, method, path string, body []byte) (answer, time.Duration, error) {
	got, asked, err := c.send(ctx, method, path, body)
	if err != nil {
		return got, asked, err
	}
	_, _, again := c.send(ctx, method, path, body)
	switch {
	case method == http.MethodPost && again == nil:
		return got, 0, fmt.Errorf("%w: POST %s was delivered twice and made something twice", errTwice, path)
	case again == nil, worthAnother(again),
		method == http.MethodPost && isStatus(again, http.StatusConflict),
		method == http.MethodDelete && isStatus(again, http.StatusNotFound):
		return got, 0, nil
	}
	return got, 0, fmt.Errorf("%w: %w", errTwice, again)
}

// together makes changes that do not depend on each other: one after the other, or on a day that
// reorders all at once and in any order, if the product's workers do that.
func (c *Client) together(ctx context.Context, overlaps bool, parts []func(context.Context) error) error {
	if !overlaps || !c.Chaos.reorders() || len(parts) < 2 {
		for _, part := range parts {
			if err := part(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	var wg sync.WaitGroup
	failures := make([]error, len(parts))
	salt := draw(ctx, 1<<30)
	order := rand.New(rand.NewPCG(c.Chaos.Seed, uint64(salt))).Perm(len(parts))
	for _, i := range order {
		own := c.Chaos.begin(ctx, fmt.Sprint("part of ", salt), i)
		wg.Go(func() { failures[i] = parts[i](own) })
	}
	wg.Wait()
	return errors.Join(failures...)
}

// batch is how many members go into one PATCH: few on a day that reorders, so that there is
// something to overlap.
func (c *Chaos) batch(usual int) int {
	if c.reorders() {
		return min(usual, 4)
	}
	return usual
}
