package tenants

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Rate is how many requests are let through: PerSecond in the long run, Burst at once. The zero
// Rate sets no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// None says whether the rate sets no limit.
func (r Rate) None() bool { return !(r.PerSecond > 0) || r.Burst <= 0 }

// The bounds of rates that can be kept: turns are whole microseconds apart, and a burst that took
// years to come back would be none. No duration here gets longer than longest, so none overflows.
const (
	slowest = 0.000001 // requests a second: one in eleven days
	fastest = 1_000_000
	longest = 365 * 24 * time.Hour
)

// unkept says why a rate cannot be kept, and which part of it has to change; "" if it can.
func (r Rate) unkept() (part, why string) {
	most := math.Floor(r.PerSecond * longest.Seconds())
	switch {
	case r.None():
		return "", ""
	case r.PerSecond < slowest || r.PerSecond > fastest:
		return "rate", "must be 0, for no limit, or from 0.000001 to 1000000 requests a second"
	case float64(r.Burst) > most:
		return "burst", fmt.Sprintf("must be at most %.0f at that rate: a used-up burst has to come back within a year", most)
	}
	return "", ""
}

// Shared is the part of a rate that each of n takers may give out by itself, so that together
// they keep about the whole. A burst is never less than one request, and a limit stays one.
func (r Rate) Shared(n int) Rate {
	if r.None() || n <= 1 {
		return r
	}
	return Rate{PerSecond: max(math.SmallestNonzeroFloat64, r.PerSecond/float64(n)), Burst: max(1, r.Burst/n)}
}

// Interval is the time that one request uses up: whole microseconds, at least one, at most a year.
func (r Rate) Interval() time.Duration {
	micros := math.Round(1e6 / r.PerSecond)
	if !(micros < float64(longest.Microseconds())) {
		return longest
	}
	return max(time.Microsecond, time.Duration(micros)*time.Microsecond)
}

// Window is the time in which a used-up burst comes back, at most a year.
func (r Rate) Window() time.Duration {
	interval := r.Interval()
	if time.Duration(r.Burst) > longest/interval {
		return longest
	}
	return time.Duration(r.Burst) * interval
}

// Allowance is the answer to one request for a turn.
type Allowance struct {
	Rate      Rate          // the limit that was asked; zero: none
	Refused   bool          // nothing was taken
	Wait      time.Duration // before the work may begin or, if refused, until a turn is free at once
	Remaining int           // turns that are left at once
	Reset     time.Duration // until the burst is whole again
}

// Take asks a rate for one turn. It is the generic cell rate algorithm: due is the moment at
// which everything taken so far is paid for, the zero time if nothing ever was. A turn that is
// over the burst is given out in advance if it comes within patience; then the caller waits.
//
//	       now      now+patience
//	--------|-----------|--------------------------> time
//	        |<--Wait-->|
//	                   |<-------- Window --------->| next due, after this turn
//
// A due moment that no sequence of turns can have led to counts as never: state that was
// damaged, or is from a slower rate, must not lock anybody out.
func (r Rate) Take(due, now time.Time, patience time.Duration) (next time.Time, a Allowance) {
	if r.None() {
		return due, Allowance{}
	}
	interval, window := r.Interval(), r.Window()
	if due.Before(now) || due.Sub(now) > window+patience {
		due = now
	}
	next = due.Add(interval)
	a = Allowance{Rate: r, Wait: max(0, next.Sub(now)-window), Reset: next.Sub(now)}
	if a.Wait > patience {
		a.Refused, a.Reset = true, due.Sub(now)
		return due, a
	}
	a.Remaining = max(0, int((window-a.Reset)/interval))
	return next, a
}

var ratePattern = regexp.MustCompile(`^([0-9]{1,9}(?:\.[0-9]{1,6})?)/s,([0-9]{1,9})$`)

// ParseRate reads a rate and a burst as "50/s,200"; "0" sets no limit.
func ParseRate(s string) (Rate, error) {
	if s == "0" {
		return Rate{}, nil
	}
	if parts := ratePattern.FindStringSubmatch(s); parts != nil {
		perSecond, _ := strconv.ParseFloat(parts[1], 64) // the pattern leaves nothing to refuse
		burst, _ := strconv.Atoi(parts[2])
		r := Rate{PerSecond: perSecond, Burst: burst}
		if part, why := r.unkept(); why != "" {
			return Rate{}, fmt.Errorf("%q cannot be kept: the %s %s", s, part, why)
		}
		if !r.None() {
			return r, nil
		}
	}
	return Rate{}, fmt.Errorf("%q is no rate; write requests a second and a burst, such as 50/s,200, or 0 for none", s)
}

// String is what ParseRate reads.
func (r Rate) String() string {
	if r.None() {
		return "0"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', -1, 64) + "/s," + strconv.Itoa(r.Burst)
}
