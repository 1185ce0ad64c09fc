package webhook

import (
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Round is what came of sending for a while: deliveries as they are now, and the webhook's state.
type Round struct {
	Deliveries []Delivery // those that were tried
	Webhook    Webhook    // Failures, FailingSince, NextAt, LastSuccess, LastError, State and Reason count
	Awake      bool       // the receiver is back: what waits for a later time is due now
}

// judge says what an attempt means for its delivery.
func (d *Delivery) judge(o Outcome, w Webhook, at time.Time) {
	d.Attempts++
	if d.FirstAt.IsZero() {
		d.FirstAt = at
	}
	d.LastAt, d.Status, d.Error, d.Took = at, o.Status, o.Error, o.Took
	switch {
	case o.Taken():
		d.State = Delivered
	case d.Attempts >= mostAttempts && w.LastSuccess.After(d.FirstAt): // others got through: it is this one
		d.State = Failed
	default:
		d.NextAt = at.Add(max(waitAfter(d.Attempts), o.RetryAfter))
	}
}

// drop ends a delivery whose event is not there any more.
func (d *Delivery) drop(at time.Time) {
	d.State, d.LastAt, d.Error = Failed, at, "the event is not kept any more (MUSTER_AUDIT_RETENTION)"
}

// taken adds what an attempt says about the receiver.
func (r *Round) taken(o Outcome, at time.Time) {
	w := &r.Webhook
	if o.Taken() {
		r.Awake = r.Awake || w.resting()
		w.Failures, w.FailingSince, w.NextAt, w.LastError, w.LastSuccess = 0, time.Time{}, time.Time{}, "", at
		return
	}
	w.Failures++
	w.LastError = o.Error
	if w.FailingSince.IsZero() {
		w.FailingSince = at
	}
	switch {
	case o.Status == http.StatusGone:
		w.State, w.Reason = Disabled, ReasonGone
	case at.Sub(w.FailingSince) >= disableAfter:
		w.State, w.Reason = Disabled, ReasonFailing
	}
	pause := o.RetryAfter
	if w.resting() {
		pause = max(pause, knockAfter(w.Failures))
	}
	if next := at.Add(pause); pause > 0 && next.After(w.NextAt) {
		w.NextAt = next
	}
}

// chains puts deliveries that wait, the oldest first, into those that may go now: for each thing
// that is kept in order the oldest and what follows it, if the oldest is due. Of a receiver that
// rests it is the oldest of all.
func chains(waiting []Delivery, resting bool, now time.Time) [][]Delivery {
	if resting {
		return [][]Delivery{waiting[:min(1, len(waiting))]}
	}
	place := make(map[uuid.UUID]int)
	var all [][]Delivery
	for _, d := range waiting {
		i, known := place[d.Ordered]
		switch {
		case known && i >= 0:
			all[i] = append(all[i], d)
		case known:
		case d.NextAt.After(now):
			place[d.Ordered] = -1 // what follows waits for it
		default:
			place[d.Ordered] = len(all)
			all = append(all, []Delivery{d})
		}
	}
	return all
}
