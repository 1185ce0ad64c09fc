package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type webhooksCmd struct {
	List       webhooksListCmd       `cmd:"" default:"withargs" help:"List the addresses that are told of changes, and what they have not taken yet."`
	Show       webhooksShowCmd       `cmd:"" help:"Show one of them."`
	Create     webhooksCreateCmd     `cmd:"" help:"Tell an address of changes from now on; prints the secret once."`
	Set        webhooksSetCmd        `cmd:"" help:"Change what an address is told, where messages go, or whether."`
	Rotate     webhooksRotateCmd     `cmd:"" help:"Exchange the secret; prints the new one once. Both sign for a while."`
	Test       webhooksTestCmd       `cmd:"" help:"Send a message at once; exit status 1 if it is not taken."`
	Deliveries webhooksDeliveriesCmd `cmd:"" help:"List what was, and is to be, sent."`
	Redeliver  webhooksRedeliverCmd  `cmd:"" help:"Send something once more."`
	Delete     webhooksDeleteCmd     `cmd:"" help:"End a webhook; what waits is not sent any more."`
}

type hook struct {
	ID, URL, Description, Directory, State, Reason, Secret string
	LastSuccess, LastError, FailingSince, NextAttempt      string
	BothUntil                                              string
	Types                                                  []string
	Failures                                               int
	Backlog                                                struct {
		Pending, Behind, Failed int
		Oldest                  string
	}
}

// ofWebhook names a webhook: by its id, its address, its description, or the end of its id.
type ofWebhook struct {
	remote
	Webhook string `arg:"" help:"Its id or the end of it, its address, or its description."`
}

// path finds the webhook.
func (c ofWebhook) path(ctx context.Context) (string, error) {
	api, err := c.connect()
	if err != nil {
		return "", err
	}
	items, err := all[hook](ctx, api, "/webhooks")
	if err != nil {
		return "", err
	}
	var found []string
	for _, h := range items {
		if h.ID == c.Webhook {
			return "/webhooks/" + h.ID, nil
		}
		if h.URL == c.Webhook || strings.EqualFold(h.Description, c.Webhook) || len(c.Webhook) >= 4 && strings.HasSuffix(h.ID, c.Webhook) {
			found = append(found, h.ID)
		}
	}
	switch len(found) {
	case 1:
		return "/webhooks/" + found[0], nil
	case 0:
		return "", fmt.Errorf("there is no webhook %q; muster webhooks list shows them", c.Webhook)
	}
	return "", fmt.Errorf("%q means several webhooks: %s; give the id", c.Webhook, strings.Join(found, ", "))
}

// standing is the state in a word or two.
func (h hook) standing() string {
	switch {
	case h.State == "disabled" && h.Reason != "":
		return "disabled (" + h.Reason + ")"
	case h.State == "enabled" && h.Failures > 0:
		return fmt.Sprintf("failing (%d)", h.Failures)
	}
	return h.State
}

func (h hook) rows() [][]string {
	rows := [][]string{{"id", h.ID}, {"url", h.URL}, {"description", orDash(h.Description)}, {"directory", orAll(nonEmpty(h.Directory))}, {"types", orAll(h.Types)}, {"state", h.standing()}}
	for _, r := range [][]string{{"failing since", h.FailingSince}, {"next attempt", h.NextAttempt}, {"last error", h.LastError}, {"last success", h.LastSuccess}, {"both secrets until", h.BothUntil}, {"oldest waiting", h.Backlog.Oldest}} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	rows = append(rows, []string{"backlog", fmt.Sprintf("%d waiting, %d events not looked at, %d given up", h.Backlog.Pending, h.Backlog.Behind, h.Backlog.Failed)})
	if h.Secret != "" {
		rows = append(rows, []string{"secret", h.Secret}, []string{"", "It is shown this once."})
	}
	return rows
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

type webhooksListCmd struct{ remote }

// Run lists webhooks.
func (c *webhooksListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/webhooks", []string{"ID", "URL", "STATE", "TYPES", "WAITING", "LAST SUCCESS"}, func(h hook) []string {
		return []string{"…" + h.ID[max(0, len(h.ID)-8):], h.URL, h.standing(), orAll(h.Types), fmt.Sprint(h.Backlog.Pending), orDash(h.LastSuccess)}
	})
}

type webhooksShowCmd struct{ ofWebhook }

// Run shows a webhook.
func (c *webhooksShowCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(h hook) error { return table(t.out, nil, h.rows()) })
}

type webhooksCreateCmd struct {
	remote
	URL         string   `arg:"" help:"Where messages go: https, and a public address."`
	Types       []string `help:"The types that it is told of, such as user.created or membership.*; several are separated by commas; default all." placeholder:"TYPE"`
	Directory   string   `help:"Only what happens in this directory; default all." placeholder:"NAME"`
	Description string   `help:"What receives." placeholder:"TEXT"`
}

