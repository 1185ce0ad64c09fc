package main

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

func TestForcedRetriesAreAShareBelowOne(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "0": 0, "0.3": 0.3, "0.999": 0.999} {
		if share, err := forcedRetries(text); err != nil || share != want {
			t.Errorf("%q gives %v, %v, want %v", text, share, err, want)
		}
	}
	for _, text := range []string{"1", "1.5", "-0.1", "NaN", "often", "30%"} {
		if _, err := forcedRetries(text); err == nil || !strings.Contains(err.Error(), forceRetries) {
			t.Errorf("%q: %v, want a refusal that names the variable", text, err)
		}
	}
}

func TestForcedRetriesAreSaidLoudly(t *testing.T) {
	t.Setenv(forceRetries, "0.3")
	var said strings.Builder
	s := &settings{DatabaseURL: secret("sqlite://" + filepath.Join(t.TempDir(), "muster.db"))}
	store, err := openStore(t.Context(), s, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if !strings.Contains(said.String(), "level=WARN") || !strings.Contains(said.String(), "FAIL ON PURPOSE") {
		t.Errorf("the log says only: %s", said.String())
	}
	t.Setenv(forceRetries, "1")
	if _, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a share of 1 is accepted")
	}
}

func TestPoolsThatWouldStandStillAreRefused(t *testing.T) {
	for _, s := range []settings{{DatabasePool: 1}, {DatabasePool: -3}, {DatabasePool: 20_000}, {DatabaseStatementTimeout: time.Millisecond}} {
		if err := s.checkPool(); err == nil || !strings.Contains(err.Error(), "MUSTER_DATABASE_") {
			t.Errorf("%d connections, statements of %v: %v", s.DatabasePool, s.DatabaseStatementTimeout, err)
		}
	}
	for _, s := range []settings{{}, {DatabasePool: 2, DatabaseStatementTimeout: time.Second}} {
		if err := s.checkPool(); err != nil {
			t.Error(err)
		}
	}
}

// TestMigrateCommandPreparesADatabaseForTheRoleThatServes runs the command as an owner would, and
// then a server's start as the other role, which does not migrate.
func TestMigrateCommandPreparesADatabaseForTheRoleThatServes(t *testing.T) {
	const role = "muster_test_app"
	owner := pgtest.New(t)
	served := pgtest.AsRole(t, owner, role)
	for range 2 {
		var out strings.Builder
		args := []string{"migrate", "--database-url", owner, "--app-role", role}
		if code := run(t.Context(), args, &terminal{out: &out, err: &out}); code != 0 || !strings.Contains(out.String(), "the role "+role+" may serve it") {
			t.Fatalf("muster migrate ended with %d and said %s", code, out.String())
		}
	}
	s := &settings{DatabaseURL: secret(served)}
	var said strings.Builder
	log := slog.New(slog.NewTextHandler(&said, nil))
	store, err := openStore(t.Context(), s, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := prepareSchema(t.Context(), s, store, log); err != nil {
		t.Errorf("the role that serves: %v", err)
	}
	if strings.Contains(said.String(), "WARN") {
		t.Errorf("there is nothing to warn of, but the log says %s", said.String())
	}
	if _, err := store.CreateTenant(t.Context(), "acme"); err != nil {
		t.Error(err)
	}
}
