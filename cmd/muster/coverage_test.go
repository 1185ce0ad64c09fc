package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/tenants/administrators"
	"github.com/muster-scim/muster/web"
)

// commandOf names, for every operation of the admin API, the command that does it. An operation
// that is added without one fails the test below.
var commandOf = map[string]string{
	"listTenants": "tenants list", "createTenant": "tenants create", "deleteTenant": "tenants delete",

	"listConnectors": "connectors list", "createConnector": "connectors create", "readConnector": "connectors show",
	"editConnector": "connectors set", "deleteConnector": "connectors delete", "readMode": "connectors mode", "writeMode": "connectors mode",
	"readConnectorSettling": "connectors show", "readContact": "connectors contact", "listDomains": "connectors domains",
	"clearRecords": "connectors clear-records", "expectChange": "connectors expect-change",
	"readExpectedChange": "connectors expect-change", "endExpectedChange": "connectors expect-change",

	"listCredentials": "credentials list", "mintCredential": "credentials create", "deleteCredential": "credentials delete",
	"shareSetup": "setup-links create", "listSetupLinks": "setup-links list", "endSetupLink": "setup-links delete",

	"readRules": "rules show", "writeRules": "rules set", "listRuleVersions": "rules versions", "readRuleVersion": "rules show", "judgeRules": "rules judge",
	"tryMapping": "mapping test", "readMappingCoverage": "mapping coverage",
	"createPlan": "plan", "readPlan": "plans show", "readLivePlan": "plans live", "listPlanChanges": "plans changes", "listPlanTotals": "plans totals", "applyPlan": "rules apply",
	"listJobs": "jobs list", "readJob": "jobs show", "cancelJob": "jobs cancel", "reverseJob": "jobs revert",

	"listDirectories": "directories list", "createDirectory": "directories create", "readDirectory": "directories show",
	"editDirectory": "directories set", "readDirectorySettling": "directories show", "planRemoval": "directories remove",
	"removeDirectory": "directories remove", "restoreDirectory": "directories restore",

	"listUsers": "users list", "createUser": "users create", "readUser": "users show", "editUser": "users set", "deleteUser": "users delete",
	"restoreUser": "users restore", "blockUser": "users block", "unblockUser": "users unblock", "reapplyUser": "users reapply", "eraseUser": "users erase",
	"unlinkRecord": "users unlink", "previewUnlink": "users unlink", "tellLogins": "logins import", "lookup": "lookup",

	"listGroups": "groups list", "createGroup": "groups create", "readGroup": "groups show", "renameGroup": "groups rename",
	"deleteGroup": "groups delete", "listMembers": "groups members", "listFeeders": "groups feeders", "changeMembers": "groups add",
	"addMember": "groups add", "removeMember": "groups remove", // many at once, by changeMembers

	"createImport": "import run", "pullImport": "import pull", "listImports": "import list", "readImport": "import status",
	"listImportRows": "import problems", "applyImport": "import apply", "cancelImport": "import cancel",

	"listConflicts": "conflicts list", "countConflicts": "conflicts counts", "readConflict": "conflicts show", "weighConflict": "conflicts weigh", "compareRecord": "conflicts compare",
	"decideConflict": "conflicts decide", "decideConflicts": "conflicts decide", "previewDecision": "conflicts decide",
	"undoDecision": "conflicts undo", "previewUndo": "conflicts undo",
	"countHolds": "holds list", "judgeSafety": "holds limits", "listHolds": "holds list", "decideHolds": "holds apply",

	"listConsumers": "consumers list", "createConsumer": "consumers create", "readConsumer": "consumers tokens", "editConsumer": "consumers set",
	"deleteConsumer": "consumers delete", "createConsumerToken": "consumers rotate", "deleteConsumerToken": "consumers revoke",

	"why": "why", "tryRequest": "try", "listGuides": "guide", "readGuide": "guide",
	"listEvents": "events list", "getAuditIntegrity": "audit status", "listAuditBlocks": "audit blocks", "exportAudit": "audit export",
	"listRequests": "requests list", "listConnectorRequests": "requests list", "readRequest": "requests show", "readActivity": "activity",
	"stream": "requests tail", // and events tail

	"listWebhooks": "webhooks list", "readWebhook": "webhooks show", "createWebhook": "webhooks create", "editWebhook": "webhooks set",
	"deleteWebhook": "webhooks delete", "rotateWebhookSecret": "webhooks rotate", "testWebhook": "webhooks test",
	"listDeliveries": "webhooks deliveries", "redeliver": "webhooks redeliver",

	"listAdministrators": "admin list", "readAdministrator": "admin list", "createAdministrator": "admin create", "editAdministrator": "admin set",
	"deleteAdministrator": "admin delete", "createPasswordLink": "admin reset-password", "createSetupLink": "admin setup-link",
	"listSessions": "admin sessions", "endSession": "admin sessions", "listAPITokens": "admin tokens", "deleteAPIToken": "admin tokens",
	"readMe": "whoami",

	"readOverview": "overview show", "readTraffic": "overview activity", "readAbout": "about", "readLogLevel": "log-level show", "changeLogLevel": "log-level set", "endLogLevel": "log-level reset",
}

