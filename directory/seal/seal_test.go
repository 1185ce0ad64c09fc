package seal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// audit is a small audit: blocks of four events each, and two events that no block seals.
type audit struct {
	blocks []Block
	leaves [][]byte
	events [][]Event
	rest   []Event
}

func signer(t *testing.T, name string) *Signer {
	t.Helper()
	s, err := NewSigner([]byte(fmt.Sprintf("%-32s", name)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newEvent(seq int64) Event {
	e := Event{Seq: seq, ID: uuid.New(), Time: noon.Add(time.Duration(seq) * time.Second), ActorType: "admin", Actor: "token",
		Action: "record.user.changed", User: uuid.New(), Changes: fmt.Sprintf(`{"attributes":["title"],"n":%d,"html":"<b>"}`, seq)}
	if seq%2 == 0 {
		e.Values = &Values{Data: fmt.Sprintf(`{"title":"Countess %d"}`, seq), Salt: NewSalt()}
		e.ValuesHash = HashValues(*e.Values)
	}
	return e
}

func newAudit(t *testing.T, signers ...*Signer) *audit {
	t.Helper()
	a := &audit{}
	seq := int64(0)
	for _, s := range signers {
		var events []Event
		for range 4 {
			seq++
			events = append(events, newEvent(seq))
		}
		a.seal(s, events)
	}
	a.rest = []Event{newEvent(seq + 1), newEvent(seq + 2)}
	return a
}

func (a *audit) seal(s *Signer, events []Event) {
	var before *Block
	if len(a.blocks) > 0 {
		before = &a.blocks[len(a.blocks)-1]
	}
	b, leaves := s.Make(before, events, Place{0, events[0].Seq}, Place{0, events[len(events)-1].Seq}, noon.Add(time.Hour))
	a.blocks, a.leaves, a.events = append(a.blocks, b), append(a.leaves, leaves), append(a.events, events)
}

// verify exports the audit and verifies the export.
func (a *audit) verify(t *testing.T, c *Check, keys ...ed25519.PublicKey) (Result, error) {
	t.Helper()
	return Verify(bytes.NewReader(a.export(t, keys...)), c)
}

func (a *audit) export(t *testing.T, keys ...ed25519.PublicKey) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, keys)
	for i := range a.blocks {
		err = errors.Join(err, w.Block(a.blocks[i], a.leaves[i], a.events[i]))
	}
	if err = errors.Join(err, w.Events(a.rest), w.End()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestWhatIsAsItWasSealedVerifies(t *testing.T) {
	t.Parallel()
	s := signer(t, "ours")
	a := newAudit(t, s, s, s)
	head := a.blocks[2].Head()
	r, err := a.verify(t, NewCheck([]ed25519.PublicKey{s.Public()}, nil, &head))
	if err != nil || r.Blocks != 3 || r.Events != 12 || r.Unsealed != 2 || r.Erased != 0 || r.Head != head {
		t.Errorf("verified as %+v: %v", r, err)
	}
}

func TestEachTamperingIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	ours, foreign := signer(t, "ours"), signer(t, "foreign")
	for name, c := range map[string]struct {
		tamper func(a *audit)
		kind   Kind
		block  int64
		seq    int64
		says   string
	}{
		"a flipped byte":                                 {func(a *audit) { a.events[1][2].Changes = strings.Replace(a.events[1][2].Changes, "t", "u", 1) }, Changed, 2, 7, "row 7"},
		"a byte that leaves no JSON":                     {func(a *audit) { a.events[1][2].Changes = "?" + a.events[1][2].Changes[1:] }, Changed, 2, 7, "row 7"},
		"white space in JSON":                            {func(a *audit) { a.events[1][2].Changes = " " + a.events[1][2].Changes }, Changed, 2, 7, "row 7"},
		"another time":                                   {func(a *audit) { a.events[0][0].Time = noon }, Changed, 1, 1, "row 1"},
		"a deleted row":                                  {func(a *audit) { a.events[1] = slices.Delete(a.events[1], 1, 2) }, Missing, 2, 0, "after row 5"},
		"the first row deleted":                          {func(a *audit) { a.events[1] = slices.Delete(a.events[1], 0, 1) }, Missing, 2, 0, "first row"},
		"the last row deleted":                           {func(a *audit) { a.events[1] = a.events[1][:3] }, Missing, 2, 0, "after row 7"},
		"all rows of a block deleted":                    {func(a *audit) { a.events[1] = nil }, Missing, 2, 0, "gone"},
		"all rows and leaves of the first block deleted": {func(a *audit) { a.events[0], a.leaves[0] = nil, nil }, Missing, 1, 0, "no retention"},
		"two swapped rows":                               {func(a *audit) { a.events[1][1], a.events[1][2] = a.events[1][2], a.events[1][1] }, Moved, 2, 7, "row 7"},
		"two rows that swapped their numbers": {func(a *audit) {
			x, y := &a.events[1][1], &a.events[1][2]
			x.Seq, y.Seq = y.Seq, x.Seq
			*x, *y = *y, *x
		}, Changed, 2, 6, "row 6"},
		"an added row":                     {func(a *audit) { a.events[1] = slices.Insert(a.events[1], 2, newEvent(99)) }, Added, 2, 99, "row 99"},
		"clear values":                     {func(a *audit) { a.events[0][1].Values.Data = `{"title":"Nobody"}` }, Changed, 1, 2, "clear values of row 2"},
		"a foreign signature":              {func(a *audit) { a.resign(2, foreign) }, Forged, 3, 0, "key " + foreign.ID()},
		"a signature that fits nothing":    {func(a *audit) { a.blocks[1].Signature = a.blocks[0].Signature }, Forged, 2, 0, "signature"},
		"a block that says something else": {func(a *audit) { a.blocks[1].From = noon }, Changed, 2, 0, "what it says"},
		"a block of another chain":         {func(a *audit) { *a = *newAudit(t, ours, ours, ours) }, Chain, 3, 0, "hash"},
		"a block taken out": {func(a *audit) {
			a.blocks, a.leaves, a.events = slices.Delete(a.blocks, 1, 2), slices.Delete(a.leaves, 1, 2), slices.Delete(a.events, 1, 2)
		}, Chain, 3, 0, "block 2 should"},
		"a cut tail": {func(a *audit) { a.blocks, a.leaves, a.events = a.blocks[:2], a.leaves[:2], a.events[:2] }, Cut, 3, 0, "tail is cut"},
	} {
		a := newAudit(t, ours, ours, ours)
		head := a.blocks[2].Head()
		c.tamper(a)
		_, err := a.verify(t, NewCheck([]ed25519.PublicKey{ours.Public()}, nil, &head), foreign.Public())
		var broken *Broken
		if !errors.As(err, &broken) || broken.Kind != c.kind || broken.Block != c.block || broken.Seq != c.seq || !strings.Contains(broken.Sentence, c.says) {
			t.Errorf("%s: found %#v (%v), want %s in block %d, row %d", name, broken, err, c.kind, c.block, c.seq)
		}
	}
}

// resign signs the block at i anew, by another key.
func (a *audit) resign(i int, by *Signer) {
	events := a.events[i]
	a.blocks[i], a.leaves[i] = by.Make(&a.blocks[i-1], events, a.blocks[i].First, a.blocks[i].Last, noon.Add(time.Hour))
}

func TestAKeyThatTookOverVouchesForTheOneBefore(t *testing.T) {
	t.Parallel()
	old, now := signer(t, "old"), signer(t, "new")
	a := newAudit(t, old, old, now)
	if r, err := a.verify(t, NewCheck([]ed25519.PublicKey{now.Public()}, nil, nil), old.Public(), now.Public()); err != nil || r.Events != 12 {
		t.Errorf("after the change: %+v, %v", r, err)
	}
	back := newAudit(t, old, now, old)
	var broken *Broken
	if _, err := back.verify(t, NewCheck([]ed25519.PublicKey{now.Public()}, nil, nil), old.Public()); !errors.As(err, &broken) || broken.Kind != Forged || broken.Block != 3 {
		t.Errorf("a block by the old key after the new one: %v", err)
	}
	if _, err := newAudit(t, old, old).verify(t, NewCheck([]ed25519.PublicKey{now.Public()}, nil, nil), old.Public()); !errors.As(err, &broken) || broken.Kind != Forged || broken.Block != 1 {
		t.Errorf("an audit by another key alone: %v", err)
	}
}

func TestAPersonIsErasedAndTheAuditStillVerifies(t *testing.T) {
	t.Parallel()
	s := signer(t, "ours")
	a := newAudit(t, s, s)
	a.events[0][1].Values = nil
	r, err := a.verify(t, NewCheck([]ed25519.PublicKey{s.Public()}, nil, nil))
	if err != nil || r.Erased != 1 || r.Events != 8 {
		t.Errorf("verified as %+v: %v", r, err)
	}
	if strings.Contains(string(a.export(t)), "Countess 2\"") {
		t.Error("the erased value is in the export")
	}
}

func TestWhatRetentionDroppedMayBeMissingAndNothingElse(t *testing.T) {
	t.Parallel()
	s := signer(t, "ours")
	said := newEvent(13)
	said.Action, said.Changes = RetentionAction, `{"through":2}`
	a := newAudit(t, s, s, s)
	a.seal(s, []Event{said})
	drop := func(blocks ...int) {
		for _, i := range blocks {
			a.events[i], a.leaves[i] = nil, nil
		}
	}
	drop(0, 1)
	r, err := a.verify(t, NewCheck([]ed25519.PublicKey{s.Public()}, nil, nil))
	if err != nil || r.Dropped != 2 || r.Events != 5 {
		t.Errorf("verified as %+v: %v", r, err)
	}
	drop(2)
	var broken *Broken
	if _, err = a.verify(t, NewCheck([]ed25519.PublicKey{s.Public()}, nil, nil)); !errors.As(err, &broken) || broken.Kind != Missing || broken.Block != 3 {
		t.Errorf("a block more than retention took: %v", err)
	}
}

func TestAnExportThatEndsEarlyIsNotTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	s := signer(t, "ours")
	a := newAudit(t, s, s)
	whole := strings.SplitAfter(strings.TrimSuffix(string(a.export(t)), "\n"), "\n")
	for n := range len(whole) {
		_, err := Verify(strings.NewReader(strings.Join(whole[:n], "")), NewCheck([]ed25519.PublicKey{s.Public()}, nil, nil))
		if !errors.Is(err, ErrNotWhole) {
			t.Errorf("with %d of %d lines: %v", n, len(whole), err)
		}
	}
}

func TestHeadsAndKeysAreReadAsTheyAreTold(t *testing.T) {
	t.Parallel()
	s := signer(t, "ours")
	a := newAudit(t, s)
	head, err := ParseHead(a.blocks[0].Head().String())
	if err != nil || head != a.blocks[0].Head() {
		t.Errorf("head is %v (%v)", head, err)
	}
	key, err := ParseKey(FormatKey(s.Public()))
	if err != nil || !key.Equal(s.Public()) {
		t.Errorf("key is %v (%v)", key, err)
	}
	for _, bad := range []string{"", "7", "7:12", "x:" + head.Hash, "0:" + head.Hash} {
		if _, err := ParseHead(bad); err == nil {
			t.Errorf("%q was read as a head", bad)
		}
	}
	if _, err := ParseKey("short"); err == nil {
		t.Error("a short key was read")
	}
}
