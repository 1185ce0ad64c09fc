package tenants

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// LogLevel is a change of the log level while the server runs: for everything, or for what
// concerns one connector. It ends by itself. One with the empty Level ends the one before it.
type LogLevel struct {
	Level     string    // debug, info, warn, error; empty: as the server was started
	Connector string    // slug; empty: everything
	Since     time.Time // of two of the same connector the later counts
	Until     time.Time
}

// Bounds of how long a changed log level holds.
const (
	LongestLogLevel = 24 * time.Hour
	usualLogLevel   = 15 * time.Minute
)

// NewLogLevel is the change that an administrator asks for: from now on, and for so long as a
// text such as 15m says; empty is a quarter of an hour. The errors are *Problem.
func NewLogLevel(level, connector, lasting string, now time.Time) (LogLevel, error) {
	l := LogLevel{Level: strings.ToLower(strings.TrimSpace(level)), Connector: connector, Since: now.UTC()}
	if _, ok := l.slog(); !ok {
		return l, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "level", Detail: fmt.Sprintf("level is %q; it must be debug, info, warn or error", level)}
	}
	d, err := time.ParseDuration(cmp.Or(lasting, usualLogLevel.String()))
	if err != nil || d < time.Second || d > LongestLogLevel {
		return l, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "for", Detail: fmt.Sprintf("for is %q; write a time from 1s to 24h, such as 15m", lasting)}
	}
	l.Until = l.Since.Add(d)
	return l, nil
}

// slog is the level as the log knows it.
func (l LogLevel) slog() (slog.Level, bool) {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, l.Level) {
		return 0, false
	}
	var level slog.Level
	err := level.UnmarshalText([]byte(l.Level))
	return level, err == nil
}

// Slog is the level as the log knows it; info for what is none.
func (l LogLevel) Slog() slog.Level {
	level, _ := l.slog()
	return level
}
