package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants/administrators"
)

// fed is a directory with events up to a number.
type fed struct {
	*effective
	newest int64
}

func (f *fed) Feed(_ context.Context, _ directory.EventFilter, after, through int64, _ int) (page directory.FeedPage, err error) {
	for number := after + 1; number <= min(through, f.newest); number++ {
		page.Items = append(page.Items, directory.FeedItem{Event: directory.Event{Seq: number, Action: fmt.Sprintf("number-%d", number)}})
	}
	page.Read = max(after, through)
	return page, nil
}

// lateFeed is a feed about which nothing is known for a while.
type lateFeed struct {
	known  <-chan struct{}
	newest int64
}

func (f lateFeed) Through() (seq int64, known bool) {
	select {
	case <-f.known:
		return f.newest, true
	default:
		return 0, false
	}
}

func (f lateFeed) Wait(ctx context.Context, _ int64) (seq int64, known bool) {
	select {
	case <-f.known:
	case <-ctx.Done():
	}
	return f.Through()
}

// stream listens for some time, and returns what was heard.
func (d *desk) stream(path string, listen time.Duration) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), listen)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, Base+path, nil)
	r.Header.Set("Authorization", "Bearer "+adminToken)
	w := httptest.NewRecorder()
	d.engine.ServeHTTP(w, r)
	return w.Body.String()
}

func TestAStreamBeginsWhereTheFeedIsOnceThatIsKnown(t *testing.T) {
	for path, want := range map[string][]string{
		"/stream?topics=events":                {},
		"/stream?topics=events&after=events=3": {"number-4", "number-5"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			known := make(chan struct{})
			d.api.effective, d.api.following = &fed{d.people, 5}, lateFeed{known, 5}
			time.AfterFunc(7*time.Second, func() { close(known) }) // longer than feedPatient
			said := d.stream(path, 30*time.Second)
			d.api.Close()
			if got := strings.Count(said, "event: "); got != len(want) {
				t.Errorf("%s hears %d events, want %d:\n%s", path, got, len(want), said)
			}
			for _, one := range want {
				if !strings.Contains(said, one) {
					t.Errorf("%s does not hear %s:\n%s", path, one, said)
				}
			}
		})
	}
}

func TestAStreamThatCannotBeCaughtUpWithEndsAndKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.api.effective, d.api.following = &fed{d.people, 5}, lateFeed{}
		began := time.Now()
		if said := d.stream("/stream?topics=events&after=events=3", time.Hour); strings.Contains(said, "event: ") || strings.Contains(said, "id: ") {
			t.Errorf("it hears\n%s", said)
		}
		if took := time.Since(began); took != beatEvery {
			t.Errorf("it ended after %v", took)
		}
	})
}

func TestWhoCatchesUpComesPastNumbersThatNothingHas(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	e := &eventWriter{w: &out, called: func(topic string) string { return topic }, places: places{}}
	s := source{behind: func(_ context.Context, after int64) (rows []message, read int64, err error) {
		if read = min(after+10, 100); read == 100 && after < 100 { // ten numbers at a look
			rows = []message{{number: 95, data: []byte("found")}}
		}
		return rows, read, nil
	}}
	if !e.catchUp(t.Context(), "rows", s, 1) || !strings.Contains(out.String(), "data: found") || strings.Contains(out.String(), "gap") {
		t.Errorf("it hears\n%s", out.String())
	}
}

func TestOneAdministratorLeavesStreamsToOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ada, eve := administrators.Caller{}, administrators.Caller{}
	ada.Administrator.ID, eve.Administrator.ID = uuid.New(), uuid.New()
	for range ownLights {
		if err := d.api.lights.on(ada); err != nil {
			t.Fatal(err)
		}
		if err := d.api.lights.on(administrators.Deployment()); err != nil {
			t.Fatal(err)
		}
	}
	ada.Token.ID = uuid.New() // a token of hers is still her
	if d.api.lights.on(ada) == nil {
		t.Errorf("she has more than %d streams", ownLights)
	}
	if err := d.api.lights.on(eve); err != nil {
		t.Errorf("another administrator has none: %v", err)
	}
	d.do(http.MethodGet, Base+"/stream?topics=holds", "").problem(http.StatusServiceUnavailable, "busy")
	d.api.lights.off(ada)
	if err := d.api.lights.on(ada); err != nil {
		t.Errorf("a page was closed, and %v", err)
	}
}