// Help shows how.
func (webhooksCreateCmd) Help() string {
	return "Messages are signed by the Standard Webhooks scheme; libraries for it verify them with the printed secret. Examples:\n\n" +
		"  muster webhooks create https://hooks.example.com/muster --types 'user.*,membership.removed'\n" +
		"  muster webhooks test https://hooks.example.com/muster\n" +
		"  muster webhooks deliveries https://hooks.example.com/muster --state pending"
}

// Run makes a webhook.
func (c *webhooksCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"url": c.URL}
	if len(c.Types) > 0 {
		body["types"] = c.Types
	}
	for name, value := range map[string]string{"directory": c.Directory, "description": c.Description} {
		if value != "" {
			body[name] = value
		}
	}
	return show(ctx, t, c.remote, http.MethodPost, "/webhooks", body, func(h hook) error { return table(t.out, nil, h.rows()) })
}

type webhooksSetCmd struct {
	ofWebhook
	Address     string   `help:"Where messages go from now on." placeholder:"URL"`
	Types       []string `help:"The types that it is told of from now on." placeholder:"TYPE" xor:"types"`
	AllTypes    bool     `help:"It is told of everything." xor:"types"`
	Description string   `help:"What receives." placeholder:"TEXT"`
	Enable      bool     `help:"Send, also what waits." xor:"state"`
	Disable     bool     `help:"Send nothing for now; what happens meanwhile is sent later." xor:"state"`
}

// Run changes a webhook.
func (c *webhooksSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{}
	for name, value := range map[string]string{"url": c.Address, "description": c.Description} {
		if value != "" {
			body[name] = value
		}
	}
	if len(c.Types) > 0 || c.AllTypes {
		body["types"] = append([]string{}, c.Types...)
	}
	if c.Enable {
		body["state"] = "enabled"
	}
	if c.Disable {
		body["state"] = "disabled"
	}
	if len(body) == 0 {
		return errors.New("say what to change: --address, --types, --all-types, --description, --enable or --disable")
	}
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPatch, path, body, func(h hook) error { return table(t.out, nil, h.rows()) })
}

type webhooksRotateCmd struct {
	ofWebhook
	Overlap span `default:"24h" help:"For how long both secrets sign, up to 7d; 0h: the old one is dead at once." placeholder:"DURATION"`
}

// Run exchanges the secret.
func (c *webhooksRotateCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	body := map[string]any{"overlapHours": int(c.Overlap.duration().Round(time.Hour) / time.Hour)}
	return show(ctx, t, c.remote, http.MethodPost, path+"/secret", body, func(h hook) error {
		return table(t.out, nil, [][]string{{"secret", h.Secret}, {"", "It is shown this once."}, {"both until", orDash(h.BothUntil)}})
	})
}

type webhooksTestCmd struct{ ofWebhook }

// Run sends a message.
func (c *webhooksTestCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	taken := true
	err = show(ctx, t, c.remote, http.MethodPost, path+"/test", nil, func(o struct {
		Taken  bool
		Status int
		Error  string
		MS     int64
	}) error {
		if taken = o.Taken; taken {
			return say(t, "taken: status %d after %d ms", o.Status, o.MS)
		}
		return say(t, "not taken: %s", o.Error)
	})
	if err == nil && !taken {
		return exitStatus(1)
	}
	return err
}

type webhooksDeliveriesCmd struct {
	ofWebhook
	State string `help:"Only those that are pending, delivered or failed." enum:",pending,delivered,failed" default:"" placeholder:"STATE"`
}

type delivery struct {
	ID, Event, Type, State, NextAttempt, LastAttempt, Error, Created string
	Attempts, Status                                                 int
}

// Run lists deliveries.
func (c *webhooksDeliveriesCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	path += "/deliveries"
	if c.State != "" {
		path += "?" + url.Values{"state": {c.State}}.Encode()
	}
	return list(ctx, t, c.remote, path, []string{"ID", "TYPE", "STATE", "ATTEMPTS", "LAST", "NEXT", "ERROR"}, func(d delivery) []string {
		return []string{d.ID, d.Type, d.State, fmt.Sprint(d.Attempts), orDash(d.LastAttempt), orDash(d.NextAttempt), orDash(d.Error)}
	})
}

type webhooksRedeliverCmd struct {
	ofWebhook
	Delivery string `arg:"" help:"The delivery's id, from the list."`
}

// Run sends something again.
func (c *webhooksRedeliverCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPost, path+"/deliveries/"+escape(c.Delivery)+"/redelivery", nil, func(d delivery) error {
		return say(t, "%s is sent again", d.Type)
	})
}

type webhooksDeleteCmd struct{ ofWebhook }

// Run ends a webhook.
func (c *webhooksDeleteCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.path(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodDelete, path, nil, func(struct{}) error { return say(t, "%s is told of nothing any more", c.Webhook) })
}
