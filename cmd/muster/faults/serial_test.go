package faults

import (
	"strings"
	"testing"
)

func TestMembersThatSomeOrderExplains(t *testing.T) {
	t.Parallel()
	add := func(names ...string) Effect { return Effect{Add: names} }
	remove := func(names ...string) Effect { return Effect{Remove: names} }
	replace := func(names ...string) Effect { return Effect{Whole: true, Add: names} }
	for _, c := range []struct {
		changes []Effect
		found   string
		want    bool
	}{
		{[]Effect{add("c"), remove("a")}, "b c", true},
		{[]Effect{add("c"), remove("a")}, "a b c", false},
		{[]Effect{replace("c"), replace("d")}, "c", true},
		{[]Effect{replace("c"), replace("d")}, "d", true},
		{[]Effect{replace("c"), replace("d")}, "c d", false}, // both saw the old members
		{[]Effect{replace("c"), add("d")}, "c", true},
		{[]Effect{replace("c"), add("d")}, "c d", true},
		{[]Effect{replace("c"), add("d")}, "a b d", false},
		{nil, "a b", true},
	} {
		if got := explain([]string{"a", "b"}, c.changes, strings.Fields(c.found)); got != c.want {
			t.Errorf("of a b, %v in any order make %q: %v, want %v", c.changes, c.found, got, c.want)
		}
	}
}
