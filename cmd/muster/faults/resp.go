package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// redisAdmin speaks to Redis itself, with rights that Muster's own user does not have.
type redisAdmin struct {
	conn net.Conn
	in   *bufio.Reader
}

// chaosUser is a line for Redis's access list: a user who may do anything.
const chaosUser = "user chaos on nopass ~* &* +@all\n"

func dialRedis(ctx context.Context, address string) (*redisAdmin, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	r := &redisAdmin{conn: conn, in: bufio.NewReader(conn)}
	if _, err := r.do("AUTH", "chaos", "any"); err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

func (r *redisAdmin) close() { r.conn.Close() }

// do sends a command and returns the texts of its answer, nested ones in a row.
func (r *redisAdmin) do(words ...string) ([]string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if err := r.conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(r.conn, b.String()); err != nil {
		return nil, err
	}
	answer, err := r.read()
	if err != nil {
		return nil, fmt.Errorf("redis, %s: %w", words[0], err)
	}
	return answer, nil
}

// read reads one answer.
func (r *redisAdmin) read() ([]string, error) {
	line, err := r.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return nil, io.ErrUnexpectedEOF
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+', ':':
		return []string{rest}, nil
	case '-':
		return nil, errors.New(rest)
	}
	n, err := strconv.Atoi(rest)
	if err != nil || kind != '$' && kind != '*' {
		return nil, fmt.Errorf("cannot read %q", line)
	}
	if n < 0 {
		return nil, nil // there is none
	}
	if kind == '$' {
		text := make([]byte, n+2)
		_, err := io.ReadFull(r.in, text)
		return []string{string(text[:n])}, err
	}
	var all []string
	for range n {
		part, err := r.read()
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, nil
}
