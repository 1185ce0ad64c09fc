package faults

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestLedgerKeepsWhatWasIntendedAndWhatWasAnswered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	l, err := CreateLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 50 {
		writers.Go(func() {
			attempt, err := l.Intend(Intent{Change: 7, Client: "okta", Method: "POST", Subject: "amy", Effect: Effect{Value: "v1"}})
			if err == nil && attempt%2 == 0 {
				err = l.Conclude(Result{Attempt: attempt, Outcome: Acknowledged, Status: 201})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	attempts, err := ReadLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(attempts) != 50 {
		t.Errorf("the ledger has %d attempts, want the 50 that were intended", len(attempts))
	}
	for _, a := range attempts {
		want := Unknown
		if a.Number%2 == 0 {
			want = Acknowledged
		}
		if a.Outcome != want || a.Subject != "amy" || a.Done.IsZero() != (want == Unknown) {
			t.Errorf("attempt %d reads back as %+v, want the outcome %s", a.Number, a, want)
		}
	}
}

func TestLedgerThatWasCutOffIsReadUpToThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	l, err := CreateLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	attempt, err := l.Intend(Intent{Change: 1, Client: "okta", Subject: "amy"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Conclude(Result{Attempt: attempt, Outcome: Refused, Status: 409}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	attempts, err := ReadLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(attempts) != 1 || attempts[0].Outcome != Unknown {
		t.Errorf("read %+v, want one attempt of unknown outcome", attempts)
	}
}
