// Command muster is the whole product: the server with its SCIM gateway and admin API, the
// command line of administrators, which is a client of that API, and an IdP to try it with.
//
// It holds flags, environment, wiring and lifecycle, and decides nothing about SCIM or people.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "dev"

// cli is the command line.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Run the SCIM gateway and the admin API."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database to this version's schema, and stop."`
	Backup      backupCmd      `cmd:"" help:"Copy the database into a file while servers use it."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup in the place of the database."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	Config      configCmd      `cmd:"" help:"Look at the configuration."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running server whether it is ready; exit status 1 if not."`
	Doctor      doctorCmd      `cmd:"" help:"Look at configuration, database, Redis, clocks, disk and public URL, and say what to do; exit status 1 if something is wrong."`
	LogLevel    logLevelCmd    `cmd:"" help:"What a running server logs, changed for a while."`

	Tenants     tenantsCmd     `cmd:"" help:"Organisations whose IdPs provision."`
	Connectors  connectorsCmd  `cmd:"" help:"Provisioning sources: base URLs, modes, settings."`
	Credentials credentialsCmd `cmd:"" help:"Tokens of a connector."`
	SetupLinks  setupLinksCmd  `cmd:"" help:"Links with which the IdP's administrator connects it, without signing in."`
	Rules       rulesCmd       `cmd:"" help:"A connector's policy."`
	Mapping     mappingCmd     `cmd:"" help:"What a connector's mapping makes of what its IdP sends."`
	Plans       plansCmd       `cmd:"" help:"Plans that were made: in numbers and line by line."`
	Plan        planCmd        `cmd:"" help:"Say what a change of rules or mode, or a retirement, would do."`
	Apply       applyCmd       `cmd:"" help:"Make the server have what a file says."`
	Export      exportCmd      `cmd:"" help:"Write what administrators set as a file, to keep and to apply."`
	Test        testCmd        `cmd:"" help:"Run the tests of rules in a file; needs no server."`
	Jobs        jobsCmd        `cmd:"" help:"Plans that are being applied, or were."`
	Users       usersCmd       `cmd:"" help:"Users of a directory."`
	Lookup      lookupCmd      `cmd:"" help:"Find people by e-mail, userName or any id."`
	Import      importCmd      `cmd:"" help:"Bring in existing users, groups and memberships."`
	Logins      loginsCmd      `cmd:"" help:"When users last signed in."`
	Groups      groupsCmd      `cmd:"" help:"Groups of a directory and their members."`
	Directories directoriesCmd `cmd:"" help:"Directories and their settings."`
	Consumers   consumersCmd   `cmd:"" help:"Applications that read a directory."`
	Webhooks    webhooksCmd    `cmd:"" help:"Addresses that are told of changes."`
	Conflicts   conflictsCmd   `cmd:"" help:"What linking or settling could not do by itself."`
	Holds       holdsCmd       `cmd:"" help:"What safety limits hold back: list, apply, discard."`
	Requests    requestsCmd    `cmd:"" help:"What IdPs sent, what they were answered and what came of it."`
	Admin       adminCmd       `cmd:"" help:"Administrators: who may use the admin API and the UI, and as what."`
	Events      eventsCmd      `cmd:"" help:"The audit."`
	Audit       auditCmd       `cmd:"" help:"Verify and export the sealed audit."`
	Activity    activityCmd    `cmd:"" help:"How much is kept of the connectors' requests."`
	Overview    overviewCmd    `cmd:"" help:"How every connector stands, what waits for a decision, and what came over time."`
	About       aboutCmd       `cmd:"" help:"Say what the server is and rests on: version, database, last migration."`
	WhoAmI      whoamiCmd      `cmd:"" name:"whoami" help:"Say who the server takes you for, and what you may do."`
	Why         whyCmd         `cmd:"" help:"Say why a user is in a group or not, has its status, or an attribute its value."`
	Try         tryCmd         `cmd:"" help:"Try a SCIM request of a connector without changing anything."`

	Completion completionCmd `cmd:"" help:"Print the script with which a shell completes commands, flags and names."`
	Complete   completeCmd   `cmd:"" name:"__complete" hidden:"" help:"What the scripts of completion ask."`

	OpenAPI  openapiCmd  `cmd:"" name:"openapi" help:"Print the admin API's OpenAPI document."`
	Guide    guideCmd    `cmd:"" help:"Say how an identity provider is connected."`
	Simulate simulateCmd `cmd:"" help:"Play an IdP: provision a made-up company through a connector."`
	Demo     demoCmd     `cmd:"" help:"Show what Muster does: three tenants, their IdPs, four rules and the reasons."`
}

// terminal is where commands write.
type terminal struct {
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], &terminal{out: os.Stdout, err: os.Stderr}))
}

// run parses args, runs the command and returns the exit status: 0 done, 1 failed, 2 misused, or
// what the command says itself (exitStatus).
func run(ctx context.Context, args []string, t *terminal) int {
	exit := -1
	parser, err := newParser(t, func(code int) { exit = code })
	if err != nil {
		fmt.Fprintln(t.err, "muster:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help has answered
		return exit
	}
	if err != nil {
		fmt.Fprintf(t.err, "muster: %v\n%s\n", err, wayToHelp(err))
		return 2
	}
	form, t, done := printed(parsed, t)
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(t)
	if broken := done(); err == nil {
		err = broken
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(t.err, "muster: stopped")
		return 130
	}
	var status exitStatus
	if errors.As(err, &status) {
		return int(status)
	}
	t.fail(form, err)
	return 1
}

// wayToHelp names the help of the command that was misused.
func wayToHelp(err error) string {
	var misuse *kong.ParseError
	if errors.As(err, &misuse) && misuse.Context != nil {
		if command := misuse.Context.Command(); command != "" {
			command, _, _ = strings.Cut(command, " <")
			if strings.HasPrefix(misuse.Error(), "unexpected argument") { // perhaps a subcommand was meant
				command, _, _ = strings.Cut(command, " ")
			}
			return "muster " + command + " --help says how."
		}
	}
	return "muster --help lists the commands."
}

func newParser(t *terminal, exit func(int)) (*kong.Kong, error) {
	parser, err := kong.New(&cli{},
		kong.Name("muster"),
		kong.Description("A multi-tenant SCIM gateway with group policy rules.\n\n"+
			"muster serve runs it. The other commands talk to a running server: at MUSTER_URL, else where MUSTER_PUBLIC_URL or "+
			"MUSTER_LISTEN say, with MUSTER_ADMIN_TOKEN or the file admin.token beside the SQLite database.\n\n"+
			"Every command shows examples under --help. -o json and -o yaml, or MUSTER_OUTPUT, print data whole, for programs; "+
			"muster completion teaches the shell."),
		kong.Writers(t.out, t.err),
		kong.Exit(exit),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err == nil {
		teach(parser.Model)
	}
	return parser, err
}

type versionCmd struct{ printing }

// Run prints the version.
func (c *versionCmd) Run(t *terminal) error {
	if c.Output == asJSON {
		return printValue(t, map[string]string{"version": version})
	}
	_, err := fmt.Fprintln(t.out, "muster", version)
	return err
}
