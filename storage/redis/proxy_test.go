package redis

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands before a server, as a bad network.
type proxy struct {
	address, target string

	mu    sync.Mutex
	mode  proxyMode
	open  []net.Conn
	count int // bytes that came from clients
}

type proxyMode struct {
	hole   bool          // nothing gets through
	delay  time.Duration // before anything comes back
	reset  bool          // every connection ends at once, those that there are too
	answer string        // what comes back instead
}

func newProxy(t testing.TB, target string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{address: listener.Addr().String(), target: target}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		p.set(proxyMode{reset: true})
		wg.Wait()
	})
	wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(client) })
		}
	})
	return p
}

func (p *proxy) set(m proxyMode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	if m.reset || m.answer != "" {
		for _, c := range p.open {
			c.Close()
		}
		p.open = nil
	}
}

func (p *proxy) now() proxyMode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode
}

func (p *proxy) bytes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	p.open = append(p.open, client)
	mode := p.mode
	p.mu.Unlock()
	if mode.reset {
		return
	}
	var server net.Conn
	if p.target != "" { // else it is a hole for ever
		var err error
		if server, err = net.Dial("tcp", p.target); err != nil {
			return
		}
		defer server.Close()
		go p.back(server, client)
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.count += n
		p.mu.Unlock()
		switch mode := p.now(); {
		case mode.hole:
		case mode.answer != "":
			client.Write([]byte(mode.answer))
		default:
			server.Write(buffer[:n])
		}
	}
}

// back is the way from the server to the client.
func (p *proxy) back(server, client net.Conn) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		time.Sleep(p.now().delay) // the slow network
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// recorder is a log that a test can wait for.
type recorder struct {
	mu    sync.Mutex
	texts []string
	more  chan struct{} // closed when there is one more line
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{})} }

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *recorder) WithGroup(string) slog.Handler            { return r }
func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := record.Level.String() + " " + record.Message
	record.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	r.texts = append(r.texts, text)
	close(r.more)
	r.more = make(chan struct{})
	return nil
}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts
}

// wait waits for a line.
func (r *recorder) wait(t *testing.T, text string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		all, more := strings.Join(r.texts, "\n"), r.more
		r.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("the log does not say %q:\n%s", text, all)
		}
	}
}
