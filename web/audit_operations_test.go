package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// leaves says of every operation that changes something the action of the event it leaves. Whoever
// adds an operation adds it here, or to leavesNothing with the reason.
var leaves = map[string]string{
	"createTenant": "tenant.created", "deleteTenant": "tenant.deleted",
	"createConnector": "connector.created", "editConnector": "connector.changed", "deleteConnector": "connector.deleted",
	"clearRecords": "connector.retired", "writeRules": "connector.rules.changed", "writeMode": "connector.mode.changed",
	"applyPlan": "connector.rules.changed", "cancelJob": "connector.job.cancelled",
	"mintCredential": "credential.created", "deleteCredential": "credential.deleted",
	"shareSetup": "connector.setupLink.created", "endSetupLink": "connector.setupLink.ended", "mintBySetupLink": "connector.setupLink.used",
	"decideHolds": "directory.hold.", "expectChange": "connector.change.expected", "endExpectedChange": "connector.change.unexpected",
	"createDirectory": "directory.created", "editDirectory": "directory.changed", "removeDirectory": "directory.removed", "restoreDirectory": "directory.restored",
	"createUser": "directory.user.created", "editUser": "directory.user.updated", "deleteUser": "directory.user.deleted", "restoreUser": "directory.user.restored",
	"blockUser": "directory.user.blocked", "unblockUser": "directory.user.unblocked", "unlinkRecord": "directory.user.unlinked", "reapplyUser": "directory.user.reapplied", "eraseUser": "directory.user.erased",
	"createGroup": "directory.group.created", "renameGroup": "directory.group.renamed", "deleteGroup": "directory.group.deleted",
	"addMember": "directory.membership.added", "removeMember": "directory.membership.removed", "changeMembers": "directory.membership.",
	"decideConflict": "directory.conflict.decided", "decideConflicts": "directory.conflict.decided", "undoDecision": "directory.conflict.reopened",
	"createImport": "directory.import.received", "pullImport": "directory.import.received", "applyImport": "directory.import.applied", "cancelImport": "directory.import.cancelled",
	"changeLogLevel": "deployment.logLevel.changed", "endLogLevel": "deployment.logLevel.changed",
	"createConsumer": "consumer.created", "editConsumer": "consumer.changed", "deleteConsumer": "consumer.deleted",
	"createConsumerToken": "consumer.token.created", "deleteConsumerToken": "consumer.token.deleted",
	"createWebhook": "webhook.created", "editWebhook": "webhook.changed", "deleteWebhook": "webhook.deleted",
	"rotateWebhookSecret": "webhook.secret.changed", "redeliver": "webhook.redelivered",
	"signIn": "administrator.signedIn", "signOut": "administrator.session.ended", "endSession": "administrator.session.ended",
	"redeemLink": "administrator.created", "changePassword": "administrator.changed", "createSetupLink": "administrator.link.created", "createPasswordLink": "administrator.link.created",
	"createAdministrator": "administrator.created", "editAdministrator": "administrator.changed", "deleteAdministrator": "administrator.deleted",
	"createAPIToken": "administrator.token.created", "deleteAPIToken": "administrator.token.deleted",
}

// leavesNothing are operations that change nothing an auditor asks for.
var leavesNothing = map[string]string{
	"readLink":        "says what a link is for",
	"previewDecision": "says what would be", "tryMapping": "says what would be", "tryRequest": "is rolled back",
	"judgeRules": "says what would be", "judgeSafety": "says what would be", "openSetupLink": "says what a link is for", "readContactBySetupLink": "says how requests come",
	"keepRulesDraft": "changes nobody's access, and is written with every pause in typing; applying the rules is an event", "dropRulesDraft": "drops what was only a draft",
	"createPlan": "says what would be; applying it is an event", "reverseJob": "makes a plan; applying it is an event",
	"testWebhook": "sends a message that means nothing",
	"tellLogins":  "a login is outside the version of a user, and changes no access",
}

func TestEveryOperationThatChangesSomethingLeavesAnEvent(t *testing.T) {
	t.Parallel()
	program := sourceText(t)
	seen := map[string]bool{}
	for path, item := range document(t, newDesk(t))["paths"].(map[string]any) {
		for method, value := range item.(map[string]any) {
			id, _ := value.(map[string]any)["operationId"].(string)
			if method == "get" || method == "parameters" {
				continue
			}
			seen[id] = true
			action, does := leaves[id]
			_, nothing := leavesNothing[id]
			switch {
			case does == nothing:
				t.Errorf("%s %s (%s): say in leaves which event it leaves, or in leavesNothing why it leaves none", strings.ToUpper(method), path, id)
			case does && !strings.Contains(program, `"`+action):
				t.Errorf("%s %s (%s): nothing in the program writes %s", strings.ToUpper(method), path, id, action)
			}
		}
	}
	for id := range leaves {
		if !seen[id] {
			t.Errorf("there is no operation %s", id)
		}
	}
}

// sourceText is the program's text, without its tests.
func sourceText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, room := range []string{"directory", "storage/sql", "tenants"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
