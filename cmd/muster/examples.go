package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// examples are the lines that commands show under --help which have no more to say than that; the
// others have a method Help. A test parses every line.
var examples = map[string]string{
	"serve":        "MUSTER_PUBLIC_URL=https://muster.example.com muster serve\nmuster serve --listen 127.0.0.1:8081",
	"migrate":      "muster migrate\nmuster migrate --app-role muster_app",
	"version":      "muster version\nmuster version -o json",
	"config check": "muster config check\nmuster config check -o json",
	"healthcheck":  "muster healthcheck && echo ready",
	"doctor":       "muster doctor\nmuster doctor -o json",

	"log-level show":  "muster log-level",
	"log-level set":   "muster log-level set debug --for 10m\nmuster log-level set debug -c acme-okta",
	"log-level reset": "muster log-level reset",

	"tenants list":   "muster tenants list",
	"tenants create": "muster tenants create acme",
	"tenants delete": "muster tenants delete acme",

	"connectors list":   "muster connectors list\nmuster connectors list -o json",
	"connectors show":   "muster connectors show acme-okta",
	"connectors delete": "muster plan acme-okta --retire keep\nmuster connectors delete acme-okta",

	"connectors domains": "muster connectors domains acme-okta",
	"credentials list":   "muster credentials list acme-okta",
	"credentials delete": "muster credentials list acme-okta\nmuster credentials delete acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",

	"rules plan":     "muster rules plan acme-okta rules.yaml\nmuster rules plan acme-okta --version 3",
	"rules apply":    "muster rules apply acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --comment 'contractors left'",
	"rules versions": "muster rules versions acme-okta\nmuster rules show acme-okta --version 3",

	"mapping coverage": "muster mapping coverage acme-okta",

	"jobs list":   "muster jobs list",
	"jobs show":   "muster jobs show 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",
	"jobs cancel": "muster jobs cancel 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --comment 'the wrong file'",
	"jobs revert": "muster jobs revert 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",

	"users show":    "muster users show ada@acme.example\nmuster users show ada@acme.example --at 2026-05-03",
	"users create":  "muster users create robot@acme.example --display-name Robot --email robot@acme.example",
	"users block":   "muster users block ada@acme.example 'lost her laptop'",
	"users unblock": "muster users unblock ada@acme.example",
	"users unlink":  "muster users unlink ada@acme.example acme-okta --preview\nmuster users unlink ada@acme.example acme-okta",
	"users reapply": "muster users reapply ada@acme.example --preview\nmuster users reapply ada@acme.example",
	"users restore": "muster users list --status deleted\nmuster users restore ada@acme.example",
	"users delete":  "muster users delete robot@acme.example",

	"import pull":     "IMPORT_TOKEN=secret muster import pull https://old.example.com/scim/v2 --dry-run",
	"import list":     "muster import list",
	"import status":   "muster import status\nmuster import status 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b -o json",
	"import problems": "muster import problems > mend.csv",
	"import apply":    "muster import apply --comment 'the people of the old system'",
	"import cancel":   "muster import cancel",

	"groups list":    "muster groups list -f 'displayName sw \"jira-\"'\nmuster groups list --empty",
	"groups feeders": "muster groups feeders jira-users",
	"groups create":  "muster groups create vpn-users",
	"groups remove":  "muster groups remove vpn-users ada@acme.example --preview\nmuster groups remove vpn-users ada@acme.example",
	"groups rename":  "muster groups rename vpn-users remote-access",
	"groups delete":  "muster groups delete remote-access",

	"directories list":    "muster directories list",
	"directories create":  "muster directories create staging",
	"directories restore": "muster directories restore staging",

	"consumers list":   "muster consumers list",
	"consumers set":    "muster consumers set Jira --groups 'jira-.*'\nmuster consumers set Jira --all-attributes",
	"consumers tokens": "muster consumers tokens Jira",
	"consumers rotate": "muster consumers rotate Jira --expires 90d",
	"consumers revoke": "muster consumers revoke Jira 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",
	"consumers delete": "muster consumers delete Jira",

	"conflicts list":   "muster conflicts list --kind ambiguousMatch\nmuster conflicts list --connector acme-okta --csv > conflicts.csv",
	"conflicts counts": "muster conflicts counts",
	"conflicts show":   "muster conflicts show 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",
	"conflicts weigh":  "muster conflicts weigh 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",
	"conflicts undo":   "muster conflicts list --state decided\nmuster conflicts undo 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --preview",

	"holds list":   "muster holds list\nmuster holds list acme-okta --kind disable",
	"audit status": "muster audit status",

	"webhooks list":       "muster webhooks list",
	"webhooks show":       "muster webhooks show https://hooks.example.com/muster",
	"webhooks set":        "muster webhooks set https://hooks.example.com/muster --types 'user.*'\nmuster webhooks set https://hooks.example.com/muster --disable",
	"webhooks rotate":     "muster webhooks rotate https://hooks.example.com/muster --overlap 48h",
	"webhooks test":       "muster webhooks test https://hooks.example.com/muster",
	"webhooks deliveries": "muster webhooks deliveries https://hooks.example.com/muster --state failed",
	"webhooks redeliver":  "muster webhooks redeliver https://hooks.example.com/muster 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",
	"webhooks delete":     "muster webhooks delete https://hooks.example.com/muster",

	"admin list":           "muster admin list",
	"admin create":         "muster admin create grace@acme.example --name Grace --role operator\nmuster admin create ada@acme.example --role ruleEditor --tenant acme",
	"admin set":            "muster admin set grace@acme.example --role owner",
	"admin disable":        "muster admin disable grace@acme.example",
	"admin enable":         "muster admin enable grace@acme.example",
	"admin delete":         "muster admin delete grace@acme.example",
	"admin reset-password": "muster admin reset-password grace@acme.example",
	"admin setup-link":     "muster admin setup-link",
	"admin sessions":       "muster admin sessions\nmuster admin sessions --end 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b",
	"admin tokens":         "muster admin tokens",

	"demo": "muster demo",
}

// teach gives every command without a help of its own its examples.
func teach(model *kong.Application) {
	for _, leaf := range model.Leaves(false) {
		lines, known := examples[nameOf(leaf)]
		if !known || leaf.Detail != "" {
			continue
		}
		title := "Example:"
		if strings.Contains(lines, "\n") {
			title = "Examples:"
		}
		leaf.Detail = title + "\n\n  " + strings.ReplaceAll(lines, "\n", "\n  ")
	}
}
