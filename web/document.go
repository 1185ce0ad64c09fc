package web

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// config is the API's OpenAPI document without its paths, and huma without what we do not want:
// no $schema in answers, no documentation page that loads scripts from elsewhere.
func (a *API) config() huma.Config {
	c := huma.DefaultConfig("Muster admin API", a.version)
	c.CreateHooks = nil
	c.DocsPath = ""
	c.SchemasPath = ""
	c.Formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}
	c.Transformers = []huma.Transformer{a.fromHuma}
	c.Info.Description = "Tenants, connectors and their rules; the directory's users, groups and memberships with the reason " +
		"for each; conflicts, questions and the audit.\n\n" +
		"Every operation but signing in needs a session, an API token or the admin token; `x-muster-role` is the least role it takes, and `x-muster-reach` what of it is open to administrators who are " +
		"limited to tenants. Errors are RFC 9457 problem documents: programs read `code`, " +
		"people read `detail`. Lists are `{\"items\":[…],\"next\":\"cursor\"|null}`. Objects that can be edited carry an `ETag`; " +
		"a change that sends it back in `If-Match` is refused with 412 if somebody else was quicker."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: a.public + Base}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"adminToken": {Type: "http", Scheme: "bearer", Description: "An administrator's API token, or the deployment's admin token: the value of MUSTER_ADMIN_TOKEN, or of the file admin.token beside the database."},
		"session":    {Type: "apiKey", In: "cookie", Name: a.cookieName(sessionCookie), Description: "The session of an administrator who has signed in."},
	}
	c.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	c.Tags = []*huma.Tag{
		{Name: "Sign-in", Description: "Coming in, going out, and the ways in that an administrator has."},
		{Name: "Administrators", Description: "Who may use this API, and as what."},
		{Name: "Tenants", Description: "Organisations whose IdPs provision."},
		{Name: "Connectors", Description: "Provisioning sources: base URL, credentials, rules, mode."},
		{Name: "Set-up links", Description: "What whoever holds a set-up link of a connector may do, without signing in."},
		{Name: "Directories", Description: "Shared stores of effective users, groups and memberships."},
		{Name: "Users", Description: "Users of a directory, with the reason for everything they have."},
		{Name: "Imports", Description: "Existing users, groups and memberships, brought in from files and other servers."},
		{Name: "Groups", Description: "Groups of a directory and their members."},
		{Name: "Conflicts", Description: "What linking or settling could not do by itself."},
		{Name: "Holds", Description: "What the safety limits of connectors hold back, and windows in which they do not."},
		{Name: "Plans", Description: "What a change of rules or of a mode would do, and doing it."},
		{Name: "Jobs", Description: "Plans that are being carried out."},
		{Name: "Questions", Description: "Why somebody is, or is not, in a group."},
		{Name: "Activity", Description: "The SCIM requests that came, and sums of them over time."},
		{Name: "Events", Description: "The audit."},
		{Name: "Live", Description: "What happens, as it happens."},
		{Name: "Webhooks", Description: "Addresses that are told of changes."},
		{Name: "Consumers", Description: "Applications that read a directory."},
		{Name: "Server", Description: "The server itself: what it logs."},
		{Name: "Guides", Description: "How each identity provider is connected."},
	}
	return c
}

// finishDocument takes out of the document the error schemas that huma registers for itself and
// that no operation refers to.
func (a *API) finishDocument() {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
}

// Document returns the OpenAPI document.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }
