package faults

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Watch collects what the IdPs and the readers see: answers that are dishonest, what users are
// read as, how long everything takes.
type Watch struct {
	mu       sync.Mutex
	findings []Finding
	told     map[Invariant]int // how many there were
	reads    []Read
	known    []acquaintance // users that exist
	samples  []sample
}

// sample is one answer and how long it took.
type sample struct {
	tenant string
	at     time.Time // when it came
	took   time.Duration
	status int
	write  bool
}

// acquaintance is a user that a connector certainly has.
type acquaintance struct {
	door
	name, id string
	shared   bool
}

// keptFindings is how many findings of an invariant are kept.
const keptFindings = 100

// report keeps a finding.
func (w *Watch) report(f Finding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told == nil {
		w.told = make(map[Invariant]int)
	}
	if w.told[f.Invariant]++; w.told[f.Invariant] <= keptFindings {
		w.findings = append(w.findings, f)
	}
}

// saw notes an answer to an IdP.
func (w *Watch) saw(d door, what string, a answer, c circumstance) {
	if wrong := c.judge(a); wrong != "" {
		w.report(found(honesty, Wrong, "%s, %s: %s %.200s", d.slug, what, wrong, a.body))
	}
	if a.neverSent {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples = append(w.samples, sample{tenant: d.tenant, at: a.done, took: a.done.Sub(a.sent), status: a.status, write: !c.read})
}

// observed notes what a user was read as.
func (w *Watch) observed(d door, name string, a answer, replica int) {
	r := Read{Client: d.slug, Subject: name, Replica: replica, Sent: a.sent, Done: a.done}
	switch a.status {
	case 200:
		var got resource
		if err := a.decode(&got); err != nil {
			w.report(found(honesty, Wrong, "%s reads %s as what is no JSON: %v", d.slug, name, err))
			return
		}
		r.Value = got.record().value()
	case 404:
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads = append(w.reads, r)
}

// meet and part say since when a user certainly exists, and until when.
func (w *Watch) meet(d door, a *account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = append(w.known, acquaintance{d, a.name, a.id, a.shared})
}

func (w *Watch) part(d door, a *account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = slices.DeleteFunc(w.known, func(k acquaintance) bool { return k.slug == d.slug && k.name == a.name })
}

// somebody returns a user that exists, if there is one.
func (w *Watch) somebody(random *rand.Rand) (acquaintance, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.known) == 0 {
		return acquaintance{}, false
	}
	return w.known[random.IntN(len(w.known))], true
}

// acknowledged counts the changes that were acknowledged in a span of time.
func (w *Watch) acknowledged(from, to time.Time) int {
	return w.count(from, to, func(s sample) bool { return s.write && s.status/100 == 2 })
}

// count counts the answers of a kind that came in a span of time.
func (w *Watch) count(from, to time.Time, kind func(sample) bool) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.samples {
		if !s.at.Before(from) && s.at.Before(to) && kind(s) {
			n++
		}
	}
	return n
}

// firstAfter returns how long after a moment the first changes were acknowledged: one in each
// tenant.
func (w *Watch) firstAfter(moment time.Time) (took time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := make(map[string]time.Duration)
	for _, s := range w.samples {
		if !s.write || s.status/100 != 2 || s.at.Add(-s.took).Before(moment) {
			continue // it was under way before
		}
		if since := s.at.Sub(moment); first[s.tenant] == 0 || since < first[s.tenant] {
			first[s.tenant] = since
		}
	}
	for _, since := range first {
		took = max(took, since)
	}
	return took, len(first) == 2
}

// slowest returns the longest and the 99th percentile of a tenant's answers, or with "" of all,
// that came in a span of time.
func (w *Watch) slowest(tenant string, from, to time.Time) (longest, p99 time.Duration) {
	all := w.durations(tenant, from, to)
	if len(all) == 0 {
		return 0, 0
	}
	return all[len(all)-1], all[len(all)*99/100]
}

// middle returns the median and the longest of the answers that came in a span of time.
func (w *Watch) middle(from, to time.Time) (median, longest time.Duration) {
	all := w.durations("", from, to)
	if len(all) == 0 {
		return 0, 0
	}
	return all[len(all)/2], all[len(all)-1]
}

// durations are how long answers took, in order.
func (w *Watch) durations(tenant string, from, to time.Time) (all []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.samples {
		if (tenant == "" || s.tenant == tenant) && !s.at.Before(from) && s.at.Before(to) {
			all = append(all, s.took)
		}
	}
	slices.Sort(all)
	return all
}

// all returns the findings.
func (w *Watch) all() []Finding {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Clone(w.findings)
	for invariant, n := range w.told {
		if n > keptFindings {
			all = append(all, found(invariant, Wrong, "… and %d findings that were not kept", n-keptFindings))
		}
	}
	return all
}
