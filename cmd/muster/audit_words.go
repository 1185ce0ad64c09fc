package main

import (
	"context"
	"time"
)

const indexFor = time.Second // then sealing has its turn again

// index writes the words by which sealed events are found. After an upgrade that may take many
// turns; the newest events wait no longer for being sealed than always.
func (k *auditKeeper) index(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	for until := time.Now().Add(indexFor); time.Now().Before(until); {
		began := time.Now()
		more, err := k.store.IndexEvents(ctx)
		if err != nil && ctx.Err() == nil {
			k.log.Warn("cannot write the words of events, by which they are found; trying again", "error", err)
		}
		if err != nil || !more {
			return
		}
		makeRoom(ctx, began)
	}
}
