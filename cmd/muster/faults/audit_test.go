package faults

import "testing"

func TestAuditHasOneEventForEachAcknowledgedRequest(t *testing.T) {
	t.Parallel()
	attempt := func(change int64, request string, o Outcome) Attempt {
		return Attempt{Intent: Intent{Change: change, Client: "okta"}, Result: Result{Outcome: o, Request: request}}
	}
	changed := func(requests ...string) (events []event) {
		for _, r := range requests {
			events = append(events, event{Action: "record.user.changed", Request: r})
		}
		return events
	}
	for _, c := range []struct {
		name     string
		attempts []Attempt
		events   []event
		wrong    int
	}{
		{"one each", []Attempt{attempt(1, "a", Acknowledged), attempt(2, "b", Acknowledged)}, changed("a", "b"), 0},
		{"a tolerated thing besides", []Attempt{attempt(1, "a", Acknowledged)}, append(changed("a"), event{Action: "record.tolerated", Request: "a"}), 0},
		{"missing", []Attempt{attempt(1, "a", Acknowledged)}, nil, 1},
		{"twice", []Attempt{attempt(1, "a", Acknowledged)}, changed("a", "a"), 1},
		{"refused", []Attempt{attempt(1, "a", Refused)}, nil, 0},
		{"refused, and made", []Attempt{attempt(1, "a", Refused)}, changed("a"), 1},
		{"unknown, with an answer", []Attempt{attempt(1, "a", Unknown)}, changed("a"), 0},
		{"unknown, and not made", []Attempt{attempt(1, "a", Unknown)}, nil, 0},
		{"unknown, without an answer", []Attempt{attempt(1, "", Unknown)}, changed("x"), 0},
		{"repeated, made at first", []Attempt{attempt(1, "", Unknown), attempt(1, "b", Acknowledged)}, changed("x"), 0},
		{"repeated, told of nowhere", []Attempt{attempt(1, "", Unknown), attempt(1, "b", Acknowledged)}, nil, 1},
		{"repeated, made twice over", []Attempt{attempt(1, "", Unknown), attempt(1, "b", Acknowledged)}, changed("x", "b"), 0},
		{"nobody's", []Attempt{attempt(1, "a", Acknowledged)}, changed("a", "x"), 1},
	} {
		if got := judgeEvents("okta", c.events, c.attempts); len(got) != c.wrong {
			t.Errorf("%s: found %v, want %d", c.name, got, c.wrong)
		}
	}
}
