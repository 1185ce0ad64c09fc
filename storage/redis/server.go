package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Server says where Redis is: one server, a Cluster, or whatever Sentinels point at.
type Server struct {
	addresses      []string // host:port; the path of a unix socket
	unix, tls      bool
	user, password string
	database       int
	cluster        bool
	master         string // what the Sentinels at the addresses call it; "": they are Redis itself
	sentinelUser   string
	sentinelPass   string
}

// ParseURL reads one of
//
//	redis://[user:password@]host[:6379][/database]
//	rediss://…                                           the same over TLS
//	unix://[user:password@]/path/to/redis.sock[?db=database]
//	redis://[user:password@]host,host,host               nodes of a Cluster
//	redis://[user:password@]host?cluster=true            one address of a Cluster
//	redis://[user:password@]host[:26379],host/database?master_name=name    Sentinels;
//	        their own: &sentinel_username=user&sentinel_password=password
//
// Errors show nothing of the URL: what is wrong may be that a part of the password was taken for
// something else.
func ParseURL(text string) (Server, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	s := Server{unix: scheme == "unix", tls: scheme == "rediss"}
	if !ok || scheme != "redis" && !s.tls && !s.unix {
		return Server{}, errors.New("it must begin with redis://, rediss:// (over TLS) or unix:// (a socket); a full one is " + example)
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path := rest, ""
	if i := strings.Index(rest, "/"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	hosts := authority
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		hosts = authority[i+1:]
		if err := s.readUser(authority[:i]); err != nil {
			return Server{}, err
		}
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return Server{}, errors.New("what follows the ? cannot be read; " + escapes)
	}
	if s.unix {
		return s, s.readSocket(hosts, path, options)
	}
	if err := s.readOptions(options); err != nil {
		return Server{}, err
	}
	if err := s.readDatabase(strings.Trim(path, "/")); err != nil {
		return Server{}, err
	}
	for host := range strings.SplitSeq(hosts, ",") {
		address, err := s.addressOf(host)
		if err != nil {
			return Server{}, err
		}
		s.addresses = append(s.addresses, address)
	}
	s.cluster = s.cluster || s.master == "" && len(s.addresses) > 1
	if s.cluster && s.database != 0 {
		return Server{}, errors.New("a Redis Cluster has only database 0; leave out the one after the addresses")
	}
	return s, nil
}

const (
	example = "redis://user:password@host:6379/0"
	escapes = "signs such as @ / : ? # % in a user name or password are written %40 %2F %3A %3F %23 %25"
)

func (s *Server) readUser(text string) error {
	user, password, _ := strings.Cut(text, ":")
	var err1, err2 error
	s.user, err1 = url.PathUnescape(user)
	s.password, err2 = url.PathUnescape(password)
	if err1 != nil || err2 != nil {
		return errors.New("its user name and password cannot be read; " + escapes)
	}
	return nil
}

func (s *Server) readSocket(host, path string, options url.Values) error {
	if host != "" || path == "" || path == "/" {
		return errors.New("a socket is written with three slashes: unix:///run/redis/redis.sock")
	}
	s.addresses = []string{path}
	db := options.Get("db")
	options.Del("db")
	if len(options) > 0 {
		return errors.New("of a socket, only db may follow the ?: unix:///run/redis/redis.sock?db=1")
	}
	return s.readDatabase(db)
}

func (s *Server) readDatabase(text string) error {
	if text == "" {
		return nil
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return errors.New("the database after the address must be a number, as in " + example + "; " + escapes)
	}
	s.database = int(number)
	return nil
}

func (s *Server) readOptions(options url.Values) error {
	known := []string{"cluster", "master_name", "sentinel_username", "sentinel_password"}
	for name := range options {
		if !slices.Contains(known, name) {
			return errors.New("of what follows the ?, only these are known: " + strings.Join(known, ", ") + ". Time-outs and the like are fixed")
		}
	}
	s.master = options.Get("master_name")
	s.sentinelUser, s.sentinelPass = options.Get("sentinel_username"), options.Get("sentinel_password")
	switch options.Get("cluster") {
	case "":
	case "true":
		s.cluster = true
	default:
		return errors.New("cluster can only be true")
	}
	if s.cluster && s.master != "" {
		return errors.New("it is either a Cluster (cluster) or what Sentinels point at (master_name), not both")
	}
	if s.master == "" && s.sentinelUser+s.sentinelPass != "" {
		return errors.New("with a user or password for Sentinels, say what they call the server: master_name=…")
	}
	return nil
}

// addressOf completes the address of a host.
func (s *Server) addressOf(text string) (string, error) {
	bad := errors.New("each address must be host or host:port, as in " + example + "; " + escapes)
	port := "6379"
	if s.master != "" {
		port = "26379"
	}
	host := text
	if i := strings.LastIndex(text, ":"); i >= 0 && !strings.HasSuffix(text, "]") {
		host, port = text[:i], text[i+1:]
	}
	if bare, ok := strings.CutPrefix(host, "["); ok { // an IPv6 address
		host = strings.TrimSuffix(bare, "]")
		if net.ParseIP(host) == nil {
			return "", bad
		}
	} else if host == "" || strings.ContainsAny(host, ":/@[] ") {
		return "", bad
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", bad
	}
	return net.JoinHostPort(host, port), nil
}

// String says where it is, without what is secret.
func (s Server) String() string {
	if s.unix {
		return "unix://" + s.addresses[0] + fmt.Sprintf("?db=%d", s.database)
	}
	text := "redis://"
	if s.tls {
		text = "rediss://"
	}
	text += strings.Join(s.addresses, ",")
	switch {
	case s.cluster:
		return text + " (Cluster)"
	case s.master != "":
		return text + fmt.Sprintf("/%d (%s of these Sentinels)", s.database, s.master)
	}
	return text + fmt.Sprintf("/%d", s.database)
}

const (
	dialTimeout   = 200 * time.Millisecond
	stateInterval = 2 * time.Second // after which a cluster's nodes are asked who is who
)

// connect returns a client. It does not connect yet.
//
// There are no retries: the gate of this process answers at once, so they would only make
// requests wait. A connection that breaks while it is idle is noticed before it is used.
func (s Server) connect(timeout time.Duration) goredis.UniversalClient {
	logging.Disable() // it would write a line for every failure
	var secure *tls.Config
	if s.tls {
		secure = &tls.Config{MinVersion: tls.VersionTLS12} // the name to verify is the address's
	}
	switch {
	case s.master != "":
		return goredis.NewFailoverClient(&goredis.FailoverOptions{
			MasterName: s.master, SentinelAddrs: s.addresses, SentinelUsername: s.sentinelUser, SentinelPassword: s.sentinelPass,
			Username: s.user, Password: s.password, DB: s.database, TLSConfig: secure,
			Protocol: 2, DisableIdentity: true, PipelinePoolSize: -1,
			MaxRetries: -1, DialTimeout: dialTimeout, DialerRetries: 1, ContextTimeoutEnabled: true,
			ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout,
		})
	case s.cluster:
		return goredis.NewClusterClient(&goredis.ClusterOptions{
			Addrs: s.addresses, Username: s.user, Password: s.password, TLSConfig: secure,
			Protocol: 2, DisableIdentity: true, PipelinePoolSize: -1, MaintNotificationsConfig: noNotifications(),
			MaxRetries: -1, DialTimeout: dialTimeout, DialerRetries: 1, ContextTimeoutEnabled: true,
			ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout,
			// The client learns of a new master by being redirected, which a dead one does not do.
			ClusterStateReloadInterval: stateInterval,
			MinRetryBackoff:            -1, MaxRetryBackoff: -1, DisableRoutingPolicies: true,
		})
	}
	network := "tcp"
	if s.unix {
		network = "unix"
	}
	return goredis.NewClient(&goredis.Options{
		Network: network, Addr: s.addresses[0], Username: s.user, Password: s.password, DB: s.database, TLSConfig: secure,
		Protocol: 2, DisableIdentity: true, PipelinePoolSize: -1, MaintNotificationsConfig: noNotifications(),
		MaxRetries: -1, DialTimeout: dialTimeout, DialerRetries: 1, ContextTimeoutEnabled: true,
		ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout,
	})
}

// noNotifications keeps the client from asking the server to announce its maintenance.
func noNotifications() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}
