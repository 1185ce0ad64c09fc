package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func given(change func(*settings)) *settings {
	s := &settings{Listen: "127.0.0.1:8080", RateLimit: "50/s,200", LogLevel: "info", LogFormat: "text"}
	change(s)
	return s
}

func TestTokensDoNotCrossTheNetworkInTheClearUnlessSomebodySaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen, public string
		insecure       bool
		served         bool
	}{
		{"127.0.0.1:8080", "", false, true},
		{"[::1]:8080", "", false, true},
		{"localhost:8080", "http://localhost:8080", false, true},
		{"0.0.0.0:8080", "", false, false},
		{":8080", "", false, false},
		{"10.1.2.3:8080", "http://muster.internal", false, false},
		{"0.0.0.0:8080", "https://muster.example.com", false, true}, // a proxy speaks TLS
		{"0.0.0.0:8080", "", true, true},
	} {
		err := given(func(s *settings) { s.Listen, s.PublicURL, s.InsecureHTTP = c.listen, c.public, c.insecure }).complete()
		if (err == nil) != c.served {
			t.Errorf("%+v: %v", c, err)
		}
		if err != nil && !strings.Contains(err.Error(), "MUSTER_INSECURE_HTTP") {
			t.Errorf("%+v: the refusal does not name the way out: %v", c, err)
		}
	}
}

func TestWhatThisVersionCannotDoIsRefusedAndNotIgnored(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*settings{
		"MUSTER_REDIS_URL":         given(func(s *settings) { s.RedisURL = "localhost:6379" }),
		"MUSTER_METRICS_LISTEN":    given(func(s *settings) { s.MetricsListen = "9090" }),
		"MUSTER_DATABASE_URL":      given(func(s *settings) { s.DatabaseURL = "mysql://localhost" }),
		"MUSTER_RATE_LIMIT":        given(func(s *settings) { s.RateLimit = "fast" }),
		"MUSTER_CONCURRENCY":       given(func(s *settings) { s.Concurrency = -1 }),
		"MUSTER_TRUSTED_PROXIES":   given(func(s *settings) { s.TrustedProxies = "10.0.0.0/24, proxy.example.com" }),
		"MUSTER_SHUTDOWN_DELAY":    given(func(s *settings) { s.ShutdownDelay = time.Hour }),
		"MUSTER_LISTEN":            given(func(s *settings) { s.Listen = "8080" }),
		"MUSTER_ENVIRONMENT_LABEL": given(func(s *settings) { s.EnvironmentLabel = "Production, pink" }),
		"MUSTER_PUBLIC_URL":        given(func(s *settings) { s.PublicURL = "muster.example.com" }),
	} {
		if err := s.complete(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsComeFromFilesAndAreNeverPrinted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("hunter2-hunter2-hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := given(func(s *settings) { s.AdminTokenFile = file })
	if err := s.complete(); err != nil || s.AdminToken != "hunter2-hunter2-hunter2" {
		t.Errorf("read %q, %v", string(s.AdminToken), err)
	}
	if err := given(func(s *settings) { s.AdminTokenFile, s.AdminToken = file, "other" }).complete(); err == nil {
		t.Error("a token and a token file at once: which one counts?")
	}
	out := runs(t, 0, "config", "check", "--admin-token=hunter2", "--secret-key=hunter2", "--database-url=postgres://u:hunter2@db/muster?sslmode=require",
		"--redis-url=rediss://u:hunter2@cache/1")
	if strings.Contains(out, "hunter2") || !strings.Contains(out, "db/muster") || !strings.Contains(out, "rediss://cache:6379/1") {
		t.Errorf("config check prints:\n%s", out)
	}
}

func TestPostgreSQLNeedsAnAdminTokenThatIsGiven(t *testing.T) {
	t.Parallel()
	if _, err := ensureAdminToken(&settings{DatabaseURL: "postgres://db/muster"}); err == nil || !strings.Contains(err.Error(), "MUSTER_ADMIN_TOKEN") {
		t.Errorf("%v", err)
	}
}
