package cluster

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startRedis starts Redis with the settings and the access list of production.
func (c *Cluster) startRedis(ctx context.Context) error {
	program, err := Installed("redis-server")
	if err != nil {
		return err
	}
	address, err := c.address("redis")
	if err != nil {
		return err
	}
	dir := filepath.Join(c.dir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	c.redis = &Part{name: "redis", address: address, log: filepath.Join(c.dir, "redis.log"), end: syscall.SIGTERM}
	c.redis.command = func() *exec.Cmd {
		cmd := exec.Command(program, c.deploy("redis", "redis.conf"), "--aclfile", filepath.Join(c.secrets, "redis_acl"),
			"--bind", "127.0.0.1", "--port", port(address), "--unixsocket", filepath.Join(dir, "redis.sock"), "--dir", dir)
		cmd.Env = environment()
		return cmd
	}
	c.redis.ready = func(ctx context.Context) error { return pingRedis(ctx, address) }
	return c.redis.Start(ctx)
}

// pingRedis says PING and expects PONG.
func pingRedis(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second)) // fails on a closed connection, as the next line does
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && strings.TrimSpace(answer) != "+PONG" {
		err = fmt.Errorf("redis answers PING with %q", answer)
	}
	return err
}
