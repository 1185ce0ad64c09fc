package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// people plans users, but for those whom newcomers led to, and gives each batch's outcomes to
// then, in order. While one batch is settled the next is read, unless nobody waits for the end. It
// returns how many users it is done with, and leaves out the rest after an error.
func (r *planner) people(ctx context.Context, users []uuid.UUID, then func(batch []uuid.UUID, found []*outcome) error) (done int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turn := make(chan struct{}) // closed when it is the next batch's
	close(turn)
	var results []chan error
	finish := func(keep int) (err error) {
		for len(results) > keep && err == nil {
			if err = <-results[0]; err == nil {
				done = min(done+planBatch, len(users))
			}
			results = results[1:]
		}
		return err
	}
	for batch := range slices.Chunk(users, planBatch) {
		if err := finish(r.ahead); err != nil {
			cancel()
			return done, join(results, err)
		}
		mine, next, result := turn, make(chan struct{}), make(chan error, 1)
		turn, results = next, append(results, result)
		go func() {
			err := r.inTurn(ctx, batch, mine, then)
			if err == nil {
				close(next)
			}
			result <- err
		}()
	}
	if err := finish(0); err != nil {
		cancel()
		return done, join(results, err)
	}
	return done, nil
}

// join waits for what is under way, so that nobody works with the planner any more.
func join(results []chan error, err error) error {
	for _, result := range results {
		if later := <-result; err == nil {
			err = later
		}
	}
	return err
}

// inTurn reads a batch of people at once, and plans it when its turn comes.
func (r *planner) inTurn(ctx context.Context, batch []uuid.UUID, turn <-chan struct{}, then func([]uuid.UUID, []*outcome) error) error {
	var found []*outcome
	err := r.d.store.Look(ctx, r.scope, func(tx Tx) error {
		whole := Request{Users: batch}
		if r.plan.Draft.Mode == tenants.Live {
			whole.Advanced = r.world.of
		}
		scene, err := tx.Load(ctx, whole)
		if err != nil {
			return err
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return ctx.Err()
		}
		r.plan.Done += int64(len(batch))
		for _, id := range batch {
			if known := r.world.people[id]; known != nil && len(known.linked) > 0 {
				delete(scene.People, id)
			}
		}
		if len(scene.People) == 0 {
			return nil
		}
		found, err = r.settle(ctx, imaginedTx{tx, r.world, &scene}, Request{Users: batch})
		return err
	})
	if err == nil {
		err = then(batch, found)
	}
	return err
}
