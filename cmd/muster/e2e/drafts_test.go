package e2e

import (
	"strings"
	"testing"
)

// TestTwoAdministratorsNoticeEachOthersDrafts lets two write the draft of one connector's rules.
func TestTwoAdministratorsNoticeEachOthersDrafts(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		tenant := s.tenant(t)
		c := s.connector(t, wanted{Tenant: tenant, Directory: s.directory(t)})
		foreign := s.lone(t, wanted{})
		ada, bob, viewer := s.administrator(t, "ruleEditor", tenant), s.administrator(t, "ruleEditor"), s.administrator(t, "viewer")
		path := "/connectors/" + c.Slug + "/rules/draft"
		draft := func(pattern string) map[string]any {
			return map[string]any{"basedOn": 1, "rules": map[string]any{"neverAssign": []string{pattern}}}
		}
		none := ada.asOK(t, "GET", path, nil)
		if none.Header.Get("ETag") != `"0"` || strings.Contains(string(none.Body), "rules") {
			t.Errorf("without a draft: %s %s", none.Header.Get("ETag"), none.Body)
		}
		denied(t, "a viewer's draft", viewer.as(t, "PUT", path, draft("x")), 403, "roleNeeded")
		denied(t, "another tenant's", ada.as(t, "PUT", "/connectors/"+foreign.Slug+"/rules/draft", draft("x")), 404, "")
		denied(t, "another tenant's, read", ada.as(t, "GET", "/connectors/"+foreign.Slug+"/rules/draft", nil), 404, "")
		denied(t, "limits that are not hers", ada.as(t, "PUT", path, map[string]any{"basedOn": 1, "rules": map[string]any{"safety": map[string]any{"off": true}}}), 403, "deploymentOnly")
		cautious := map[string]any{"basedOn": 1, "rules": map[string]any{"safety": map[string]any{"losses": 7}, "neverAssign": []string{"x"}}}
		bob.asOK(t, "PUT", path, cautious)
		cautious["rules"].(map[string]any)["neverAssign"] = []string{"x", "y"}
		ada.asOK(t, "PUT", path, cautious)
		denied(t, "planning limits that are not hers", ada.as(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"rules": cautious["rules"]}), 403, "deploymentOnly")
		denied(t, "other limits than his", ada.as(t, "PUT", path, map[string]any{"basedOn": 1, "rules": map[string]any{"safety": map[string]any{"losses": 8}}}), 403, "deploymentOnly")
		ada.asOK(t, "DELETE", path, nil)
		denied(t, "from a version that was not", bob.as(t, "PUT", path, map[string]any{"basedOn": 9, "rules": map[string]any{}}), 422, "")

		first := ada.as(t, "PUT", path, draft("(half"), "If-Match", `"0"`)
		if first.Status != 200 || first.text(t, "$.changedBy") != ada.Email {
			t.Fatalf("a half-written draft: %d %s", first.Status, first.Body)
		}
		denied(t, "a draft that was begun meanwhile", bob.as(t, "PUT", path, draft("his"), "If-Match", `"0"`), 412, "changedMeanwhile")
		tag := bob.asOK(t, "GET", path, nil).Header.Get("ETag")
		if tag != first.Header.Get("ETag") {
			t.Errorf("the tags are %s and %s", tag, first.Header.Get("ETag"))
		}
		second := bob.as(t, "PUT", path, draft("his"), "If-Match", tag)
		if second.Status != 200 || second.Header.Get("ETag") == tag {
			t.Fatalf("his draft: %d %s %s", second.Status, second.Header.Get("ETag"), second.Body)
		}
		denied(t, "hers, from what she read", ada.as(t, "PUT", path, draft("hers"), "If-Match", tag), 412, "changedMeanwhile")
		denied(t, "dropping what she read", ada.as(t, "DELETE", path, nil, "If-Match", tag), 412, "changedMeanwhile")
		read := ada.asOK(t, "GET", path, nil)
		if read.text(t, "$.rules.neverAssign[0]") != "his" || read.text(t, "$.changedBy") != bob.Email {
			t.Errorf("the draft is %s", read.Body)
		}
		if rules := s.adminOK(t, "GET", "/connectors/"+c.Slug+"/rules", nil); strings.Contains(string(rules.Body), "his") {
			t.Errorf("the draft is in force: %s", rules.Body)
		}
		ada.asOK(t, "DELETE", path, nil)
		ada.asOK(t, "DELETE", path, nil)
		if tag := ada.asOK(t, "GET", path, nil).Header.Get("ETag"); tag != `"0"` {
			t.Errorf("after it was dropped the tag is %s", tag)
		}
	})
}
