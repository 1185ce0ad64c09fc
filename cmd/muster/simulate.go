package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/muster-scim/muster/cmd/muster/idp"
)

type simulateCmd struct {
	URL         string        `env:"MUSTER_URL" help:"The server; default MUSTER_PUBLIC_URL, else MUSTER_LISTEN." placeholder:"URL"`
	IDP         string        `name:"idp" required:"" placeholder:"NAME" help:"Which IdP to play."`
	Users       int           `default:"200" help:"How many people the company has."`
	Groups      int           `default:"10" help:"How many groups."`
	Connector   string        `help:"The connector's slug; default sim- and the IdP's name. Made if missing; used again if there." placeholder:"SLUG"`
	Tenant      string        `help:"The tenant of a connector that is made; default its slug." placeholder:"NAME"`
	Directory   string        `default:"main" help:"The directory of a connector that is made."`
	Rules       string        `help:"Rules to give the connector first: a file with JSON, or the JSON itself." placeholder:"FILE|JSON"`
	Concurrency int           `default:"4" help:"Requests at once."`
	Seed        uint64        `default:"1" help:"The same seed makes the same company, the same day and the same chaos."`
	Chaos       []string      `help:"What goes wrong on the way: retries, duplicates, reorder, lost, or all." placeholder:"KIND,…"`
	Ledger      string        `help:"Append every acknowledged change to this file, one JSON line each." placeholder:"FILE"`
	Day         bool          `default:"true" negatable:"" help:"After provisioning, play a day: changes, leavers, renames."`
	Patience    time.Duration `default:"30s" help:"How long a request is tried again while the server does not answer."`

	product *idp.Product
	chaos   *idp.Chaos
	secret  access // what the IdP presents
	made    bool   // the connector was made by this run: nobody else has written to it
}

// Help shows how.
func (simulateCmd) Help() string {
	var text strings.Builder
	text.WriteString("A made-up company is provisioned in the requests that a real IdP sends, and then lives through a day: promotions, weddings, leavers, " +
		"moves between groups. What the server acknowledged is kept in a ledger; at the end everything is read back through SCIM and compared with it. " +
		"A difference is printed, and the exit status is 1.\n\n" +
		"Examples:\n\n" +
		"  muster simulate --idp okta\n" +
		"  muster simulate --idp entra --users 2000 --groups 40 --connector big-entra\n" +
		"  muster simulate --idp okta --rules '{\"neverAssign\":[\".*-admins\"]}'\n" +
		"  muster simulate --idp entra-flag --chaos retries,lost --seed 7\n\n" +
		"The IdPs:\n\n")
	for _, p := range idp.Products {
		fmt.Fprintf(&text, "  %-14s%s\n", p.Name, p.Title)
	}
	text.WriteString("\nThe chaos:\n\n" +
		"  retries     requests that never arrive, and requests sent again while the first is still being worked on\n" +
		"  duplicates  requests delivered a second time after their answer\n" +
		"  reorder     steps in another order; changes of one group's members at the same time, where the IdP does that\n" +
		"  lost        answers that never arrive, of requests that were carried out\n" +
		"  all         all of them\n\n" +
		"docs/simulate.md says what each IdP sends.")
	return text.String()
}

// Validate finds the IdP and the chaos.
func (c *simulateCmd) Validate() (err error) {
	if c.product = idp.ProductNamed(c.IDP); c.product == nil {
		return fmt.Errorf("--idp must be one of %s", strings.Join(idp.ProductNames(), ", "))
	}
	if c.Users < 1 || c.Groups < 0 || c.Concurrency < 1 {
		return errors.New("--users and --concurrency must be at least 1, --groups at least 0")
	}
	if c.chaos, err = idp.ParseChaos(c.Chaos, c.Seed); err != nil {
		return fmt.Errorf("--chaos: %w", err)
	}
	return nil
}

