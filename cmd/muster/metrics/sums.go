package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// sums puts together what has the same labels, which the connectors beyond MostConnectors have.
type sums struct {
	order  []key
	values map[key]float64
}

type key struct {
	desc   *prometheus.Desc
	labels string
}

func newSums() *sums { return &sums{values: map[key]float64{}} }

// add, most and least are how two values become one.
func (s *sums) add(d *prometheus.Desc, v float64, labels ...string) {
	s.put(d, labels, v, func(before float64) float64 { return before + v })
}

func (s *sums) most(d *prometheus.Desc, v float64, labels ...string) {
	s.put(d, labels, v, func(before float64) float64 { return max(before, v) })
}

func (s *sums) least(d *prometheus.Desc, v float64, labels ...string) {
	s.put(d, labels, v, func(before float64) float64 { return min(before, v) })
}

func (s *sums) put(d *prometheus.Desc, labels []string, v float64, join func(float64) float64) {
	k := key{d, strings.Join(labels, "\x00")}
	before, ok := s.values[k]
	if !ok {
		s.order = append(s.order, k)
		s.values[k] = v
		return
	}
	s.values[k] = join(before)
}

func (s *sums) collect(gauge func(*prometheus.Desc, float64, ...string)) {
	for _, k := range s.order {
		gauge(k.desc, s.values[k], strings.Split(k.labels, "\x00")...)
	}
}
