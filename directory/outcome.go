package directory

import "bytes"

// EventOutcome is what became of what an event tells.
type EventOutcome string

// The outcomes.
const (
	EventDone    EventOutcome = "done"    // it was done
	EventRefused EventOutcome = "refused" // a request was refused; nothing changed
	EventWould   EventOutcome = "would"   // a connector that is observed would have done it
)

// OutcomeOf is the outcome of an event by its action and its changes.
func OutcomeOf(action string, changes []byte) EventOutcome {
	switch {
	case action == "request.refused":
		return EventRefused
	case bytes.Contains(changes, []byte(`"would":`)):
		return EventWould
	}
	return EventDone
}

// ErrIndexing says that a search for text has to wait: most events have no words yet, which is so
// for a while after an upgrade.
var ErrIndexing = &indexingError{}

type indexingError struct{}

func (*indexingError) Error() string {
	return "the words of older events are still being gathered, as after an upgrade; search for text again in some minutes, or without it now"
}
