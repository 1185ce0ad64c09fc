package local

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// slow is a Lookup that answers when the test lets it.
type slow struct {
	mu      sync.Mutex
	known   map[string]tenants.Entry
	fail    error
	asked   int
	arrived chan string   // if set, gets the key of each look-up
	release chan struct{} // if set, each look-up waits for one, after it has read
}

func (s *slow) Find(ctx context.Context, key string) (tenants.Entry, error) {
	s.mu.Lock()
	s.asked++
	entry, ok := s.known[key]
	err := s.fail
	s.mu.Unlock()
	if s.arrived != nil {
		s.arrived <- key
	}
	if s.release != nil {
		select {
		case <-s.release:
		case <-ctx.Done():
			return tenants.Entry{}, ctx.Err()
		}
	}
	if err == nil && !ok {
		err = tenants.ErrUnknown
	}
	return entry, err
}

func (s *slow) set(key string, e tenants.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[key] = e
}

func (s *slow) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, key)
}

// clock is the time as a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newTest() (*Credentials, *slow, *clock) {
	s := &slow{known: map[string]tenants.Entry{}}
	k := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return NewCredentials(s, k.now), s, k
}

func entryOf(slug string) tenants.Entry {
	return tenants.Entry{Connector: tenants.Connector{Slug: slug}}
}

func TestAnswersAreRememberedForLessThanTenSeconds(t *testing.T) {
	c, s, k := newTest()
	s.set("t:a", entryOf("acme"))
	find := func(key string) error {
		_, err := c.Find(t.Context(), key)
		return err
	}
	for range 3 {
		if err := find("t:a"); err != nil {
			t.Fatal(err)
		}
		if err := find("t:none"); !errors.Is(err, tenants.ErrUnknown) {
			t.Fatalf("an unknown key gave %v", err)
		}
		k.add(credentialTTL / 4)
	}
	if s.asked != 2 {
		t.Errorf("%d look-ups within the time to live, want 2", s.asked)
	}
	s.drop("t:a")
	s.set("t:none", entryOf("acme"))
	k.add(credentialTTL / 4)
	if err := find("t:a"); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("a credential deleted elsewhere still answers after its time: %v", err)
	}
	if err := find("t:none"); err != nil {
		t.Errorf("a credential made elsewhere is still unknown after its time: %v", err)
	}
}

func TestFailuresAreNotRemembered(t *testing.T) {
	c, s, _ := newTest()
	s.set("t:a", entryOf("acme"))
	s.fail = errors.New("database away")
	if _, err := c.Find(t.Context(), "t:a"); err == nil || errors.Is(err, tenants.ErrUnknown) {
		t.Fatalf("a failed look-up gave %v", err)
	}
	s.fail = nil
	if _, err := c.Find(t.Context(), "t:a"); err != nil {
		t.Errorf("after the failure: %v", err)
	}
}

func TestCallersShareOneLookup(t *testing.T) {
	c, s, _ := newTest()
	s.set("t:a", entryOf("acme"))
	s.arrived, s.release = make(chan string), make(chan struct{})

	leaving, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := c.Find(leaving, "t:a")
		left <- err
	}()
	<-s.arrived
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := c.Find(t.Context(), "t:a"); err != nil {
				t.Error(err)
			}
		})
	}
	leave() // the one who started it goes; the others still get their answer
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller who left got %v", err)
	}
	s.release <- struct{}{}
	wg.Wait()
	if s.asked != 1 {
		t.Errorf("%d look-ups, want 1", s.asked)
	}
}

func TestForgetBeatsALookupThatIsUnderWay(t *testing.T) {
	for name, forget := range map[string]func(*Credentials){
		"key":       func(c *Credentials) { c.Forget("t:a") },
		"connector": func(c *Credentials) { c.ForgetConnector("acme") },
	} {
		t.Run(name, func(t *testing.T) {
			c, s, _ := newTest()
			s.set("t:a", entryOf("acme"))
			s.arrived, s.release = make(chan string, 2), make(chan struct{}, 2)
			first := make(chan error)
			go func() {
				_, err := c.Find(t.Context(), "t:a")
				first <- err
			}()
			<-s.arrived // it has read the credential
			s.drop("t:a")
			forget(c)
			s.release <- struct{}{}
			if err := <-first; err != nil {
				t.Fatalf("who asked before the revocation: %v", err)
			}
			s.release <- struct{}{}
			if _, err := c.Find(t.Context(), "t:a"); !errors.Is(err, tenants.ErrUnknown) {
				t.Errorf("who asks after the revocation: %v, want ErrUnknown", err)
			}
		})
	}
}

func TestForgetConnectorLeavesTheOthers(t *testing.T) {
	c, s, _ := newTest()
	s.set("t:a", entryOf("acme"))
	s.set("t:b", entryOf("beta"))
	for _, key := range []string{"t:a", "t:b", "t:new"} {
		_, _ = c.Find(t.Context(), key)
	}
	c.ForgetConnector("acme")
	s.asked = 0
	for _, key := range []string{"t:a", "t:b", "t:new"} {
		_, _ = c.Find(t.Context(), key)
	}
	if s.asked != 2 {
		t.Errorf("%d look-ups after forgetting acme, want 2: its own key and the one without an answer", s.asked)
	}
}

func TestInventedKeysPushOutInventedKeys(t *testing.T) {
	c, s, _ := newTest()
	s.set("t:a", entryOf("acme"))
	_, _ = c.Find(t.Context(), "t:a")
	for i := range maxEntries + 1000 {
		_, _ = c.Find(t.Context(), fmt.Sprint("b:acme:", i))
	}
	c.mu.Lock()
	if len(c.entries) > maxEntries {
		t.Errorf("%d entries, at most %d", len(c.entries), maxEntries)
	}
	c.mu.Unlock()
	s.asked = 0
	if _, err := c.Find(t.Context(), "t:a"); err != nil || s.asked != 0 {
		t.Errorf("the real credential was pushed out: %v, %d look-ups", err, s.asked)
	}
}
