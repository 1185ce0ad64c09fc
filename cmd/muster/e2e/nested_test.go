package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// TestGroupsInGroupsGiveMemberships: an IdP of the kind entra puts groups into groups, one of the
// kind oneaccess organisations into organisations. Who is in an inner one is in the outer ones too,
// the answer to why names the path, and each IdP reads back the members that it sent.
func TestGroupsInGroupsGiveMemberships(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		tenant := s.tenant(t)
		entra := s.connector(t, wanted{Tenant: tenant, Directory: directory, Kind: "entra"})
		p := probeOf(t, entra)
		p.values["ada"] = p.ask("POST /Users", `{"schemas":["{{user}}"],"userName":"ada@acme.example","active":true}`, http.StatusCreated).text(t, "$.id")
		p.values["sre"] = p.ask("POST /Groups", `{"schemas":["{{group}}"],"externalId":"e-1","displayName":"SRE","members":[{"value":"{{ada}}"}]}`, http.StatusCreated).text(t, "$.id")
		p.values["platform"] = p.ask("POST /Groups", `{"schemas":["{{group}}"],"externalId":"e-2","displayName":"Platform","members":[]}`, http.StatusCreated).text(t, "$.id")
		p.values["eng"] = p.ask("POST /Groups", `{"schemas":["{{group}}"],"externalId":"e-3","displayName":"Engineering","members":[{"value":"{{platform}}","type":"Group"}]}`, http.StatusCreated).text(t, "$.id")
		const patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
		p.ask("PATCH /Groups/{{platform}}", patch+`{"op":"Add","path":"members","value":[{"$ref":null,"value":"{{sre}}"}]}]}`, http.StatusNoContent)

		if groups := groupsOf(findUser(t, s, directory, "ada@acme.example")); !slices.Equal(groups, []string{"Engineering", "Platform", "SRE"}) {
			t.Errorf("the directory has ada in %v", groups)
		}
		why := s.adminOK(t, "GET", "/directories/"+directory+"/why?user=ada@acme.example&group=Engineering", nil)
		if path := why.text(t, "$.because.path[0]") + " " + why.text(t, "$.because.path[1]"); path != "Platform SRE" {
			t.Errorf("ada is in Engineering through %q", path)
		}
		p.ask("GET /Groups/{{platform}}", "", http.StatusOK, `$.members[0].value "{{sre}}"`, `$.members[0].type "Group"`)
		p.ask("GET /Users/{{ada}}", "", http.StatusOK, `$.groups[*].value {"$set":["{{sre}}"]}`)
		p.ask("PATCH /Groups/{{sre}}", patch+`{"op":"Add","path":"members","value":[{"value":"{{eng}}"}]}]}`, http.StatusBadRequest, `$.scimType "invalidValue"`)
		p.ask("PATCH /Groups/{{platform}}", patch+`{"op":"Remove","path":"members","value":[{"value":"{{sre}}"}]}]}`, http.StatusNoContent)
		if groups := groupsOf(findUser(t, s, directory, "ada@acme.example")); !slices.Equal(groups, []string{"SRE"}) {
			t.Errorf("after Platform left SRE out, the directory has ada in %v", groups)
		}

		one := s.connector(t, wanted{Tenant: tenant, Directory: directory, Kind: "oneaccess"})
		o := probeOf(t, one)
		o.values["wu"] = o.ask("POST /User", `{"schemas":["{{user}}"],"externalId":"1","userName":"wu","active":true}`, http.StatusCreated).text(t, "$.id")
		o.values["lab"] = o.ask("POST /Organizations", `{"schemas":["{{group}}"],"externalId":"org-2","displayName":"Lab","members":[{"value":"{{wu}}"}]}`, http.StatusCreated).text(t, "$.id")
		o.ask("POST /Organizations", `{"schemas":["{{group}}"],"externalId":"org-1","displayName":"R&D Center","members":[{"value":"{{lab}}"}]}`, http.StatusCreated)
		if groups := groupsOf(findUser(t, s, directory, "wu")); !slices.Equal(groups, []string{"Lab", "R&D Center"}) {
			t.Errorf("the directory has wu in %v", groups)
		}
	})
}

// TestWhatTheRulesWouldUndoIsSaidBeforeItIsSaved: a member whom the rules would take out again is
// refused, in a preview as in earnest, with the edit of the rules; with that edit it stays.
func TestWhatTheRulesWouldUndoIsSaidBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory, Kind: "okta"})
		c.group(t, "Everyone", c.user(t, "ada@acme.example"))
		ada := findUser(t, s, directory, "ada@acme.example")["id"].(string)
		in := "/directories/" + directory
		local := s.adminOK(t, "POST", in+"/users", map[string]any{"userName": "loc"}).text(t, "$.id")
		vpn := s.adminOK(t, "POST", in+"/groups", map[string]any{"displayName": "vpn"}).text(t, "$.id")
		change := map[string]any{"add": []string{ada, local}, "comment": "on call", "preview": true}
		said := s.adminOK(t, "POST", in+"/groups/"+vpn+"/member-changes", change)
		if got := said.at(t, "$.results[0].refused.wouldChange[0].edits[0].list"); got != "neverRemove" {
			t.Errorf("the preview names the list %v: %s", got, said.Body)
		}
		if groups := groupsOf(findUser(t, s, directory, "loc")); len(groups) != 0 {
			t.Errorf("a preview put loc into %v", groups)
		}
		s.adminOK(t, "PUT", "/connectors/"+c.Slug+"/rules", said.at(t, "$.results[0].refused.wouldChange[0].rules"))
		change["preview"] = false
		if done := s.adminOK(t, "POST", in+"/groups/"+vpn+"/member-changes", change).at(t, "$.done"); fmt.Sprint(done) != "2" {
			t.Errorf("%v of two members were put in", done)
		}
		if groups := groupsOf(findUser(t, s, directory, "ada@acme.example")); !slices.Equal(groups, []string{"Everyone", "vpn"}) {
			t.Errorf("with the edit the directory has ada in %v", groups)
		}
	})
}
