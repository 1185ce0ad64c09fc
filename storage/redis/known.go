package redis

import "sync"

const maxKnown = 50_000

// known remembers findings by the name of their value, so that a value that is still the same
// need neither be sent nor read again. It says nothing about whether they still hold.
type known struct {
	mu       sync.RWMutex
	findings map[string]*finding
}

func newKnown() *known { return &known{findings: make(map[string]*finding)} }

// get returns what is known under a name; never nil.
func (k *known) get(name string) *finding {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if f, ok := k.findings[name]; ok {
		return f
	}
	return &nothing
}

// nothing is known: it has no seal, and no value is like it.
var nothing finding

// put remembers a finding. That there is nothing under a name is not worth the memory.
func (k *known) put(name string, f *finding) {
	if f.unknown {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.findings[name]; !ok && len(k.findings) >= maxKnown {
		for other := range k.findings { // any
			delete(k.findings, other)
			break
		}
	}
	k.findings[name] = f
}
