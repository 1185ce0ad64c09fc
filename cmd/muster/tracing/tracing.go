// Package tracing tells an OpenTelemetry collector how requests go through the rooms: the request,
// its credential, each transaction with its load, decide and save.
//
// It is off unless OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is set; then nothing of it is in
// the way of a request: a nil *Tracer wraps nothing. The other standard variables mean what
// OpenTelemetry says they mean. A traceparent that comes with a request is gone on with.
//
// Laws it keeps: no span holds a name, an address or anything else of a person; connectors are
// slugs, routes are patterns, and what was decided are codes.
package tracing

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/muster-scim/muster/gateway"
)

// Tracer makes spans and sends them. A nil one does neither.
type Tracer struct {
	tracer   trace.Tracer
	carrier  propagation.TraceContext
	shutdown func(context.Context) error
}

// Names of the environment, which are OpenTelemetry's.
const (
	endpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	protocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	tracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	disabled       = "OTEL_SDK_DISABLED"
	exporter       = "OTEL_TRACES_EXPORTER"
	serviceName    = "OTEL_SERVICE_NAME"
)

// Wanted says whether the environment asks for traces.
func Wanted(getenv func(string) string) bool {
	return (getenv(endpoint) != "" || getenv(tracesEndpoint) != "") && !strings.EqualFold(getenv(disabled), "true") && getenv(exporter) != "none"
}

// Start makes a Tracer as the environment says; nil if it says nothing. What cannot be sent later is
// a warning in the log, and never a request's problem.
func Start(ctx context.Context, getenv func(string) string, version string, log *slog.Logger) (*Tracer, error) {
	if !Wanted(getenv) {
		return nil, nil
	}
	if p := cmp.Or(getenv(tracesProtocol), getenv(protocol)); p != "" && p != "http/protobuf" {
		return nil, fmt.Errorf("%s is %q; traces are sent as http/protobuf, to port 4318 of most collectors: unset it, and check the endpoint", protocol, p)
	}
	out, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", cmp.Or(getenv(serviceName), "muster")), attribute.String("service.version", version)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("preparing traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("sending traces", "error", err) }))
	return New(sdk.NewTracerProvider(sdk.WithBatcher(out), sdk.WithResource(about))), nil
}

// New makes a Tracer whose spans a provider takes.
func New(p *sdk.TracerProvider) *Tracer {
	return &Tracer{tracer: p.Tracer("github.com/muster-scim/muster"), shutdown: p.Shutdown}
}

// stopTime is how long the last spans may take to be sent.
const stopTime = 3 * time.Second

// Close sends what is left.
func (t *Tracer) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return t.shutdown(ctx)
}

// Handler makes a span of every request that next answers, and says the trace's id in the answer.
func (t *Tracer) Handler(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := t.carrier.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		if span.SpanContext().IsSampled() {
			w.Header().Set(gateway.TraceIDHeader, span.SpanContext().TraceID().String())
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Served writes onto its span what became of a request.
func (t *Tracer) Served(s gateway.Served) {
	if t == nil {
		return
	}
	span := trace.SpanFromContext(s.Context)
	if !span.IsRecording() {
		return
	}
	kind := "API"
	if s.SCIM {
		kind = "SCIM"
	}
	span.SetName(strings.TrimSpace(kind + " " + s.Method + " " + s.Route))
	span.SetAttributes(attribute.String("http.request.method", s.Method), attribute.Int("http.response.status_code", s.Status))
	if s.Route != "" {
		span.SetAttributes(attribute.String("http.route", s.Route))
	}
	if s.Connector != "" {
		span.SetAttributes(attribute.String("muster.connector", s.Connector))
	}
	if s.Refused != "" {
		span.SetAttributes(attribute.String("muster.refused", string(s.Refused)))
	}
	if s.Limit != "" {
		span.SetAttributes(attribute.String("muster.limit", s.Limit))
	}
	if s.Status >= 500 {
		span.SetStatus(codes.Error, "")
	}
}

// Logs adds to every line of a traced request the id of its trace.
func Logs(next slog.Handler) slog.Handler { return &logs{next} }

type logs struct{ slog.Handler }

// Handle implements slog.Handler.
func (l *logs) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() {
		r.AddAttrs(slog.String("trace", span.TraceID().String()))
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l *logs) WithAttrs(attrs []slog.Attr) slog.Handler { return &logs{l.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (l *logs) WithGroup(name string) slog.Handler { return &logs{l.Handler.WithGroup(name)} }
