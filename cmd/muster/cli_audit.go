package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/muster-scim/muster/directory/seal"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no event was changed, taken out, added or moved since it was sealed."`
	Export auditExportCmd `cmd:"" help:"Write the whole audit with its seals as JSON lines."`
	Status auditStatusCmd `cmd:"" help:"Say how far the audit is sealed, and by which key."`
	Blocks auditBlocksCmd `cmd:"" help:"List the blocks of the audit, the oldest first."`
}

type auditVerifyCmd struct {
	remote
	Export string   `help:"Verify this file that muster audit export wrote, without a server; - is the standard input." placeholder:"FILE"`
	Key    []string `help:"Trust this public key; needed with --export, else the server's own is trusted. Repeatable." placeholder:"KEY"`
	Head   string   `help:"A head that the log told, NUMBER:HASH: then a cut tail is found too." placeholder:"HEAD"`
}

// Help shows how.
func (auditVerifyCmd) Help() string {
	return "Every event is compared with what was sealed, every block with the one before it and with its signature. What is not as it was is named: " +
		"the block, the row and what is wrong; the exit status is 1 then.\n\nExamples:\n\n" +
		"  muster audit verify\n" +
		"  muster audit verify --head 812:9f86d081…\n" +
		"  muster audit verify --export audit.jsonl --key n4bQgYhM…=\n\n" +
		"The log tells the head of each block (sealed the audit head=…). Kept elsewhere, the newest of them shows whether the tail was cut; " +
		"muster audit status shows the key to keep with it."
}

// Run verifies the server's audit, or an export.
func (c *auditVerifyCmd) Run(ctx context.Context, t *terminal) error {
	var head *seal.Head
	if c.Head != "" {
		h, err := seal.ParseHead(c.Head)
		if err != nil {
			return err
		}
		head = &h
	}
	var trusted []ed25519.PublicKey
	for _, text := range c.Key {
		key, err := seal.ParseKey(text)
		if err != nil {
			return err
		}
		trusted = append(trusted, key)
	}
	from, trusted, err := c.open(ctx, trusted)
	if err != nil {
		return err
	}
	defer from.Close()
	result, err := seal.Verify(from, seal.NewCheck(trusted, nil, head))
	var broken *seal.Broken
	if err != nil && !errors.As(err, &broken) {
		return err
	}
	return c.print(t, result, broken)
}

// open is what is verified, and whom to trust about it.
func (c *auditVerifyCmd) open(ctx context.Context, trusted []ed25519.PublicKey) (io.ReadCloser, []ed25519.PublicKey, error) {
	if c.Export != "" {
		if len(trusted) == 0 {
			return nil, nil, errors.New("name the public key that you trust with --key: the one in the export could be anybody's. muster audit status shows the server's")
		}
		if c.Export == "-" {
			return io.NopCloser(os.Stdin), trusted, nil
		}
		f, err := os.Open(c.Export)
		return f, trusted, err
	}
	api, err := c.connect()
	if err != nil {
		return nil, nil, err
	}
	if len(trusted) == 0 {
		state, err := auditState(ctx, api)
		if err != nil {
			return nil, nil, err
		}
		key, err := seal.ParseKey(state.PublicKey)
		if err != nil {
			return nil, nil, err
		}
		trusted = append(trusted, key)
	}
	body, err := exportOf(ctx, api, true)
	return body, trusted, err
}

func (c *auditVerifyCmd) print(t *terminal, r seal.Result, broken *seal.Broken) error {
	if c.Output == "json" {
		said := map[string]any{"intact": broken == nil, "blocks": r.Blocks, "events": r.Events, "waiting": r.Unsealed, "dropped": r.Dropped, "erased": r.Erased}
		if r.Blocks > 0 {
			said["head"] = r.Head.String()
		}
		if broken != nil {
			said["problem"] = map[string]any{"kind": broken.Kind, "block": broken.Block, "row": broken.Seq, "detail": broken.Sentence}
		}
		data, err := json.Marshal(said)
		if err == nil {
			err = printJSON(t.out, data)
		}
		if err == nil && broken != nil {
			return exitStatus(1)
		}
		return err
	}
	if broken != nil {
		return fmt.Errorf("THE AUDIT IS NOT AS IT WAS SEALED. %s\nEverything before that is. Keep a copy of the database before anything else", broken.Sentence)
	}
	head := "there is no block yet"
	if r.Blocks > 0 {
		head = "head " + r.Head.String()
	}
	err := say(t, "The audit is as it was sealed: %d events in %d blocks, %s", r.Events, r.Blocks, head)
	if err == nil && r.Dropped > 0 {
		err = say(t, "Retention has dropped the events of the oldest %d blocks.", r.Dropped)
	}
	if err == nil && r.Erased > 0 {
		err = say(t, "Of %d events the clear values are not there: their people were erased, or the export left them out.", r.Erased)
	}
	if err == nil && r.Unsealed > 0 {
		err = say(t, "%d events are too new to be sealed.", r.Unsealed)
	}
	return err
}

type auditExportCmd struct {
	URL    string `env:"MUSTER_URL" help:"The server; default MUSTER_PUBLIC_URL, else MUSTER_LISTEN." placeholder:"URL"`
	Out    string `short:"o" help:"Write this file; default the standard output." placeholder:"FILE"`
	Values bool   `help:"With the clear values of people, which stand apart from the events."`
}

// Help shows how.
func (auditExportCmd) Help() string {
	return "The export verifies without a server (muster audit verify --export). It is itself an event. Lists of events with a filter: muster events --csv.\n\nExamples:\n\n" +
		"  muster audit export -o audit.jsonl\n" +
		"  muster audit export | gzip > audit.jsonl.gz"
}

// Run writes the export.
func (c *auditExportCmd) Run(ctx context.Context, t *terminal) error {
	api, err := remote{URL: c.URL}.connect()
	if err != nil {
		return err
	}
	body, err := exportOf(ctx, api, c.Values)
	if err != nil {
		return err
	}
	defer body.Close()
	if c.Out == "" {
		_, err = io.Copy(t.out, body)
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it names people
	if err != nil {
		return err
	}
	n, err := io.Copy(f, body)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", c.Out, err)
	}
	return say(t, "%s is written (%d bytes)", c.Out, n)
}

type auditStatusCmd struct {
	remote
}

// auditSaid is what the server says of its audit.
type auditSaid struct {
	Head, KeyID, PublicKey   string
	Sealed, Oldest           *string
	Blocks, Dropped, Waiting int64
}

// Run prints it.
func (c *auditStatusCmd) Run(ctx context.Context, t *terminal) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	if c.Output == "json" {
		data, err := api.raw(ctx, http.MethodGet, "/audit/integrity", nil)
		if err != nil {
			return err
		}
		return printJSON(t.out, data)
	}
	s, err := auditState(ctx, api)
	if err != nil {
		return err
	}
	sealed := "never"
	if s.Sealed != nil {
		sealed = *s.Sealed
	}
	return table(t.out, nil, [][]string{
		{"head", cmp.Or(s.Head, "none yet")}, {"sealed", sealed}, {"blocks", fmt.Sprint(s.Blocks)}, {"without events", fmt.Sprint(s.Dropped)},
		{"waiting", fmt.Sprint(s.Waiting)}, {"key", s.KeyID}, {"public key", s.PublicKey},
	})
}

type auditBlocksCmd struct {
	remote
	cut
}

// Help shows how.
func (auditBlocksCmd) Help() string {
	return "Blocks stay for ever, also when retention drops their events.\n\nExamples:\n\n  muster audit blocks\n  muster audit blocks -o json"
}

// Run lists blocks.
func (c *auditBlocksCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.upTo(c.Limit), "/audit/blocks", []string{"NUMBER", "EVENTS", "SEALED", "KEY", "HASH"}, func(x struct {
		Number, Events      int64
		Sealed, KeyID, Hash string
	}) []string {
		return []string{fmt.Sprint(x.Number), fmt.Sprint(x.Events), x.Sealed, x.KeyID, x.Hash}
	})
}

func auditState(ctx context.Context, api *client) (s auditSaid, err error) {
	err = api.call(ctx, http.MethodGet, "/audit/integrity", nil, &s)
	return s, err
}

// exportOf is the stream of an export, which takes as long as it takes.
func exportOf(ctx context.Context, api *client, values bool) (io.ReadCloser, error) {
	api.http.Timeout = 0
	response, err := api.send(ctx, http.MethodGet, fmt.Sprintf("/audit/export?values=%t", values), "application/jsonl", nil)
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}
