package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
	"github.com/muster-scim/muster/tenants"
)

func TestURLsSayWhereRedisIs(t *testing.T) {
	for url, want := range map[string]string{
		"redis://localhost":                                       "redis://localhost:6379/0",
		"redis://localhost/":                                      "redis://localhost:6379/0",
		"redis://u:p@cache.example:6380/3":                        "redis://cache.example:6380/3",
		"rediss://:p@cache.example":                               "rediss://cache.example:6379/0",
		"redis://[::1]":                                           "redis://[::1]:6379/0",
		"redis://[2001:db8::7]:7000/1":                            "redis://[2001:db8::7]:7000/1",
		"redis://u:%40%2F%3A%3F%25@h:1":                           "redis://h:1/0",
		"redis://u:p@a:6379,b:6380,c":                             "redis://a:6379,b:6380,c:6379 (Cluster)",
		"rediss://a,b/0":                                          "rediss://a:6379,b:6379 (Cluster)",
		"redis://a?cluster=true":                                  "redis://a:6379 (Cluster)",
		"unix:///run/redis.sock":                                  "unix:///run/redis.sock?db=0",
		"unix://u:p@/run/redis.sock?db=2":                         "unix:///run/redis.sock?db=2",
		"redis://u:p@a,b:1/2?master_name=m":                       "redis://a:26379,b:1/2 (m of these Sentinels)",
		"redis://a?master_name=m&sentinel_password=x%26y%3D":      "redis://a:26379/0 (m of these Sentinels)",
		"redis://a?master_name=m&sentinel_username=s&cluster=":    "redis://a:26379/0 (m of these Sentinels)",
		"redis://us%25er:pass@word@h:1":                           "redis://h:1/0", // the last @ counts
		"redis://u:with,comma:colon@h":                            "redis://h:6379/0",
		"redis://user:pa%3Fss@h:6379/0?master_name=x&cluster=":    "redis://h:6379/0 (x of these Sentinels)",
		"rediss://user:pw@a.cache.example:6379,b.cache.example:1": "rediss://a.cache.example:6379,b.cache.example:1 (Cluster)",
	} {
		server, err := ParseURL(url)
		if err != nil || server.String() != want {
			t.Errorf("%s: got %s, %v, want %s", url, server, err, want)
		}
	}
	server, err := ParseURL("redis://us%25er:pass@word@h:1")
	if err != nil || server.user != "us%er" || server.password != "pass@word" {
		t.Errorf("user %q, password %q, %v", server.user, server.password, err)
	}
}

