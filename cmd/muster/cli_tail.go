package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type requestsTailCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	whichRequests
}

// Help shows how.
func (requestsTailCmd) Help() string {
	return "Each request is printed about a second after it was answered, whichever replica it came to, until you press Ctrl-C. A lost connection is made anew, " +
		"and what came meanwhile is printed then. With -o json each is a line.\n\nExamples:\n\n" +
		"  muster requests tail acme-okta\n" +
		"  muster requests tail acme-okta --failed\n" +
		"  muster requests tail acme-okta --user ada@acme.example -o json"
}

// Run prints requests as they come.
func (c *requestsTailCmd) Run(ctx context.Context, t *terminal) error {
	return follow(ctx, t, c.remote, "requests:"+c.Connector, c.fits, request.line)
}

// fits says whether a request is wanted. What a request alone does not show, the server is asked.
func (c *requestsTailCmd) fits(api *client, r request) (bool, error) {
	class := strings.TrimSuffix(strings.ToLower(c.Status), "xx")
	switch {
	case c.Failed && r.Status < 400,
		c.Method != "" && !strings.EqualFold(c.Method, r.Method),
		!strings.HasPrefix(strconv.Itoa(r.Status), class),
		r.Milliseconds < c.SlowerThan:
		return false, nil
	case c.User == "" && c.Group == "" && c.Credential == "" && c.Text == "":
		return true, nil
	}
	which := c.whichRequests
	which.Request = r.ID
	var found struct{ Items []json.RawMessage }
	err := api.call(context.Background(), http.MethodGet, requestsPath(c.Connector)+"?"+which.query(time.Now()).Encode(), nil, &found)
	return len(found.Items) > 0, err
}

// line is a request as a line on its own.
func (r request) line() string {
	cells := r.row()
	return fmt.Sprintf("%s  %s  %s  %s ms  %s  %s", cells[0], cells[3], cells[2], cells[5], cells[4], r.ID)
}

type eventsTailCmd struct {
	remote
	Connector string `help:"Only events of this connector."`
	User      string `help:"Only events of this user, by userName or id."`
	Group     string `help:"Only events of this group, by name or id."`
	Action    string `help:"Only events whose action begins so, such as directory.membership."`
	Actor     string `help:"Only events of this actor."`
}

// Help shows how.
func (eventsTailCmd) Help() string {
	return "Each event is printed about a second after it happened, whichever replica it happened on, until you press Ctrl-C. A lost connection is made anew, " +
		"and what came meanwhile is printed then. With -o json each is a line.\n\nExamples:\n\n" +
		"  muster events tail\n" +
		"  muster events tail --connector acme-okta --action directory.membership"
}

// Run prints events as they come.
func (c *eventsTailCmd) Run(ctx context.Context, t *terminal) error {
	return follow(ctx, t, c.remote, "events", c.fits, toldEvent.line)
}

// toldEvent is an event of the feed, with names.
type toldEvent struct {
	event
	UserName, GroupName string
}

func (c *eventsTailCmd) fits(_ *client, e toldEvent) (bool, error) {
	named := func(asked, id, name string) bool {
		return asked == "" || strings.EqualFold(asked, id) || strings.EqualFold(asked, name)
	}
	return strings.HasPrefix(e.Action, c.Action) && named(c.Connector, e.Connector, e.Connector) && named(c.Actor, e.Actor, e.Actor) &&
		named(c.User, e.User, e.UserName) && named(c.Group, e.Group, e.GroupName), nil
}

// line is an event as a line on its own.
func (e toldEvent) line() string {
	parts := []string{e.Time.UTC().Format(time.DateTime), e.Action, e.by(), orDash(e.Connector)}
	for _, part := range []string{e.UserName, e.GroupName, inShort(e.Changes)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "  ")
}
