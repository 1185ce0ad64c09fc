package levels

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// kept is a Store in memory.
type kept struct {
	mu  sync.Mutex
	all map[string]tenants.LogLevel
	now func() time.Time
}

func (k *kept) ChangeLogLevel(_ context.Context, l tenants.LogLevel) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[l.Connector] = l
	return nil
}

func (k *kept) LogLevels(context.Context) (holding []tenants.LogLevel, _ error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.all {
		if l.Level != "" && l.Until.After(k.now()) {
			holding = append(holding, l)
		}
	}
	return holding, nil
}

type slugKey struct{}

func slugOf(ctx context.Context) string {
	slug, _ := ctx.Value(slugKey{}).(string)
	return slug
}

// world is a log whose time a test moves.
type world struct {
	at     time.Time
	levels *Levels
	log    *slog.Logger
	lines  bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.at }
	w.levels = New(slog.LevelInfo, now, slugOf)
	w.levels.Use(&kept{all: map[string]tenants.LogLevel{}, now: now})
	w.log = slog.New(w.levels.Handler(slog.NewTextHandler(&w.lines, &slog.HandlerOptions{Level: slog.LevelDebug - 4})))
	return w
}

func (w *world) change(t *testing.T, level, connector, lasting string) {
	t.Helper()
	l, err := tenants.NewLogLevel(level, connector, lasting, w.at)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.levels.Change(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// said are the messages of the lines since it was last asked.
func (w *world) said() string {
	defer w.lines.Reset()
	var all []string
	for line := range strings.Lines(w.lines.String()) {
		_, message, _ := strings.Cut(line, "msg=")
		message, _, _ = strings.Cut(strings.TrimSpace(message), " ")
		all = append(all, message)
	}
	return strings.Join(all, " ")
}

func (w *world) speak(ctx context.Context) {
	for _, slug := range []string{"", "acme", "beta"} {
		inside := context.WithValue(ctx, slugKey{}, slug)
		w.log.DebugContext(inside, "debug-"+slug)
		w.log.InfoContext(inside, "info-"+slug)
	}
	w.log.Debug("attr-acme", "connector", "acme")
	w.log.Debug("attr-beta", "connector", "beta")
	w.log.With("connector", "acme").Debug("with-acme")
}

func TestALevelOfOneConnectorIsThatConnectorsAlone(t *testing.T) {
	w := newWorld(t)
	w.change(t, "debug", "acme", "15m")
	w.speak(t.Context())
	if got, want := w.said(), "info- debug-acme info-acme info-beta attr-acme with-acme"; got != want {
		t.Errorf("logged %s, want %s", got, want)
	}
}

func TestAChangedLevelEndsByItself(t *testing.T) {
	w := newWorld(t)
	w.change(t, "debug", "", "15m")
	w.change(t, "error", "beta", "5m")
	w.speak(t.Context())
	if got, want := w.said(), "debug- info- debug-acme info-acme attr-acme with-acme"; got != want {
		t.Errorf("while both hold: logged %s, want %s", got, want)
	}
	w.at = w.at.Add(6 * time.Minute)
	w.speak(t.Context())
	if got, want := w.said(), "debug- info- debug-acme info-acme debug-beta info-beta attr-acme attr-beta with-acme"; got != want {
		t.Errorf("after the first has ended: logged %s, want %s", got, want)
	}
	w.at = w.at.Add(10 * time.Minute)
	w.speak(t.Context())
	if got, want := w.said(), "info- info-acme info-beta"; got != want {
		t.Errorf("after both have ended: logged %s, want %s", got, want)
	}
}

func TestALevelCanBeTakenBackAtOnce(t *testing.T) {
	w := newWorld(t)
	w.change(t, "debug", "acme", "1h")
	if err := w.levels.Change(t.Context(), tenants.LogLevel{Connector: "acme", Since: w.at}); err != nil {
		t.Fatal(err)
	}
	w.speak(t.Context())
	if got, want := w.said(), "info- info-acme info-beta"; got != want {
		t.Errorf("logged %s, want %s", got, want)
	}
}

func TestOneReplicaFindsWhatAnotherTook(t *testing.T) {
	w := newWorld(t)
	other := New(slog.LevelInfo, func() time.Time { return w.at }, slugOf)
	other.Use(w.levels.store)
	w.change(t, "debug", "", "15m")
	tick := make(chan time.Time)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		other.Run(ctx, tick, func(err error) { t.Error(err) })
	}()
	tick <- w.at // taken after its first look
	stop()
	<-done
	if !other.Handler(slog.DiscardHandler).Enabled(t.Context(), slog.LevelDebug) {
		t.Error("the other replica does not log at debug")
	}
}

func TestLevelsThatCannotBeAreRefused(t *testing.T) {
	for _, c := range [][2]string{{"loud", "1h"}, {"", "1h"}, {"debug+1", "1h"}, {"debug", "25h"}, {"debug", "0s"}, {"debug", "soon"}} {
		if l, err := tenants.NewLogLevel(c[0], "", c[1], time.Now()); err == nil {
			t.Errorf("%v gave %+v", c, l)
		}
	}
}

func BenchmarkALineThatIsNotLogged(b *testing.B) {
	l := New(slog.LevelInfo, time.Now, slugOf)
	log := slog.New(l.Handler(slog.DiscardHandler))
	for b.Loop() {
		log.DebugContext(b.Context(), "nothing")
	}
}
