package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/muster-scim/muster/tenants"
)

const epochTTL = time.Minute // longer than any value, so that no value outlives its epoch

var (
	//go:embed common.lua
	commonText string
	//go:embed enter.lua
	enterText string
	//go:embed fill.lua
	fillText string
	//go:embed take.lua
	takeText string
	//go:embed forget.lua
	forgetText string

	enterScript  = goredis.NewScript(commonText + enterText)
	fillScript   = goredis.NewScript(commonText + fillText)
	takeScript   = goredis.NewScript(commonText + takeText)
	forgetScript = goredis.NewScript(commonText + forgetText)
)

// errOdd is an answer that the scripts do not give.
var errOdd = errors.New("the answer is none of our scripts'")

// turn is what Redis knew about a rate when one turn was asked for: all that
// tenants.Rate.Take needs.
type turn struct {
	due, now time.Time
	taken    bool // somebody who proved to hold the secret asked
}

// of judges the turn by a rate.
func (t turn) of(r tenants.Rate, patience time.Duration) tenants.Allowance {
	_, a := r.Take(t.due, t.now, patience)
	return a
}

// sight is the answer of the enter script.
type sight struct {
	epoch string
	hit   bool
	value string // "" if it is the one that was known
	turn
	given int // turns that were taken, the one among them
}

func (g *Gate) enter(ctx context.Context, n *node, p place, name, proof, known string, ask asked) (s sight, err error) {
	answer, err := g.run(ctx, n, p, enterScript, []string{name, p.epoch(), p.turns()},
		proof, known, g.epochs.next(), epochTTL.Milliseconds(), ask.turns, ask.back)
	if err != nil {
		return s, err
	}
	read := reader{answer: answer}
	s.now = read.time()
	s.epoch = read.text()
	if s.hit = read.more(); s.hit {
		s.due, s.taken = read.due(s.now)
		s.given = read.count(ask.turns)
		s.value = read.text()
	}
	err = read.end()
	if err == nil && !s.taken {
		return s, nil // nothing was written: a server that still reads may not be well
	}
	return s, g.report(n, p, time.Now(), err)
}

func (g *Gate) fill(ctx context.Context, n *node, p place, name, proof, epoch, value string) (t turn, err error) {
	answer, err := g.run(ctx, n, p, fillScript, []string{name, p.epoch(), p.turns()},
		proof, epoch, value, valueTTL.Milliseconds(), epochTTL.Milliseconds())
	if err != nil {
		return t, err
	}
	return g.turnOf(n, p, answer)
}

func (g *Gate) take(ctx context.Context, n *node, p place, name string, r tenants.Rate) (t turn, err error) {
	answer, err := g.run(ctx, n, p, takeScript, []string{name}, r.Interval().Microseconds(), r.Window().Microseconds())
	if err != nil {
		return t, err
	}
	return g.turnOf(n, p, answer)
}

func (g *Gate) turnOf(n *node, p place, answer []any) (t turn, err error) {
	read := reader{answer: answer}
	t.now = read.time()
	t.due, t.taken = read.due(t.now)
	return t, g.report(n, p, time.Now(), read.end())
}

// run runs a script, once or, where the server has never seen it, with its text a second time.
// It takes no longer than a call may, whatever happens to Redis, and it does not end with the
// request: an answer that is on its way is worth more than a broken connection.
func (g *Gate) run(ctx context.Context, n *node, p place, s *goredis.Script, keys []string, arguments ...any) ([]any, error) {
	var answer []any
	err := g.within(ctx, n, p, func(ctx context.Context) (err error) {
		answer, err = s.Run(ctx, g.client, keys, arguments...).Slice()
		return err
	})
	return answer, err
}

// within makes one call and tells the node's breaker if it fails.
func (g *Gate) within(ctx context.Context, n *node, p place, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.timeout)
	defer cancel()
	began := time.Now()
	err := call(ctx)
	if err != nil {
		return g.report(n, p, began, fmt.Errorf("asking Redis: %w", err))
	}
	if !g.met.Load() {
		g.met.Store(true)
	}
	return nil
}

// reader takes the parts of an answer one by one.
type reader struct {
	answer []any
	bad    bool
}

func (r *reader) more() bool { return len(r.answer) > 0 }

func (r *reader) part() (part any) {
	if len(r.answer) == 0 {
		r.bad = true
		return nil
	}
	part, r.answer = r.answer[0], r.answer[1:]
	return part
}

func (r *reader) number() int64 {
	n, ok := r.part().(int64)
	r.bad = r.bad || !ok
	return n
}

// count is a number from 0 to most.
func (r *reader) count(most int) int {
	n := r.number()
	r.bad = r.bad || n < 0 || n > int64(most)
	return int(n)
}

func (r *reader) text() string {
	s, ok := r.part().(string)
	r.bad = r.bad || !ok
	return s
}

func (r *reader) time() time.Time { return time.UnixMicro(r.number()) }

// due reads a due moment. Without a rate, and for those who proved nothing, it is now.
func (r *reader) due(now time.Time) (due time.Time, taken bool) {
	n := r.number()
	if n < 0 {
		return now, false
	}
	return time.UnixMicro(n), true
}

func (r *reader) end() error {
	if r.bad || len(r.answer) > 0 {
		return errOdd
	}
	return nil
}
