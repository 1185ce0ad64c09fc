package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

type lookupCmd struct {
	inDirectory
	Text string `arg:"" help:"An e-mail, a userName, an id of the directory or of a connector, an externalId or an employeeNumber, whole."`
}

// Help shows how.
func (lookupCmd) Help() string {
	return "Finds people by anything that names them, and lists every id that they have.\n\nExamples:\n\n" +
		"  muster lookup ada@acme.example\n" +
		"  muster lookup 00u1a2b3c4   # an externalId of Okta"
}

type lookupRecord struct {
	Connector, ID, State, UserName, ExternalID, EmployeeNumber string
	Matched                                                    []lookupMatch
}

type lookupMatch struct{ By, Connector string }

type lookupAnswer struct {
	People []struct {
		ID, UserName, Status string
		Local, Managed       bool
		Matched              []lookupMatch
		Records              []lookupRecord
	}
	Records []lookupRecord
	More    bool
}

// Run looks somebody up.
func (c *lookupCmd) Run(ctx context.Context, t *terminal) error {
	path := c.path("/lookup?" + url.Values{"q": {c.Text}}.Encode())
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x lookupAnswer) error { return x.print(t, c.Text) })
}

func (x lookupAnswer) print(t *terminal, text string) error {
	if len(x.People)+len(x.Records) == 0 {
		_, err := fmt.Fprintf(t.err, "Nobody is called %s, and no id is that one. Only whole values are found.\n", text)
		return err
	}
	var rows [][]string
	for _, p := range x.People {
		of := "a former user"
		switch {
		case p.Managed:
			of = "managed"
		case p.Local:
			of = "local"
		}
		rows = append(rows, []string{p.UserName, "directory", p.ID, p.Status + ", " + of, "-", matchedWhere(p.Matched)})
		for _, r := range p.Records {
			rows = append(rows, r.cells(""))
		}
	}
	for _, r := range x.Records {
		rows = append(rows, r.cells("no user: "+matchedWhere(r.Matched)))
	}
	if err := table(t.out, []string{"USER NAME", "WHERE", "ID", "STATE", "EXTERNAL ID", "FOUND BY"}, rows); err != nil {
		return err
	}
	if x.More {
		return say(t, "There are more; look for something that fewer people share.")
	}
	return nil
}

func (r lookupRecord) cells(found string) []string {
	return []string{r.UserName, r.Connector, r.ID, r.State, orDash(r.ExternalID), orDash(found)}
}

// matchedWhere says where a text was found.
func matchedWhere(all []lookupMatch) string {
	var parts []string
	for _, m := range all {
		if m.Connector == "" {
			parts = append(parts, m.By)
		} else {
			parts = append(parts, m.By+" in "+m.Connector)
		}
	}
	return strings.Join(parts, ", ")
}

type domainsCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

type domainCounts struct {
	Domains []struct {
		Domain          string
		Records, Linked int
		Listed          bool
	}
	Records, Linked, WithoutDomain int
	More                           bool
}

// Run counts a connector's users by domain.
func (c *domainsCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/connectors/"+escape(c.Connector)+"/domains", nil, func(x domainCounts) error {
		var rows [][]string
		for _, d := range x.Domains {
			listed := "no"
			if d.Listed {
				listed = "yes"
			}
			rows = append(rows, []string{d.Domain, fmt.Sprint(d.Records), fmt.Sprint(d.Linked), listed})
		}
		if len(rows) > 0 {
			if err := table(t.out, []string{"DOMAIN", "USERS", "LINKED", "IN LINKING.DOMAINS"}, rows); err != nil {
				return err
			}
		}
		return say(t, "%d users, %d of them linked, %d without a domain.", x.Records, x.Linked, x.WithoutDomain)
	})
}

// csvOf copies a list as CSV, all of it.
func csvOf(ctx context.Context, t *terminal, r remote, path string) error {
	api, err := r.connect()
	if err != nil {
		return err
	}
	api.http.Timeout = 0 // as long as it takes
	response, err := api.send(ctx, http.MethodGet, path, "text/csv", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(t.out, response.Body)
	return err
}
