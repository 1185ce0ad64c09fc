package tracing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/policy"
)

// recorded is a Tracer whose spans a test reads.
func recorded() (*Tracer, *tracetest.SpanRecorder) {
	spans := tracetest.NewSpanRecorder()
	return New(sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))), spans
}

// scripted is a store whose transactions run as often as it says.
type scripted struct {
	directory.Store
	tries int
	err   error
}

func (s *scripted) Write(_ context.Context, _ directory.Scope, f func(directory.Tx) error) (err error) {
	for range s.tries {
		err = f(&scriptedTx{})
	}
	return errors.Join(err, s.err)
}

type scriptedTx struct{ directory.Tx }

func (*scriptedTx) Load(context.Context, directory.Request) (*directory.Scene, error) {
	return &directory.Scene{}, nil
}
func (*scriptedTx) Save(*directory.Changes) {}

func change(tx directory.Tx) error {
	if _, err := tx.Load(context.Background(), directory.Request{}); err != nil {
		return err
	}
	tx.Save(&directory.Changes{Events: []directory.EventRow{
		{Action: "directory.membership.added", Changes: map[string]any{"group": "Sales", "because": policy.Reason{Code: policy.CodeLocal}}},
	}})
	return nil
}

func TestEveryTryOfATransactionHasItsPartsAndAllOfThemEnd(t *testing.T) {
	tracer, spans := recorded()
	if err := tracer.Store(&scripted{tries: 2}).Write(t.Context(), directory.Scope{}, change); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range spans.Ended() {
		names = append(names, s.Name())
		for _, a := range s.Attributes() {
			if strings.Contains(a.Value.String(), "Sales") {
				t.Errorf("%s names a group: %s", s.Name(), a.Value.String())
			}
		}
	}
	slices.Sort(names)
	if want := []string{"decide", "decide", "load", "load", "save", "save", "transaction"}; !slices.Equal(names, want) || len(spans.Started()) != len(names) {
		t.Errorf("ended %v of %d, want %v", names, len(spans.Started()), want)
	}
}

func TestAnErrorsTextIsNotInASpan(t *testing.T) {
	tracer, spans := recorded()
	secret := "ada@example.com is taken"
	if err := tracer.Store(&scripted{tries: 1, err: errors.New(secret)}).Write(t.Context(), directory.Scope{}, change); err == nil {
		t.Fatal("the error is gone")
	}
	for _, s := range spans.Ended() {
		if strings.Contains(s.Status().Description, "ada") || len(s.Events()) > 0 {
			t.Errorf("%s tells %q, %v", s.Name(), s.Status().Description, s.Events())
		}
	}
}

func TestATraceIsGoneOnWithAndSaid(t *testing.T) {
	tracer, spans := recorded()
	var lines bytes.Buffer
	log := slog.New(Logs(slog.NewTextHandler(&lines, nil)))
	handler := tracer.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "hello")
		w.WriteHeader(http.StatusTeapot)
		tracer.Served(gateway.Served{Context: r.Context(), Method: "GET", Route: "/Users/{id}", SCIM: true, Status: 418, Connector: "acme"})
	}))
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	request := httptest.NewRequest(http.MethodGet, "/scim/acme/v2/Users/ada", nil)
	request.Header.Set("traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if answer.Header().Get(gateway.TraceIDHeader) != id || !strings.Contains(lines.String(), "trace="+id) {
		t.Errorf("answered %v, logged %s", answer.Header(), lines.String())
	}
	if got := spans.Ended(); len(got) != 1 || got[0].Name() != "SCIM GET /Users/{id}" || got[0].SpanContext().TraceID().String() != id {
		t.Errorf("%v", got)
	}
}

func TestWithoutAnEndpointThereIsNoTracer(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"nothing is set": {},
		"disabled":       {endpoint: "http://127.0.0.1:4318", disabled: "true"},
		"no exporter":    {endpoint: "http://127.0.0.1:4318", exporter: "none"},
	} {
		tracer, err := Start(t.Context(), func(name string) string { return env[name] }, "test", slog.New(slog.DiscardHandler))
		if tracer != nil || err != nil {
			t.Errorf("%s: %v, %v", name, tracer, err)
		}
	}
	_, err := Start(t.Context(), func(name string) string { return map[string]string{endpoint: "http://x", protocol: "grpc"}[name] }, "test", slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "http/protobuf") {
		t.Errorf("a protocol that is not spoken: %v", err)
	}
	var none *Tracer
	store, handler := &scripted{}, http.NotFoundHandler()
	if none.Store(store) != directory.Store(store) || none.Authenticator(nil) != nil || none.Close() != nil {
		t.Error("a nil tracer is in the way")
	}
	answer := httptest.NewRecorder()
	none.Handler(handler).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if body, _ := io.ReadAll(answer.Body); answer.Code != http.StatusNotFound || len(body) == 0 {
		t.Error("a nil tracer serves nothing")
	}
}

func BenchmarkOff(b *testing.B) {
	var none *Tracer
	handler := none.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	request, answer := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
	for b.Loop() {
		handler.ServeHTTP(answer, request)
		none.Served(gateway.Served{})
	}
}
