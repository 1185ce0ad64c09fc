package web

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/seal"
	"github.com/muster-scim/muster/tenants"
)

// ledger is an audit that answers what a test gives it, and keeps what it is told.
type ledger struct {
	blocks  []seal.Block
	leaves  [][]byte
	events  [][]seal.Event
	keys    []ed25519.PublicKey
	notes   []tenants.Note
	refused []tenants.Refused
	err     error
}

func (l *ledger) hear(r tenants.Refused) { l.refused = append(l.refused, r) }

func (l *ledger) Note(_ context.Context, n tenants.Note) error {
	l.notes = append(l.notes, n)
	return l.err
}

func (l *ledger) AuditState(context.Context) (seal.State, error) {
	s := seal.State{Waiting: 3}
	if n := len(l.blocks); n > 0 {
		s.Newest = &l.blocks[n-1]
	}
	return s, l.err
}

func (l *ledger) AuditBlocks(_ context.Context, after int64, limit int) ([]seal.Block, error) {
	rest := l.blocks[min(int(after), len(l.blocks)):]
	return rest[:min(limit, len(rest))], l.err
}

func (l *ledger) AuditKeys(context.Context) ([]ed25519.PublicKey, error) { return l.keys, nil }

func (l *ledger) WalkAudit(_ context.Context, _ int64, _ bool, each func(seal.Block, []byte, []seal.Event) error, _ func([]seal.Event) error) error {
	for i, b := range l.blocks {
		if err := each(b, l.leaves[i], l.events[i]); err != nil {
			return err
		}
	}
	return l.err
}

// seal seals as many events as blocks.
func (l *ledger) seal(t *testing.T, blocks int) ed25519.PublicKey {
	t.Helper()
	s, err := seal.NewSigner([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range blocks {
		var before *seal.Block
		if i > 0 {
			before = &l.blocks[i-1]
		}
		at := seal.Place{Seq: int64(i + 1)}
		e := []seal.Event{{Seq: at.Seq, ID: uuid.New(), Action: "test.told", Changes: "{}", Time: time.Unix(1, 0).UTC()}}
		b, leaves := s.Make(before, e, at, at, time.Unix(2, 0))
		l.blocks, l.leaves, l.events = append(l.blocks, b), append(l.leaves, leaves), append(l.events, e)
	}
	return s.Public()
}

func TestTheIntegrityOfTheAuditNamesHeadAndKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.api.auditKey = d.audit.seal(t, 3)
	got := d.do(http.MethodGet, Base+"/audit/integrity", "").wants(http.StatusOK).object()
	if got["head"] != d.audit.blocks[2].Head().String() || got["publicKey"] != seal.FormatKey(d.api.auditKey) || got["blocks"] != 3.0 || got["waiting"] != 3.0 {
		t.Errorf("integrity is %v", got)
	}
	var seen []float64
	for cursor := ""; ; {
		page := d.do(http.MethodGet, Base+"/audit/blocks?limit=2&cursor="+cursor, "").wants(http.StatusOK).object()
		for _, item := range page["items"].([]any) {
			seen = append(seen, item.(map[string]any)["number"].(float64))
		}
		next, more := page["next"].(string)
		if !more {
			break
		}
		cursor = next
	}
	if len(seen) != 3 || seen[2] != 3 {
		t.Errorf("the blocks are %v", seen)
	}
}

func TestTheExportOfTheAuditVerifiesAndIsAnEventItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key := d.audit.seal(t, 3)
	r := d.do(http.MethodGet, Base+"/audit/export", "").wants(http.StatusOK)
	result, err := seal.Verify(strings.NewReader(r.body), seal.NewCheck([]ed25519.PublicKey{key}, []ed25519.PublicKey{key}, nil))
	if err != nil || result.Blocks != 3 || result.Events != 3 {
		t.Errorf("verified %+v: %v", result, err)
	}
	if len(d.audit.notes) != 1 || d.audit.notes[0].Action != "audit.exported" {
		t.Errorf("the audit was told %+v", d.audit.notes)
	}
}

func TestEveryExportIsAnEventAndNamesNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people.events = []directory.Event{{Action: "a.b", Changes: json.RawMessage(`{"x":"<y>"}`)}, {Action: "a.c"}, {Action: "a.d"}}
	r := d.do(http.MethodGet, Base+"/events?user=ada@acme.example&q=Lovelace&action=a", "", "Accept: application/jsonl").wants(http.StatusOK)
	lines := strings.Split(strings.TrimSpace(r.body), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"<y>"`) {
		t.Errorf("the lines are %q", lines)
	}
	d.do(http.MethodGet, Base+"/events", "", "Accept: text/csv").wants(http.StatusOK)
	d.do(http.MethodGet, Base+"/events", "").wants(http.StatusOK) // a page is no export
	if len(d.audit.notes) != 2 {
		t.Fatalf("the audit was told %+v, want of two exports", d.audit.notes)
	}
	said, err := json.Marshal(d.audit.notes)
	if err != nil || strings.Contains(string(said), "Lovelace") || strings.Contains(string(said), "ada@") || !strings.Contains(string(said), `"user":true`) {
		t.Errorf("the audit was told %s", said)
	}
	d.audit.err = errors.New("the database is away")
	d.do(http.MethodGet, Base+"/events", "", "Accept: text/csv").wants(http.StatusInternalServerError)
}

func TestRefusalsOfTheAdminAPIAreHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(http.MethodGet, Base+"/connectors", "", "Authorization: Bearer wrong").wants(http.StatusUnauthorized)
	d.do(http.MethodGet, Base+"/connectors/nobody", "").wants(http.StatusNotFound)
	d.do(http.MethodGet, Base+"/connectors/acme-okta", "").wants(http.StatusOK)
	if len(d.audit.refused) != 2 || d.audit.refused[0].Reason != "unauthenticated" || d.audit.refused[0].Slug != "" || d.audit.refused[1].Slug != "nobody" || d.audit.refused[1].Reason != "notFound" {
		t.Errorf("heard %+v", d.audit.refused)
	}
}
