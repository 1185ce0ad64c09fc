package faults

import "slices"

// changing are the actions that tell of a change of a record. Others, such as record.tolerated,
// may come beside them.
var changing = []string{"record.user.created", "record.user.changed", "record.user.deleted",
	"record.group.created", "record.group.changed", "record.group.deleted"}

// judgeEvents checks that there is one event for each acknowledged request that changed
// something, none for a refused one, and no more than one for a request of unknown outcome. The
// request's id, which every answer carries, says which event is whose; requests that nobody
// answered are counted against the events that are nobody's.
func judgeEvents(client string, events []event, attempts []Attempt) (wrong []Finding) {
	count, strangers := make(map[string]int), 0
	for _, e := range events {
		if slices.Contains(changing, e.Action) {
			count[e.Request]++
			strangers++
		}
	}
	type trail struct{ acknowledged, open, told bool }
	changes, open := make(map[int64]*trail), 0
	for _, a := range attempts {
		if a.Client != client {
			continue
		}
		c := changes[a.Change]
		if c == nil {
			c = &trail{}
			changes[a.Change] = c
		}
		n := 0
		if a.Request != "" {
			n = count[a.Request]
		} else if a.Outcome == Unknown {
			open++
		}
		strangers -= n
		if text := oddCount(a, n, c.open); text != "" {
			wrong = append(wrong, found(audit, Wrong, "%s: the %s of %s, request %s, answered %d, has %d events, not %s", client, a.Method, a.Subject, a.Request, a.Status, n, text))
			n = 1 // said once is enough
		}
		c.acknowledged, c.open, c.told = c.acknowledged || a.Outcome == Acknowledged, c.open || a.Outcome == Unknown, c.told || n > 0
	}
	silent := 0 // changes whose event must be one of the strangers: a request without an answer made them
	for _, c := range changes {
		if c.acknowledged && !c.told {
			silent++
		}
	}
	if strangers > open || strangers < silent {
		wrong = append(wrong, found(audit, Wrong, "%s: %d events tell of requests without an answer; there were %d such requests, and %d of them certainly changed something", client, strangers, open, silent))
	}
	return wrong
}

// oddCount says how many events a request should have if n is not that; "" if it is.
func oddCount(a Attempt, n int, openBefore bool) string {
	switch {
	case a.Request == "":
	case a.Outcome == Acknowledged && n == 0 && openBefore: // an earlier request had made the change
	case a.Outcome == Acknowledged && n != 1:
		return "one"
	case a.Outcome == Refused && n != 0:
		return "none"
	case n > 1:
		return "one at most"
	}
	return ""
}
