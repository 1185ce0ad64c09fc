package levels

import (
	"context"
	"log/slog"
)

// ConnectorKey is the attribute by which a line says which connector it is about.
const ConnectorKey = "connector"

// Handler logs by the levels. next must take every level: it is asked only for what is logged.
func (l *Levels) Handler(next slog.Handler) slog.Handler { return &handler{levels: l, next: next} }

// handler is a slog.Handler. A line is a connector's if its request's path names it or if it has
// the attribute; the second shows only when the line is made.
type handler struct {
	levels    *Levels
	next      slog.Handler
	connector string // of With
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	c := h.levels.current()
	if c == nil {
		return level >= h.levels.started
	}
	if connector := h.about(ctx); connector != "" || len(c.connectors) == 0 {
		return level >= h.levels.of(c, connector)
	}
	return level >= min(c.least, h.levels.of(c, "")) // Handle knows more
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if c := h.levels.current(); c != nil {
		connector := h.about(ctx)
		if connector == "" {
			r.Attrs(func(a slog.Attr) bool {
				if a.Key == ConnectorKey {
					connector = a.Value.String()
				}
				return connector == ""
			})
		}
		if r.Level < h.levels.of(c, connector) {
			return nil
		}
	}
	return h.next.Handle(ctx, r)
}

func (h *handler) about(ctx context.Context) string {
	if h.connector != "" {
		return h.connector
	}
	return h.levels.connectorOf(ctx)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	own := *h
	own.next = h.next.WithAttrs(attrs)
	for _, a := range attrs {
		if a.Key == ConnectorKey {
			own.connector = a.Value.String()
		}
	}
	return &own
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	own := *h
	own.next = h.next.WithGroup(name)
	return &own
}
