package faults

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// frontend is a proxy before PostgreSQL that counts what its clients have it execute, and does
// something at a chosen one: kill the client, say. It speaks PostgreSQL's protocol, version 3,
// without TLS.
type frontend struct {
	listener net.Listener
	dial     func() (net.Conn, error) // a connection to PostgreSQL

	mu       sync.Mutex
	executed int
	at       int    // the number of the message to strike at; 0: never
	after    bool   // when it was passed on, rather than before
	strike   func() // called once
}

// newFrontend starts a proxy on a free port of 127.0.0.1.
func newFrontend(dial func() (net.Conn, error)) (*frontend, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &frontend{listener: listener, dial: dial}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go f.serve(client)
		}
	}()
	return f, nil
}

func (f *frontend) address() string { return f.listener.Addr().String() }

func (f *frontend) close() { f.listener.Close() }

// arm begins to count anew.
func (f *frontend) arm(at int, after bool, strike func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.executed, f.at, f.after, f.strike = 0, at, after, strike
}

// count says how many messages had something executed.
func (f *frontend) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.executed
}

// serve passes bytes back and messages on. When the client is gone, so is its connection.
func (f *frontend) serve(client net.Conn) {
	defer client.Close()
	server, err := f.dial()
	if err != nil {
		return // the client sees its connection end
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server) // ends with either side
		client.Close()
	}()
	for first := true; ; first = false {
		message, kind, err := readMessage(client, first)
		if err != nil {
			return
		}
		executes := kind == 'Q' || kind == 'E' // a simple query, or the execution of a prepared one
		if executes && f.due(false) {
			return
		}
		if _, err := server.Write(message); err != nil {
			return
		}
		if executes && f.due(true) {
			return
		}
	}
}

// due counts a message, before it is passed on, and strikes when it is the one.
func (f *frontend) due(after bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !after {
		f.executed++
	}
	if f.executed != f.at || f.after != after || f.strike == nil {
		return false
	}
	f.strike()
	f.strike = nil
	return true
}

var errMessage = errors.New("not a message of PostgreSQL's protocol")

// readMessage reads one message of a client; the first has no kind.
func readMessage(from io.Reader, first bool) (message []byte, kind byte, err error) {
	head := make([]byte, 5)
	if first {
		head = head[:4]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, 0, err
	}
	size := binary.BigEndian.Uint32(head[len(head)-4:])
	if size < 4 || size > 1<<26 {
		return nil, 0, errMessage
	}
	message = append(head, make([]byte, size-4)...)
	if _, err := io.ReadFull(from, message[len(head):]); err != nil {
		return nil, 0, err
	}
	if !first {
		kind = head[0]
	}
	return message, kind, nil
}
