package web

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/seal"
	"github.com/muster-scim/muster/tenants"
)

// Audit is what the API needs of the sealed audit: *sql.Store.
type Audit interface {
	AuditState(ctx context.Context) (seal.State, error)
	AuditBlocks(ctx context.Context, after int64, limit int) ([]seal.Block, error)
	AuditKeys(ctx context.Context) ([]ed25519.PublicKey, error)
	// WalkAudit gives blocks in their order with the events that are in their places now, then
	// the events that are not sealed yet.
	WalkAudit(ctx context.Context, after int64, values bool, each func(seal.Block, []byte, []seal.Event) error, rest func([]seal.Event) error) error
	// Note writes an event of the context's actor.
	Note(ctx context.Context, n tenants.Note) error
}

// Integrity says how far the audit is sealed, and what vouches for it.
type Integrity struct {
	Head      string     `json:"head,omitempty" doc:"The newest block's number and hash. Whoever keeps it elsewhere finds out later whether the tail was cut." example:"812:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Sealed    *time.Time `json:"sealed" doc:"When the newest block was sealed; null before the first."`
	Blocks    int64      `json:"blocks" doc:"How many blocks there are."`
	Dropped   int64      `json:"dropped" doc:"How many of them, the oldest, hold no events any more, as retention took them."`
	Waiting   int64      `json:"waiting" doc:"How many events no block seals yet; counted up to 10,000."`
	Oldest    *time.Time `json:"oldest" doc:"The time of the oldest of those; null if there is none."`
	KeyID     string     `json:"keyId" doc:"The key that signs now." example:"5f2b8c1d0e9a4b77"`
	PublicKey string     `json:"publicKey" doc:"That key's public half, in base64: what muster audit verify trusts. Keep it outside of this machine." example:"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="`
}

// AuditBlock is a block of the audit: it seals a run of events and everything before it.
type AuditBlock struct {
	Number    int64     `json:"number" doc:"The first is 1."`
	Events    int       `json:"events" doc:"How many events it seals."`
	From      time.Time `json:"from" doc:"The time of the earliest of them."`
	To        time.Time `json:"to" doc:"The time of the latest."`
	FirstSeq  int64     `json:"firstSeq" doc:"The number of the row of the first."`
	LastSeq   int64     `json:"lastSeq" doc:"The number of the row of the last."`
	Root      string    `json:"root" doc:"The root of the tree over them."`
	Previous  string    `json:"previous" doc:"The hash of the block before; empty for the first."`
	Hash      string    `json:"hash" doc:"The hash of all this."`
	Sealed    time.Time `json:"sealed" doc:"When it was sealed."`
	KeyID     string    `json:"keyId" doc:"The key that signed the hash."`
	Signature string    `json:"signature" doc:"Ed25519, in base64."`
}

func sayBlock(b seal.Block) AuditBlock {
	return AuditBlock{Number: b.Number, Events: b.Events, From: b.From.UTC(), To: b.To.UTC(), FirstSeq: b.First.Seq, LastSeq: b.Last.Seq,
		Root: b.Root, Previous: b.Previous, Hash: b.Hash, Sealed: b.Sealed.UTC(), KeyID: b.Key, Signature: b.Signature}
}

type auditBlocks struct {
	Paged
}

type auditExport struct {
	Values bool `query:"values" doc:"With the clear values of people, which are kept apart from events; without them the export verifies as well."`
}

type integrityOut struct {
	Body Integrity
}

func (a *API) addAudit() {
	route(a, operation{method: http.MethodGet, path: "/audit/integrity", id: "getAuditIntegrity", tag: "Events", role: reads(deployment),
		summary: "Say how far the audit is sealed, and by which key"}, a.integrity)
	route(a, operation{method: http.MethodGet, path: "/audit/blocks", id: "listAuditBlocks", tag: "Events", role: reads(deployment),
		summary: "List the blocks of the audit", description: "The oldest first. Blocks stay for ever, also when retention drops their events."}, a.blocks)
	op := huma.Operation{
		OperationID: "exportAudit", Method: http.MethodGet, Path: "/audit/export", Tags: []string{"Events"},
		Summary: "Export the whole audit with its blocks, for verifying",
		Description: "Lines of JSON: keys, blocks with the hashes of their events, each followed by the events that are in its place now, then the events that no block seals yet, and an end. " +
			"`muster audit verify --export FILE` checks it without a server. The export is itself an event.",
		Responses: a.responses(operation{method: http.MethodGet}),
	}
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		linesType: {Schema: &huma.Schema{Type: huma.TypeString, Description: "A JSON object on each line."}}}}
	a.guard(&op, reads(deployment))
	huma.Register(a.huma, op, a.exportAudit)
}

// linesType is the media type of JSON lines.
const linesType = "application/jsonl"

func (a *API) integrity(ctx context.Context, _ *struct{}) (*integrityOut, error) {
	state, err := a.audit.AuditState(ctx)
	if err != nil {
		return nil, err
	}
	out := &integrityOut{Body: Integrity{Dropped: state.Dropped, Waiting: state.Waiting}}
	if a.auditKey != nil {
		out.Body.KeyID, out.Body.PublicKey = seal.KeyID(a.auditKey), seal.FormatKey(a.auditKey)
	}
	if b := state.Newest; b != nil {
		out.Body.Head, out.Body.Sealed, out.Body.Blocks = b.Head().String(), &b.Sealed, b.Number
	}
	if !state.Oldest.IsZero() {
		out.Body.Oldest = &state.Oldest
	}
	return out, nil
}

func (a *API) blocks(ctx context.Context, in *auditBlocks) (*Listed[AuditBlock], error) {
	after := int64(0)
	if in.Cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		if err == nil {
			after, err = strconv.ParseInt(string(text), 10, 64)
		}
		if err != nil {
			return nil, invalid("query.cursor", "is not a cursor of this list; start again without one")
		}
	}
	blocks, err := a.audit.AuditBlocks(ctx, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := directory.Page[seal.Block]{Items: blocks}
	if len(blocks) > in.Limit {
		page.Items = blocks[:in.Limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(page.Items[in.Limit-1].Number, 10)))
	}
	return listed(page, sayBlock), nil
}

func (a *API) exportAudit(ctx context.Context, in *auditExport) (*huma.StreamResponse, error) {
	keys, err := a.audit.AuditKeys(ctx)
	if err == nil {
		err = a.audit.Note(acting(ctx), tenants.Note{Action: "audit.exported", Changes: map[string]any{"of": "audit", "format": "jsonl", "values": in.Values}})
	}
	if err != nil {
		return nil, a.problemOf(ctx, err, "")
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", linesType)
		c.SetHeader("Content-Disposition", `attachment; filename="muster-audit.jsonl"`)
		c.SetStatus(http.StatusOK)
		if err := a.streamAudit(c, keys, in.Values); err != nil {
			a.log.Warn("export ended early", "of", "audit", "request", requestID(c.Context()), "error", err)
			panic(http.ErrAbortHandler) // the last line is missing too, which verifying tells
		}
	}}, nil
}

func (a *API) streamAudit(c huma.Context, keys []ed25519.PublicKey, values bool) error {
	w, err := seal.NewWriter(c.BodyWriter(), keys)
	if err != nil {
		return err
	}
	last := a.now()
	alive := func() { // a long export gets another minute as it goes on
		if now := a.now(); now.Sub(last) > 10*time.Second {
			last = now
			keepWriting(c.BodyWriter())
		}
	}
	err = a.audit.WalkAudit(c.Context(), 0, values, func(b seal.Block, leaves []byte, events []seal.Event) error {
		alive()
		return w.Block(b, leaves, events)
	}, func(events []seal.Event) error {
		alive()
		return w.Events(events)
	})
	if err != nil {
		return err
	}
	return w.End()
}

// noteExport writes that a list is exported. The filter says by which names it was narrowed, and
// of those that could be a person's not more than that.
func (a *API) noteExport(ctx context.Context, of, format string, filter map[string]any) error {
	changes := map[string]any{"of": of, "format": format}
	if len(filter) > 0 {
		changes["filter"] = filter
	}
	return a.audit.Note(acting(ctx), tenants.Note{Action: "audit.exported", Changes: changes})
}

// hearRefusals tells of answers that refuse, once they are given.
func (a *API) hearRefusals(c *gin.Context) {
	c.Next()
	status := c.Writer.Status()
	if a.refused == nil || status < 400 || status >= 500 {
		return
	}
	reason := "status" + strconv.Itoa(status)
	switch status {
	case http.StatusUnauthorized:
		reason = "unauthenticated"
	case http.StatusForbidden:
		reason = "forbidden"
	case http.StatusNotFound:
		reason = "notFound"
	}
	a.refused(tenants.Refused{Side: "admin", Slug: c.Param("c"), Reason: reason, Status: status, Method: c.Request.Method, Request: requestID(c.Request.Context())})
}
