package directory

import "testing"

func TestEnoughIsCountedToJudgeTheLimits(t *testing.T) {
	for _, limit := range []int{0, 2, 3, 20, 100} {
		for _, share := range []float64{0, 0.01, 0.1, 0.3, 1} {
			for losses := range 300 {
				n := enough(losses, limit, share)
				for _, most := range []int{0, 1, 5, 40, 199, 1000, 2999, 3001, 40_000} {
					counted := min(most, n) // no further than that
					if through, want := losses <= safetyLimit(limit, share, counted), losses <= safetyLimit(limit, share, most); through != want {
						t.Fatalf("limit %d, share %v: whether %d losses of %d are let through is %v, and %v when only %d are counted", limit, share, losses, most, want, through, counted)
					}
				}
			}
		}
	}
}