// withoutCommand are operations that only a program can use, and why.
var withoutCommand = map[string]string{
	"signIn": inBrowser, "signOut": inBrowser, "beginOIDC": inBrowser, "finishOIDC": inBrowser, "changePassword": inBrowser,
	"readSetup": inBrowser, "readLink": inBrowser, "redeemLink": inBrowser,
	"openSetupLink": byLink, "readContactBySetupLink": byLink, "mintBySetupLink": byLink,
	"readRulesDraft": whileTyping, "keepRulesDraft": whileTyping, "dropRulesDraft": whileTyping,
	"createAPIToken": "is for a session, which is signed in in a browser: no token makes tokens",
}

const (
	inBrowser   = "is a step of signing in, in a browser"
	byLink      = "is for whoever opens a set-up link, in a browser"
	whileTyping = "is what a page keeps while somebody types; drafts of the command line are files"
)

func TestEveryOperationOfTheAPIHasACommand(t *testing.T) {
	t.Parallel()
	commands := map[string]bool{}
	for _, leaf := range modelOf(t).Leaves(false) {
		commands[commandName(leaf)] = true
	}
	operations := operationsOf(t)
	for _, id := range operations {
		command, reason := commandOf[id], withoutCommand[id]
		switch {
		case command == "" && reason == "":
			t.Errorf("operation %s has no command; write one, and name it in commandOf", id)
		case command != "" && !commands[command]:
			t.Errorf("operation %s is said to be done by muster %s, which is no command", id, command)
		}
	}
	for id := range commandOf {
		if !slices.Contains(operations, id) {
			t.Errorf("there is no operation %s any more; take it out of commandOf", id)
		}
	}
	if len(operations) < 80 {
		t.Errorf("only %d operations were looked at", len(operations))
	}
}

// textOnly are the commands without -o, and why their output is no data.
var textOnly = map[string]string{
	"serve": "runs until it is stopped", "migrate": "says that it is done", "healthcheck": "is read by its exit status",
	"apply": "is a conversation", "rules edit": "is a conversation", "export": "writes a file, which is YAML; its -o names it",
	"audit export": "writes a file, which is JSON lines; its -o names it", "simulate": "plays an IdP", "demo": "is for people",
	"completion": "writes a script", "openapi": "writes the document, which is JSON",
}

func TestEveryCommandThatPrintsDataCanPrintItAsJSONAndYAML(t *testing.T) {
	t.Parallel()
	for _, leaf := range modelOf(t).Leaves(false) {
		name, has := commandName(leaf), false
		for _, flags := range leaf.AllFlags(false) {
			for _, flag := range flags {
				has = has || flag.Name == "output" && flag.Short == 'o' && slices.Contains(flag.Envs, "MUSTER_OUTPUT")
			}
		}
		if has == (textOnly[name] != "") && !leaf.Hidden {
			t.Errorf("muster %s: -o, --output and MUSTER_OUTPUT are there: %v. Embed printing, or name the command in textOnly with the reason", name, has)
		}
	}
}

// modelOf is the command line's own description.
func modelOf(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newParser(&terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// commandName is what is typed for a command behind muster.
func commandName(n *kong.Node) string {
	var names []string
	for ; n.Parent != nil; n = n.Parent {
		names = append([]string{n.Name}, names...)
	}
	return strings.Join(names, " ")
}

// operationsOf are the ids of the API's operations.
func operationsOf(t *testing.T) (operations []string) {
	t.Helper()
	api, err := web.New(web.Options{AdminToken: "not used", PublicURL: "http://127.0.0.1:1", Administrators: administrators.NewRegistry(nil, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	api.Mount(gateway.NewEngine(slog.New(slog.DiscardHandler)).Engine)
	text, err := api.Document().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, path := range document.Paths {
		for _, op := range path {
			operations = append(operations, op.OperationID)
		}
	}
	slices.Sort(operations)
	return operations
}
