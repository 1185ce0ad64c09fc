package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

type connectorsContactCmd struct {
	remote
	Connector string        `arg:"" help:"The connector's slug."`
	Wait      time.Duration `help:"Wait so long until its IdP gets through, such as 10m." placeholder:"DURATION"`
}

// Help shows when to use it.
func (connectorsContactCmd) Help() string {
	return "Enter base URL and token at the IdP, let it test the connection, and see here whether that got through, or why not:\n\n" +
		"  muster connectors contact acme-okta --wait 10m"
}

type contact struct {
	State, First, Last, Credential, Agent, Version string
	Problems                                       []struct {
		Diagnosis, Sentence, Next, Hint, Last string
		Count                                 int64
	}
	Asked []struct {
		Method, Route, Version, Credential, Last string
		Status                                   int
		Count                                    int64
	}
}

// Run shows how connector and IdP get on, and waits until they do.
func (c *connectorsContactCmd) Run(ctx context.Context, t *terminal) error {
	if c.Wait > 0 {
		if err := c.wait(ctx, t); err != nil {
			return err
		}
	}
	return show(ctx, t, c.remote, http.MethodGet, c.path(), nil, func(x contact) error { return x.print(t) })
}

func (c *connectorsContactCmd) path() string {
	return "/connectors/" + escape(c.Connector) + "/contact"
}

// wait looks every second, and says each problem once.
func (c *connectorsContactCmd) wait(ctx context.Context, t *terminal) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	said := map[string]bool{}
	for {
		var x contact
		if err := server.call(ctx, http.MethodGet, c.path(), nil, &x); err != nil && ctx.Err() == nil {
			return err
		}
		if x.State == "connected" {
			return nil
		}
		for _, p := range x.Problems {
			if !said[p.Diagnosis+p.Hint] && c.Output != "json" {
				said[p.Diagnosis+p.Hint] = true
				if err := say(t, "%s %s", p.Sentence, p.Next); err != nil {
					return err
				}
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("its IdP did not get through in that time; muster connectors contact " + c.Connector + " shows what came")
		case <-tick.C:
		}
	}
}

func (x contact) print(t *terminal) error {
	rows := [][]string{{"state", x.State}}
	for _, line := range [][2]string{{"first heard", x.First}, {"last heard", x.Last}, {"credential", x.Credential}, {"client", x.Agent}, {"SCIM", x.Version}} {
		if line[1] != "" {
			rows = append(rows, []string{line[0], line[1]})
		}
	}
	if err := table(t.out, nil, rows); err != nil {
		return err
	}
	if x.State == "waiting" {
		return say(t, "Nothing has come yet. Enter base URL and credential at the IdP and let it test the connection.")
	}
	rows = nil
	for _, p := range x.Problems {
		rows = append(rows, []string{p.Last, strconv.FormatInt(p.Count, 10), orDash(p.Hint), p.Sentence + " " + p.Next})
	}
	if err := section(t, "What is or was wrong", []string{"LAST", "TIMES", "SHOWN", "WHAT, AND WHAT TO DO"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, a := range x.Asked {
		rows = append(rows, []string{a.Last, strconv.FormatInt(a.Count, 10), a.Version, orDash(a.Credential), strconv.Itoa(a.Status), a.Method + " " + a.Route})
	}
	return section(t, "What it asked", []string{"LAST", "TIMES", "SCIM", "CREDENTIAL", "STATUS", "REQUEST"}, rows)
}

// section is a table under a line of its own, if it has rows.
func section(t *terminal, title string, headings []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	if err := say(t, "\n%s:", title); err != nil {
		return err
	}
	return table(t.out, headings, rows)
}
