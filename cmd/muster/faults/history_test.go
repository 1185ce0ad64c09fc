package faults

import (
	"strings"
	"testing"
	"time"
)

// moment is a time of a made-up history.
func moment(second int) time.Time { return time.Unix(1_700_000_000+int64(second), 0) }

// script makes a register of lines such as "a 1-3", "b 4-?" (unknown) or "c 5-6?" (acknowledged,
// after an attempt of unknown outcome).
func script(lines ...string) (r register) {
	for _, text := range lines {
		value, span, _ := strings.Cut(text, " ")
		from, to, _ := strings.Cut(span, "-")
		c := &Change{Sent: moment(number(from)), Open: strings.HasSuffix(to, "?")}
		if to = strings.TrimSuffix(to, "?"); to != "" {
			c.Acknowledged, c.Done = true, moment(number(to))
		}
		r = append(r, write{c, strings.TrimPrefix(value, "absent")})
	}
	return r
}

func number(text string) (n int) {
	for _, digit := range text {
		n = 10*n + int(digit-'0')
	}
	return n
}

func TestRegisterKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		is    register
		value string
		want  Harm
	}{
		{"the last acknowledged", script("a 1-2", "b 3-4"), "b", ""},
		{"rolled back", script("a 1-2", "b 3-4"), "a", Lost},
		{"gone", script("a 1-2"), "", Lost},
		{"never said", script("a 1-2"), "x", Half},
		{"unknown and made", script("a 1-2", "b 3-?"), "b", ""},
		{"unknown and not made", script("a 1-2", "b 3-?"), "a", ""},
		{"unknown, then another acknowledged", script("a 1-2", "b 3-?", "c 4-5"), "c", ""},
		{"unknown, came late", script("a 1-2", "b 3-?", "c 4-5"), "b", ""},
		{"before what came late", script("a 1-2", "b 3-?", "c 4-5"), "a", Lost},
		{"acknowledged at the second try, came again", script("b 1-2?", "c 3-4"), "b", ""},
		{"deleted", script("a 1-2", "absent 3-4"), "", ""},
		{"deleted and there", script("a 1-2", "absent 3-4"), "a", Lost},
		{"nothing acknowledged", script("a 1-?"), "", ""},
	} {
		if got := c.is.judge(c.value); got != c.want {
			t.Errorf("%s: %q is judged %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestRegisterIsReadInOneOrder(t *testing.T) {
	t.Parallel()
	read := func(value string, from, to int) Read { return Read{Value: value, Sent: moment(from), Done: moment(to)} }
	for _, c := range []struct {
		name  string
		is    register
		reads []Read
		wrong int
	}{
		{"new after it was acknowledged", script("a 1-2", "b 3-4"), []Read{read("b", 5, 6)}, 0},
		{"old after the new was acknowledged", script("a 1-2", "b 3-4"), []Read{read("a", 5, 6)}, 1},
		{"either while it is under way", script("a 1-2", "b 3-9"), []Read{read("a", 4, 5), read("b", 6, 7)}, 0},
		{"new, then old, while it is under way", script("a 1-2", "b 3-9"), []Read{read("b", 4, 5), read("a", 6, 7)}, 1},
		{"new and old at once", script("a 1-2", "b 3-9"), []Read{read("b", 4, 6), read("a", 5, 7)}, 0},
		{"before it was sent", script("a 4-5"), []Read{read("a", 1, 2)}, 1},
		{"absent before, not after", script("a 4-5"), []Read{read("", 1, 2), read("", 6, 7)}, 1},
		{"unknown shows late", script("a 1-2", "b 3-?", "c 4-5"), []Read{read("c", 6, 7), read("b", 8, 9)}, 0},
		{"half a change", script("a 1-2"), []Read{read("x", 3, 4)}, 1},
	} {
		if got := c.is.observe(c.reads); len(got) != c.wrong {
			t.Errorf("%s: found %v, want %d", c.name, got, c.wrong)
		}
	}
}

func TestHistoryJoinsTheAttemptsOfAChange(t *testing.T) {
	t.Parallel()
	attempt := func(change int64, sent int, o Outcome) Attempt {
		return Attempt{Intent: Intent{Change: change, Effect: Effect{Value: "v"}}, Result: Result{Outcome: o}, Sent: moment(sent), Done: moment(sent + 1)}
	}
	changes := History([]Attempt{
		attempt(1, 1, Unknown), attempt(1, 3, Acknowledged),
		attempt(2, 5, Refused),
		attempt(3, 7, Unknown), attempt(3, 8, Refused),
	})
	if len(changes) != 2 {
		t.Fatalf("the history has %d changes, want two: what was refused is none", len(changes))
	}
	first, last := changes[0], changes[1]
	if !first.Acknowledged || !first.Open || first.Sent != moment(1) || first.Done != moment(4) {
		t.Errorf("the repeated change is %+v, want it acknowledged at the second try, and open", first)
	}
	if last.Acknowledged || !last.Open {
		t.Errorf("the last change is %+v, want it open alone", last)
	}
}
