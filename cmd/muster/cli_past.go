package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// pastUser is what the directory held of a user at a time.
type pastUser struct {
	UserName, Status string
	At               time.Time
	Memberships      []struct {
		membership
		Told struct{ Time time.Time }
	}
	KnownFrom struct{ Time time.Time }
}

// showPast shows a user as it was. One that is deleted by now is found too.
func (c *usersShowCmd) showPast(ctx context.Context, t *terminal) error {
	at, err := pastTime(c.At, time.Now())
	if err != nil {
		return err
	}
	path, err := c.find(ctx, "")
	if err != nil {
		deleted, again := c.find(ctx, "deleted")
		if again != nil {
			return err
		}
		path = deleted
	}
	query := url.Values{"at": {at.UTC().Format(time.RFC3339Nano)}}
	return show(ctx, t, c.remote, http.MethodGet, path+"?"+query.Encode(), nil, func(x pastUser) error { return x.print(t) })
}

// pastTime reads a time, or a day, which means its end, or now if that is still to come.
func pastTime(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time; write 2026-05-03T12:00:00Z, or 2026-05-03 for the end of that day", text)
	}
	end := day.AddDate(0, 0, 1).Add(-time.Microsecond)
	if end.After(now) {
		return now, nil
	}
	return end, nil
}

func (x pastUser) print(t *terminal) error {
	err := table(t.out, nil, [][]string{{"user name", x.UserName}, {"at", x.At.UTC().Format(time.DateTime) + " UTC"}, {"status", x.Status},
		{"known from", x.KnownFrom.Time.UTC().Format(time.DateTime) + " UTC on"}})
	if err != nil {
		return err
	}
	if len(x.Memberships) == 0 {
		return say(t, "\nIn no group.")
	}
	rows := make([][]string, len(x.Memberships))
	for i, m := range x.Memberships {
		rows[i] = []string{m.Group.DisplayName, m.Origin, m.Told.Time.UTC().Format(time.DateTime), m.Because.Sentence}
	}
	if err := say(t, ""); err != nil {
		return err
	}
	return table(t.out, []string{"GROUP", "ORIGIN", "TOLD (UTC)", "BECAUSE"}, rows)
}
