package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// oddTexts are what rows may hold, by whoever put it there.
var oddTexts = []string{"", "{}", "token", `{"a":1}`, `{"a":[1,-2.5e+3,true,null,{"b":"\u00e9\n"}]}`, `{ "a":1}`, `{"a":01}`, `{"a":1}}`, `{"a":1`, `["a"]`,
	"a\nb", `quo"te`, `back\slash`, "<b>", "José", "\x00", "\x7f", "\u2028", `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":-}`, `{"a":1.}`, `{"a":tru}`,
	strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)}

func drawEvent(t *rapid.T) Event {
	text := func(name string) string {
		return rapid.OneOf(rapid.SampledFrom(oddTexts), rapid.String()).Draw(t, name)
	}
	id := func(name string) uuid.UUID {
		return rapid.SampledFrom([]uuid.UUID{uuid.Nil, uuid.MustParse("0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b")}).Draw(t, name)
	}
	e := Event{Seq: rapid.Int64().Draw(t, "seq"), ID: id("id"), Time: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).UTC(), ActorType: text("actorType"),
		Actor: text("actor"), Action: text("action"), Directory: id("directory"), Connector: id("connector"), User: id("user"), Group: id("group"),
		Record: id("record"), Request: text("request"), Changes: text("changes"), ValuesHash: text("valuesHash")}
	if rapid.Bool().Draw(t, "values") {
		e.Values = &Values{Data: text("data"), Salt: text("salt")}
	}
	return e
}

func TestALineOfAnEventIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		written := string(appendEvent(nil, &e))
		one, ok := strings.CutSuffix(written, "\n")
		if !ok || strings.Contains(one, "\n") {
			t.Fatalf("%q is not one line", written)
		}
		var l line
		if err := json.Unmarshal([]byte(one), &l); err != nil || l.Event == nil {
			t.Fatalf("%s is no line of JSON: %v", one, err)
		}
		slow := l.Event.event()
		if slow.Leaf() != e.Leaf() || (slow.Values == nil) != (e.Values == nil) || e.Values != nil && *slow.Values != *e.Values {
			t.Fatalf("%s\nis read as %+v\nand was   %+v", one, slow, e)
		}
		fast, ok := readEvent(one)
		if ok && (fast.Leaf() != e.Leaf() || (fast.Values == nil) != (e.Values == nil) || e.Values != nil && *fast.Values != *e.Values) {
			t.Fatalf("%s\nis read by hand as %+v\nand was           %+v", one, fast, e)
		}
	})
}

func TestACommonLineIsReadByHand(t *testing.T) {
	t.Parallel()
	for seq := range int64(2) {
		e := newEvent(seq)
		e.Directory, e.Request = uuid.New(), "0193f2a47c1e7d0a9b5f3c2d1e0f9a8b"
		if _, ok := readEvent(strings.TrimSuffix(string(appendEvent(nil, &e)), "\n")); !ok {
			t.Errorf("%+v is left to encoding/json, which takes ten times as long", e)
		}
	}
}

func TestCompactJSONIsWhatEncodingJSONTakesForIt(t *testing.T) {
	t.Parallel()
	same := func(t interface {
		Helper()
		Errorf(string, ...any)
	}, text string) {
		t.Helper()
		var compact bytes.Buffer
		theirs := json.Compact(&compact, []byte(text)) == nil && compact.Len() == len(text)
		if ours := compactEnd(text, 0, 0) == len(text); ours != theirs && text != "" {
			t.Errorf("%q is compact JSON: %t; encoding/json says %t", text, ours, theirs)
		}
	}
	for _, text := range oddTexts[:len(oddTexts)-1] {
		same(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		same(t, rapid.StringOfN(rapid.SampledFrom([]rune(`{}[]:,"\u0019eE+-. truefalsn/é`)), 0, 12, -1).Draw(t, "text"))
	})
}

func TestAnExportThatBreaksOffIsNotATampering(t *testing.T) {
	t.Parallel()
	s := signer(t, "ours")
	whole := newAudit(t, s, s).export(t, s.Public())
	broke := errors.New("the connection broke")
	for _, at := range []int{1, len(whole) / 2, len(whole) - 2} {
		read := io.MultiReader(iotest.OneByteReader(bytes.NewReader(whole[:at])), iotest.ErrReader(broke))
		if _, err := Verify(read, NewCheck([]ed25519.PublicKey{s.Public()}, nil, nil)); !errors.Is(err, broke) {
			t.Errorf("broken off after %d bytes: %v", at, err)
		}
	}
}
