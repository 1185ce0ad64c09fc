package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Broken says where the audit first is not as it was sealed.
type Broken struct {
	Kind     Kind
	Block    int64 // 0: none in particular
	Seq      int64 // the row's number; 0: it is no row, or one that is gone
	After    int64 // of a row that is gone: the number of the one before it, 0 if it was the first
	Sentence string
}

// Kind is what is wrong.
type Kind string

// What can be wrong.
const (
	Changed Kind = "changed" // a row says something else than when it was sealed
	Missing Kind = "missing" // a row is gone
	Added   Kind = "added"   // a row stands among sealed ones that was not there
	Moved   Kind = "moved"   // a row stands where another one was
	Forged  Kind = "forged"  // a block is signed by another key, or not at all
	Chain   Kind = "chain"   // a block does not follow from the one before it
	Cut     Kind = "cut"     // the newest blocks are gone
)

func (b *Broken) Error() string { return b.Sentence }

// Result is what was looked at.
type Result struct {
	Blocks   int64
	Events   int64 // sealed ones that are there and as they were
	Unsealed int64 // newer ones, which the next block will seal
	Dropped  int64 // blocks whose events retention took; their heads are there
	Erased   int64 // events whose clear values were erased, or left out
	Head     Head  // of the newest block
	Sealed   time.Time
}

// RetentionAction is the action of the event that says through which block retention dropped
// events: only what such an event, sealed itself, says may be missing.
const RetentionAction = "audit.retention.applied"

// Check verifies an audit as it is read: block after block with Add, then the rest, then End.
type Check struct {
	trusted map[string]ed25519.PublicKey
	known   map[string]ed25519.PublicKey
	wanted  *Head // a head that must be there; nil: none is known

	last      *Block
	ours      bool  // a block by a trusted key has been
	strangers int64 // the first block since the last one by a trusted key; 0: there is none
	claimed   int64 // retention says that it dropped blocks up to this
	met       bool  // wanted has been
	result    Result
}

// NewCheck begins. The newest block must be signed by one of trusted: the deployment's key, which
// also vouches for what older keys signed before it. Known are the keys of older blocks. With a
// head, from the log or an earlier check, a cut tail is found.
func NewCheck(trusted, known []ed25519.PublicKey, wanted *Head) *Check {
	c := &Check{trusted: map[string]ed25519.PublicKey{}, known: map[string]ed25519.PublicKey{}, wanted: wanted}
	for _, k := range trusted {
		c.trusted[KeyID(k)] = k
	}
	for _, k := range known {
		c.Know(k)
	}
	return c
}

// Know adds a key of older blocks. It is not trusted by that.
func (c *Check) Know(public ed25519.PublicKey) { c.known[KeyID(public)] = public }

// Add verifies the next block with its leaves and the events that are in its place now. Events
// that retention dropped come as nothing, with no leaves. The error is a *Broken.
func (c *Check) Add(b Block, leaves []byte, events []Event) error {
	hashed := make([]hashedEvent, len(events))
	for i := range events {
		hashed[i] = hashEvent(events[i])
	}
	return c.add(b, leaves, hashed)
}

// hashedEvent is an event with what takes most of the time to find out about it, and depends on
// nothing else: many are hashed at once.
type hashedEvent struct {
	Event
	leaf  hash
	other bool // its clear values are not those that were sealed
}

func hashEvent(e Event) hashedEvent {
	return hashedEvent{Event: e, leaf: e.Leaf(), other: e.Values != nil && HashValues(*e.Values) != e.ValuesHash}
}

func (c *Check) add(b Block, leaves []byte, events []hashedEvent) error {
	if err := c.head(b); err != nil {
		return err
	}
	if len(events) == 0 && len(leaves) == 0 && c.result.Dropped == b.Number-1 {
		c.result.Dropped++
	} else if err := c.rows(b, leaves, events); err != nil {
		return err
	}
	c.last = &b
	c.result.Blocks++
	c.result.Head, c.result.Sealed = b.Head(), b.Sealed
	return nil
}

// head verifies a block without its events.
func (c *Check) head(b Block) error {
	broken := func(kind Kind, format string, args ...any) error {
		return &Broken{Kind: kind, Block: b.Number, Sentence: fmt.Sprintf("block %d: ", b.Number) + fmt.Sprintf(format, args...)}
	}
	number, previous := int64(1), ""
	if c.last != nil {
		number, previous = c.last.Number+1, c.last.Hash
	}
	switch sum := b.sum(); {
	case b.Number != number:
		return broken(Chain, "it stands where block %d should; what lies between is gone", number)
	case b.Previous != previous:
		return broken(Chain, "it does not follow block %d, which is another one than it was", number-1)
	case b.Hash != hex.EncodeToString(sum[:]):
		return broken(Changed, "what it says is not what was hashed")
	case c.last != nil && !b.First.After(c.last.Last), c.last != nil && !b.Last.After(c.last.Last):
		return broken(Chain, "it seals events that block %d sealed already", number-1)
	}
	key, trusted := c.trusted[b.Key]
	if !trusted {
		key = c.known[b.Key]
	}
	switch {
	case key == nil:
		return broken(Forged, "it is signed by key %s, which nobody knows", b.Key)
	case !b.signedBy(key):
		return broken(Forged, "its signature is not one of key %s", b.Key)
	case trusted:
		c.ours, c.strangers = true, 0
	case c.ours:
		return broken(Forged, "it is signed by key %s, although the deployment's own was in use before", b.Key)
	case c.strangers == 0:
		c.strangers = b.Number
	}
	if c.wanted != nil && c.wanted.Number == b.Number {
		if c.wanted.Hash != b.Hash {
			return broken(Chain, "its hash is %s, and it was %s", b.Hash, c.wanted.Hash)
		}
		c.met = true
	}
	return nil
}

