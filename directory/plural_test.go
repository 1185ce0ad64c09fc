package directory

import "testing"

func TestOneIsSaidInTheSingular(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 memberships", 1: "1 membership", 2: "2 memberships", 11: "11 memberships", 21: "21 memberships"} {
		if got := counted(n, "membership", "memberships"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