// Run provisions a company and says what the directory made of it.
func (c *simulateCmd) Run(ctx context.Context, t *terminal) error {
	api, err := remote{URL: c.URL}.connect()
	if err != nil {
		return err
	}
	return c.play(ctx, t, api)
}

// play is Run against a server that is known.
func (c *simulateCmd) play(ctx context.Context, t *terminal, api *client) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if c.Connector == "" {
		c.Connector = "sim-" + c.IDP
	}
	if c.product.UsersOnly {
		c.Groups = 0
	}
	target, err := c.prepare(ctx, t, api)
	if err != nil {
		return err
	}
	company := idp.NewCompany(target.Tenant+".example", c.Users, c.Groups, c.Seed)
	run := &idp.Run{Product: c.IDP, Company: company, Concurrency: c.Concurrency, Client: c.client(api.base, target)}
	if c.Day {
		run.Day = idp.NewDay(company, c.Seed)
	}
	if c.Ledger != "" {
		file, err := os.OpenFile(c.Ledger, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("opening the ledger: %w", err)
		}
		defer file.Close()
		run.Client.Ledger = idp.NewLedger(file)
	}
	progress := newProgress(t)
	run.Progress = progress
	err = run.Play(ctx)
	progress.finish()
	if ctx.Err() != nil {
		return errors.Join(say(t, "What was provisioned stays. The same command goes on with connector %s.", target.Slug), ctx.Err())
	}
	if err != nil {
		return err
	}
	if err := c.compare(ctx, t, run); err != nil {
		return err
	}
	return c.summarise(ctx, t, api, target)
}

// client is the IdP's side of the connector.
func (c *simulateCmd) client(base string, target connector) *idp.Client {
	version := "/v2"
	if c.product.V1 {
		version = "/v1"
	}
	return &idp.Client{Base: base + "/scim/" + target.Slug + version, Connector: target.Slug,
		Token: c.secret.Token, Username: c.secret.Username, Password: c.secret.Password,
		HTTP: idpHTTP(c.Concurrency), Patience: c.Patience, Chaos: c.chaos}
}

// mostDifferences is how many differences are printed.
const mostDifferences = 20

// compare holds what the server answers against what it has acknowledged.
func (c *simulateCmd) compare(ctx context.Context, t *terminal, run *idp.Run) error {
	found, err := run.Compare(ctx, c.made)
	if err != nil {
		return fmt.Errorf("reading back what was provisioned: %w", err)
	}
	if c.chaos != nil {
		if err := say(t, "\nChaos: %s.", c.chaos); err != nil {
			return err
		}
	}
	if found.Unclear > 0 {
		if err := say(t, "%d resources are left out of the comparison: the server never said whether it made their last change.", found.Unclear); err != nil {
			return err
		}
	}
	if len(found.Differences) == 0 {
		return say(t, "Read back over SCIM: %d users and %d groups with %d memberships, all as acknowledged.", found.Users, found.Groups, found.Memberships)
	}
	for _, difference := range found.Differences[:min(len(found.Differences), mostDifferences)] {
		if err := say(t, "  ! %s", printable(difference)); err != nil {
			return err
		}
	}
	return fmt.Errorf("what the server answers differs from what it acknowledged in %d places; --seed %d plays the same again", len(found.Differences), c.Seed)
}

// summarise waits until the directory has followed, and says what it made of it.
func (c *simulateCmd) summarise(ctx context.Context, t *terminal, api *client, target connector) error {
	left, err := settled(ctx, api, "/connectors/"+escape(target.Slug))
	if err != nil {
		return err
	}
	if left > 0 {
		if err := say(t, "%d records still wait to be settled, or for the end of a grace; what follows is what is so now.", left); err != nil {
			return err
		}
	}
	summary, err := summarise(ctx, api, target.Directory, target.Slug, c.Concurrency)
	if err != nil {
		return err
	}
	return summary.print(t, target)
}
