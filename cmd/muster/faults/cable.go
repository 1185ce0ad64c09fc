package faults

import (
	"io"
	"net"
	"sync"
	"time"
)

// cable is a TCP connection that can be cut, go silent or be slow: a proxy on a port of its own
// before a server.
type cable struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	state cableState
	since chan struct{} // closed when the state changes
	conns map[net.Conn]bool
}

// cableState is what becomes of bytes.
type cableState int

const (
	whole  cableState = iota
	cut               // connections end at once, new ones too
	silent            // nothing comes through, and nobody is told
	slow              // answers take their time
)

// lag is how long an answer takes through a slow cable.
const lag = 300 * time.Millisecond

// newCable lays a cable to an address.
func newCable(to string) (*cable, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &cable{listener: listener, to: to, since: make(chan struct{}), conns: make(map[net.Conn]bool)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go c.serve(conn)
		}
	}()
	return c, nil
}

func (c *cable) address() string { return c.listener.Addr().String() }

// set changes the state, for connections that are there as well.
func (c *cable) set(s cableState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = s
	close(c.since)
	c.since = make(chan struct{})
	if s == cut {
		c.closeAll()
	}
}

func (c *cable) close() {
	c.listener.Close()
	c.set(cut)
}

// closeAll closes all connections; c.mu is held.
func (c *cable) closeAll() {
	for conn := range c.conns {
		conn.Close()
	}
}

func (c *cable) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.to)
	if err != nil || !c.add(client, server) {
		return // the client sees its connection end
	}
	defer c.remove(client, server)
	done := make(chan struct{}, 2)
	pass := func(to, from net.Conn, back bool) {
		c.pass(to, from, back)
		to.Close()
		from.Close()
		done <- struct{}{}
	}
	go pass(server, client, false)
	go pass(client, server, true)
	<-done
	<-done
}

// pass copies pieces as the state allows; back is the direction of answers.
func (c *cable) pass(to io.Writer, from io.Reader, back bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && c.mayPass(back) {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// mayPass waits as long as a piece takes. What was sent into a silent cable arrives when it is
// whole again, as a network would have it.
func (c *cable) mayPass(back bool) bool {
	for {
		c.mu.Lock()
		state, since := c.state, c.since
		c.mu.Unlock()
		switch state {
		case whole:
			return true
		case cut:
			return false
		case slow:
			if back {
				time.Sleep(lag)
			}
			return true
		}
		<-since
	}
}

func (c *cable) add(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == cut {
		return false
	}
	for _, conn := range conns {
		c.conns[conn] = true
	}
	return true
}

func (c *cable) remove(conns ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		delete(c.conns, conn)
		conn.Close()
	}
}