// rows compares the events of a block with its leaves, which the block's root vouches for.
func (c *Check) rows(b Block, leaves []byte, events []hashedEvent) error {
	was, err := split(b, leaves)
	if err != nil {
		return err
	}
	is := make([]hash, len(events))
	for i := range events {
		is[i] = events[i].leaf
	}
	for i := range is {
		if i == len(was) || is[i] != was[i] {
			return differs(b, events, is, was, i)
		}
	}
	if len(is) < len(was) {
		return differs(b, events, is, was, len(is))
	}
	for i := range events {
		if err := c.look(b.Number, &events[i]); err != nil {
			return err
		}
	}
	c.result.Events += int64(len(events))
	return nil
}

// split reads leaves, and refuses those that the block does not vouch for.
func split(b Block, leaves []byte) ([]hash, error) {
	was := make([]hash, len(leaves)/sha256.Size)
	for i := range was {
		copy(was[i][:], leaves[i*sha256.Size:])
	}
	root := Root(was)
	if len(leaves)%sha256.Size != 0 || len(was) != b.Events || hex.EncodeToString(root[:]) != b.Root {
		return nil, &Broken{Kind: Changed, Block: b.Number, Sentence: fmt.Sprintf("block %d: its leaves are not those that were sealed", b.Number)}
	}
	return was, nil
}

// differs says what happened at the first place where a block's events are not its leaves.
func differs(b Block, events []hashedEvent, is, was []hash, i int) error {
	at := func(list []hash, i int) *hash {
		if i < len(list) {
			return &list[i]
		}
		return nil
	}
	same := func(x, y *hash) bool { return x == nil && y == nil || x != nil && y != nil && *x == *y }
	broken := &Broken{Block: b.Number}
	if i > 0 {
		broken.After = events[i-1].Seq
	}
	switch {
	case len(is) < len(was) && same(at(is, i), at(was, i+1)):
		broken.Kind = Missing
		broken.Sentence = fmt.Sprintf("block %d: a row is gone, the one after row %d (%d are there of %d)", b.Number, broken.After, len(is), len(was))
		if i == 0 {
			broken.Sentence = fmt.Sprintf("block %d: its first row is gone (%d are there of %d)", b.Number, len(is), len(was))
		}
		return broken
	case i == len(is):
		broken.Kind = Missing
		broken.Sentence = fmt.Sprintf("block %d: every row after row %d is gone (%d are there of %d)", b.Number, broken.After, len(is), len(was))
		return broken
	}
	e := events[i]
	broken.Seq = e.Seq
	what := fmt.Sprintf("block %d: row %d (%s of %s, event %s)", b.Number, e.Seq, e.Action, e.Time.UTC().Format(time.RFC3339), e.ID)
	switch {
	case len(is) > len(was) && (i == len(was) || same(at(is, i+1), &was[i])):
		broken.Kind, broken.Sentence = Added, what+" was not there when the block was sealed"
	case contains(was, is[i]):
		broken.Kind, broken.Sentence = Moved, what+" stands where another one was"
	default:
		broken.Kind, broken.Sentence = Changed, what+" is not what was sealed there"
	}
	return broken
}

func contains(list []hash, h hash) bool {
	for i := range list {
		if list[i] == h {
			return true
		}
	}
	return false
}

// look reads what matters of an event that is as it was: its clear values, and what retention did.
func (c *Check) look(block int64, e *hashedEvent) error {
	switch {
	case e.other:
		return &Broken{Kind: Changed, Block: block, Seq: e.Seq,
			Sentence: fmt.Sprintf("block %d: the clear values of row %d (%s of %s, event %s) are not what was sealed", block, e.Seq, e.Action, e.Time.UTC().Format(time.RFC3339), e.ID)}
	case e.Values == nil && e.ValuesHash != "":
		c.result.Erased++
	}
	if e.Action == RetentionAction {
		var said struct {
			Through int64 `json:"through"`
		}
		if json.Unmarshal([]byte(e.Changes), &said) == nil {
			c.claimed = max(c.claimed, said.Through)
		}
	}
	return nil
}

// Rest takes events that no block seals yet.
func (c *Check) Rest(events []Event) error {
	for i := range events {
		if err := c.waits(hashEvent(events[i])); err != nil {
			return err
		}
	}
	return nil
}

// waits takes an event that no block seals yet.
func (c *Check) waits(e hashedEvent) error {
	c.result.Unsealed++
	if e.ValuesHash == "" && e.Values != nil && e.Values.Salt == "" {
		return nil // of a version that did not hash them
	}
	return c.look(0, &e)
}

// End says what was found when everything has been added. The error is a *Broken.
func (c *Check) End() (Result, error) {
	switch r := c.result; {
	case c.wanted != nil && !c.met:
		return r, &Broken{Kind: Cut, Block: r.Blocks + 1,
			Sentence: fmt.Sprintf("the tail is cut: block %d was sealed, and the last that is there is block %d (an export made before it was sealed lacks it too)", c.wanted.Number, r.Blocks)}
	case c.strangers != 0:
		return r, &Broken{Kind: Forged, Block: c.strangers,
			Sentence: fmt.Sprintf("block %d: from here on everything is signed by key %s, which is not the deployment's", c.strangers, c.last.Key)}
	case c.claimed < r.Dropped:
		return r, &Broken{Kind: Missing, Block: c.claimed + 1,
			Sentence: fmt.Sprintf("block %d: its rows are gone, and no retention took them (it took those of %d blocks)", c.claimed+1, c.claimed)}
	}
	return c.result, nil
}