// TestBadURLsShowNoPassword: a sign that should have been written with a % may put a part of
// the password anywhere.
func TestBadURLsShowNoPassword(t *testing.T) {
	for _, url := range []string{
		"", "localhost", "localhost:6379", "http://localhost", "redis:localhost", "redis://", "redis://:6379", "redis://h:port", "redis://h:0",
		"redis://h:65536", "redis://a,,b", "redis://::1", "redis://[::1", "redis://[x]:1", "redis://h/x", "redis://h/-1", "redis://h/1/2", "redis://a,b/1",
		"redis://user:s3cr/et@h", "redis://user:s3cr?et@h", "redis://user:s3cr%zzet@h", "redis://h?s3cret=1", "redis://h?cluster=s3cret",
		"redis://h?cluster=true&master_name=m", "redis://h?sentinel_password=s3cret", "redis://h?read_timeout=5s", "redis://h?%zz=s3cret",
		"unix://", "unix:///", "unix://run/redis.sock", "unix:///run/redis.sock?db=s3cret", "unix:///run/redis.sock?x=s3cret", "redis://h ost",
	} {
		server, err := ParseURL(url)
		if err == nil {
			t.Errorf("%q is taken for %s", url, server)
		} else if strings.Contains(err.Error(), "s3cr") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

// TestOneRequestIsOneCommand counts what the server was asked.
func TestOneRequestIsOneCommand(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	database, all := rowsOf("acme")
	g := newDeployment(t, server.URL).open(Options{Lookup: database, Quota: tenants.Quota{
		Rate: tenants.Rate{PerSecond: 1, Burst: 100}, Failures: tenants.Rate{PerSecond: 1, Burst: 100}}})
	nobody := tenants.Presented{Slug: "acme", Key: tenants.TokenKey("nobody")}
	requests := func() {
		for range 10 {
			enters(t, g, all[0])
			g.Enter(t.Context(), nobody)
			g.Fail(t.Context(), "acme", "192.0.2.1")
		}
	}
	requests() // the scripts and the credential get known
	do(t, server, "config", "resetstat")
	requests()
	stats := fmt.Sprint(do(t, server, "info", "commandstats"))
	calls := map[string]string{}
	for _, found := range regexp.MustCompile(`cmdstat_([a-z|]+):calls=(\d+)`).FindAllStringSubmatch(stats, -1) {
		calls[found[1]] = found[2]
	}
	delete(calls, "config|resetstat")
	// Inside a script: the time, its keys, and the turn if one is taken.
	want := map[string]string{"evalsha": "30", "time": "30", "mget": "30", "set": "20"}
	if fmt.Sprint(calls) != fmt.Sprint(want) {
		t.Errorf("30 requests were these commands: %v, want %v", calls, want)
	}
}

// TestTheDocumentedAccessSuffices runs with the rights that docs/redis.md tells operators to give.
func TestTheDocumentedAccessSuffices(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/redis.md")
	must(t, err)
	documented := func(pattern string) []string {
		found := regexp.MustCompile(pattern).FindSubmatch(text)
		if found == nil {
			t.Fatalf("docs/redis.md has nothing like %s", pattern)
		}
		return strings.Fields(string(found[1]))
	}
	server := documented(`(?m)^ *user muster on >PASSWORD (.*)$`)
	cluster := append(server, documented("For a Cluster add `([^`]*)`")...)
	sentinel := append([]string{"resetkeys", "resetchannels", "-@all"}, documented("On Sentinels the user needs\\s+`([^`]*)`")...)

	t.Run("single", func(t *testing.T) {
		t.Parallel()
		s := redistest.New(t, redistest.Options{TCP: true})
		expectsAccess(t, "redis://muster:secret@"+s.Address+"/1", server, s)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := redistest.NewCluster(t)
		expectsAccess(t, strings.Replace(c.URL, "redis://", "redis://muster:secret@", 1), cluster, c.Nodes...)
	})
	t.Run("sentinel", func(t *testing.T) {
		t.Parallel()
		s := redistest.New(t, redistest.Options{TCP: true})
		host, port, _ := net.SplitHostPort(s.Address)
		watch := redistest.New(t, redistest.Options{TCP: true, Sentinel: fmt.Sprintf("sentinel monitor mymaster %s %s 1\n", host, port)})
		allow(t, sentinel, watch)
		expectsAccess(t, "redis://muster:secret@"+watch.Address+"?master_name=mymaster&sentinel_username=muster&sentinel_password=secret", server, s)
		refusedNothing(t, watch)
	})
}

// expectsAccess gives the user muster these rights and expects that a gate needs no others, and
// that they are not all.
func expectsAccess(t *testing.T, url string, rights []string, all ...*redistest.Server) {
	t.Helper()
	allow(t, rights, all...)
	slugs := []string{"acme", "beta", "gamma", "delta", "epsilon"} // on all nodes of a cluster
	database, who := rowsOf(slugs...)
	d := newDeployment(t, url)
	g := d.open(Options{Lookup: database, Quota: tenants.DefaultQuota()})
	for range 3 {
		for i, slug := range slugs {
			enters(t, g, who[i])
			g.Fail(t.Context(), slug, "192.0.2.1")
			g.Forget(t.Context(), slug)
		}
	}
	if c := g.Counts(); c.Fallbacks != 0 || c.Opened != 0 {
		t.Errorf("these rights are not enough: %+v", c)
	}
	refusedNothing(t, all...)
	client := d.client()
	defer client.Close()
	for _, forbidden := range [][]any{{"flushall"}, {"keys", "*"}, {"config", "get", "*"}, {"set", "other", "x"}, {"acl", "list"}} {
		if err := client.Do(t.Context(), forbidden...).Err(); err == nil {
			t.Errorf("the documented rights allow %v", forbidden)
		}
	}
}

func allow(t *testing.T, rights []string, all ...*redistest.Server) {
	t.Helper()
	arguments := []any{"acl", "setuser", "muster", "on", ">secret"}
	for _, right := range rights {
		arguments = append(arguments, right)
	}
	for _, s := range all {
		do(t, s, arguments...)
		do(t, s, "acl", "log", "reset")
	}
}

func refusedNothing(t *testing.T, all ...*redistest.Server) {
	t.Helper()
	for _, s := range all {
		if log, ok := do(t, s, "acl", "log").([]any); !ok || len(log) != 0 {
			t.Errorf("%s refused something: %v", s.Address, log)
		}
	}
}

func TestSentinelsPointAtTheServer(t *testing.T) {
	t.Parallel()
	first := redistest.New(t, redistest.Options{TCP: true})
	second := redistest.New(t, redistest.Options{TCP: true})
	host, port, _ := net.SplitHostPort(first.Address)
	_, port2, _ := net.SplitHostPort(second.Address)
	do(t, second, "replicaof", host, port)
	sentinel := redistest.New(t, redistest.Options{TCP: true, Sentinel: fmt.Sprintf(
		"sentinel monitor mymaster %s %s 1\nsentinel down-after-milliseconds mymaster 300\nsentinel failover-timeout mymaster 2000\n", host, port)})
	wait(t, "the Sentinel knows the replica", func() bool {
		return strings.Contains(fmt.Sprint(do(t, sentinel, "sentinel", "replicas", "mymaster")), port2) &&
			strings.Contains(fmt.Sprint(do(t, second, "info", "replication")), "master_link_status:up")
	})
	database, all := rowsOf("acme")
	d := newDeployment(t, "redis://"+sentinel.Address+"?master_name=mymaster")
	g := d.open(Options{Lookup: database, Quota: tenants.DefaultQuota(), Timeout: 250 * time.Millisecond, ProbeEvery: 100 * time.Millisecond})
	hits := func() bool {
		before := g.Counts().Hits
		enters(t, g, all[0])
		enters(t, g, all[0])
		return g.Counts().Hits > before
	}
	wait(t, "requests go to the server", hits)
	first.Stop()
	wait(t, "they go to the one that took its place", func() bool {
		return strings.Contains(fmt.Sprint(do(t, second, "role")), "master") && hits()
	})
}

// TestTLSIsSpokenAndChecked starts this test again in processes that trust the server's
// certificate and that do not: Go reads whom it trusts once.
func TestTLSIsSpokenAndChecked(t *testing.T) {
	const variable = "REDIS_TLS_URL"
	if url := os.Getenv(variable); url != "" {
		database, all := rowsOf("acme")
		log := newRecorder()
		g := newDeployment(t, url).open(Options{Lookup: database, Quota: tenants.DefaultQuota(), Log: slog.New(log)})
		enters(t, g, all[0])
		enters(t, g, all[0])
		fmt.Printf("hits %d\n%s\n", g.Counts().Hits, strings.Join(log.lines(), "\n"))
		return
	}
	t.Parallel()
	certificate, key := selfSigned(t, t.TempDir())
	server := redistest.New(t, redistest.Options{TCP: true, TLS: &redistest.TLS{Certificate: certificate, Key: key}})
	for trusted, want := range map[string]string{certificate: "hits 1\n", "/dev/null": "certificate signed by unknown authority"} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestTLSIsSpokenAndChecked$")
		cmd.Env = append(os.Environ(), variable+"="+server.URL, "SSL_CERT_FILE="+trusted, "SSL_CERT_DIR=/nonexistent")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("trusting %s: %v, want %q in\n%s", filepath.Base(trusted), err, want, out)
		}
	}
}

// selfSigned makes a certificate for localhost that is its own authority.
func selfSigned(t *testing.T, dir string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(t, err)
	keyDER, err := x509.MarshalECPrivateKey(private)
	must(t, err)
	certificate, key = filepath.Join(dir, "redis.crt"), filepath.Join(dir, "redis.key")
	must(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), 0o600))
	return certificate, key
}

// wait waits for other processes to get somewhere.
func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}
