package policy

import (
	"strings"
	"sync"
	"sync/atomic"
)

// memo remembers by name, safe for use by many at once; its zero value is ready. When it is
// full it forgets everything: filling it again costs less than keeping order in it.
type memo[T any] struct {
	current atomic.Pointer[remembered]
}

type remembered struct {
	byName sync.Map // string → *T
	count  atomic.Int64
}

const memoSize = 20_000

func (m *memo[T]) get(name string) (*T, bool) {
	now := m.current.Load()
	if now == nil {
		return nil, false
	}
	if found, ok := now.byName.Load(name); ok {
		return found.(*T), true
	}
	return nil, false
}

// put gives what is remembered in the end: of two that come at once, the first stays.
func (m *memo[T]) put(name string, found *T) *T {
	now := m.current.Load()
	if now == nil || now.count.Load() >= memoSize {
		fresh := &remembered{}
		if !m.current.CompareAndSwap(now, fresh) {
			fresh = m.current.Load()
		}
		now = fresh
	}
	kept, was := now.byName.LoadOrStore(strings.Clone(name), found)
	if !was {
		now.count.Add(1)
	}
	return kept.(*T)
}
