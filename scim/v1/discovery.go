package v1

import (
	"encoding/json"
	"strings"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// oktaCapabilities is the URN under which Okta's on-premises agent looks for what it may do.
const oktaCapabilities = "urn:okta:schemas:scim:providerconfig:1.0"

type supported struct {
	Supported bool `json:"supported"`
}

type bulkSupport struct {
	Supported      bool `json:"supported"`
	MaxOperations  int  `json:"maxOperations"`
	MaxPayloadSize int  `json:"maxPayloadSize"`
}

type filterSupport struct {
	Supported  bool `json:"supported"`
	MaxResults int  `json:"maxResults"`
}

type authenticationScheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURL     string `json:"specUrl"`
	Primary     bool   `json:"primary"`
}

type capabilities struct {
	Names []string `json:"userManagementCapabilities"`
}

type location struct {
	Location string `json:"location"`
}

type providerConfig struct {
	Schemas               []string               `json:"schemas"`
	Patch                 supported              `json:"patch"`
	Bulk                  bulkSupport            `json:"bulk"`
	Filter                filterSupport          `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	XMLDataFormat         supported              `json:"xmlDataFormat"`
	AuthenticationSchemes []authenticationScheme `json:"authenticationSchemes"`
	Okta                  capabilities           `json:"urn:okta:schemas:scim:providerconfig:1.0"`
	Meta                  location               `json:"meta"`
}

// ServiceProviderConfigs is the document of that name. base is the connector's base URL.
func ServiceProviderConfigs(base string, p scim.Provider) []byte {
	c := providerConfig{
		Schemas: []string{Core, oktaCapabilities},
		Patch:   supported{true},
		Bulk:    bulkSupport{p.Bulk, scim.MaxBulkOperations, scim.MaxBulkPayload},
		Filter:  filterSupport{true, scim.MaxPage},
		Sort:    supported{true},
		ETag:    supported{true},
		AuthenticationSchemes: []authenticationScheme{{
			Type: "oauthbearertoken", Name: "OAuth Bearer Token", Primary: true,
			Description: "A bearer token of the connector in the Authorization header.",
			SpecURL:     "https://www.rfc-editor.org/info/rfc6750",
		}},
		// All of Okta's but PUSH_PASSWORD_UPDATES: passwords are not kept.
		Okta: capabilities{[]string{"GROUP_PUSH", "IMPORT_NEW_USERS", "IMPORT_PROFILE_UPDATES", "PUSH_NEW_USERS",
			"PUSH_PENDING_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION", "REACTIVATE_USERS"}},
		Meta: location{base + "/ServiceProviderConfigs"},
	}
	if p.Basic {
		c.AuthenticationSchemes = append(c.AuthenticationSchemes, authenticationScheme{
			Type: "httpbasic", Name: "HTTP Basic",
			Description: "A user name and password of the connector in the Authorization header.",
			SpecURL:     "https://www.rfc-editor.org/info/rfc7617",
		})
	}
	return mustJSON(c)
}

type schemaList struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	ItemsPerPage int      `json:"itemsPerPage"`
	StartIndex   int      `json:"startIndex"`
	Resources    []schema `json:"Resources"`
}

// Schemas is the list of the schemas that match a filter on their name, schema, id or endpoint;
// "" for all. The error is a *scim.Error.
func Schemas(base, text string, o scim.Offer) ([]byte, error) {
	list := schemaList{Schemas: []string{Core}, StartIndex: 1, Resources: []schema{}}
	expr, err := parseFilter(text)
	if err != nil {
		return nil, err
	}
	for _, s := range allSchemas(base, o) {
		named := map[string]any{"id": s.ID, "name": s.Name, "schema": s.Schema, "endpoint": s.Endpoint}
		if expr == nil || filter.Matches(expr, named, func(string) bool { return false }) {
			list.Resources = append(list.Resources, s)
		}
	}
	list.TotalResults, list.ItemsPerPage = len(list.Resources), len(list.Resources)
	return mustJSON(list), nil
}

func parseFilter(text string) (filter.Expr, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	expr, err := filter.Parse(text)
	if err != nil {
		return nil, scim.InvalidFilter("the filter cannot be read %v", err)
	}
	return expr, nil
}

// Schema is one schema by its id or its name, in any case; false when there is none.
func Schema(base, name string, o scim.Offer) ([]byte, bool) {
	for _, s := range allSchemas(base, o) {
		if strings.EqualFold(s.ID, name) || strings.EqualFold(s.Name, name) {
			return mustJSON(s), true
		}
	}
	return nil, false
}

// mustJSON encodes a document made of nothing but text, numbers and booleans.
func mustJSON(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("scim/v1: a document cannot be encoded: " + err.Error())
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
