package scim

import (
	"encoding/json"
	"strings"
)

// Provider is what a connector offers, for ServiceProviderConfig.
type Provider struct {
	ReadOnly      bool // nothing can be changed: no PATCH, no Bulk
	Bulk          bool
	Cursor        bool
	CursorTimeout int  // seconds; 0 leaves it out
	Basic         bool // HTTP Basic is taken beside the bearer token
}

// Discovery documents have no members outside the RFCs and no empty URIs: strict clients refuse
// the whole document for one.

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

type pagination struct {
	Cursor                  bool   `json:"cursor"`
	Index                   bool   `json:"index"`
	DefaultPaginationMethod string `json:"defaultPaginationMethod"`
	DefaultPageSize         int    `json:"defaultPageSize"`
	MaxPageSize             int    `json:"maxPageSize"`
	CursorTimeout           int    `json:"cursorTimeout,omitempty"`
}

type authenticationScheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURI     string `json:"specUri"`
	Primary     bool   `json:"primary,omitempty"`
}

type discoveryMeta struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location"`
}

type providerConfig struct {
	Schemas               []string               `json:"schemas"`
	Patch                 supported              `json:"patch"`
	Bulk                  bulkSupport            `json:"bulk"`
	Filter                filterSupport          `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	Pagination            pagination             `json:"pagination"`
	AuthenticationSchemes []authenticationScheme `json:"authenticationSchemes"`
	Meta                  discoveryMeta          `json:"meta"`
}

// ServiceProviderConfig is the document of RFC 7643 5 with the pagination of RFC 9865 4. base
// is the connector's base URL.
func ServiceProviderConfig(base string, p Provider) []byte {
	c := providerConfig{
		Schemas:    []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		Patch:      supported{!p.ReadOnly},
		Bulk:       bulkSupport{p.Bulk, MaxBulkOperations, MaxBulkPayload},
		Filter:     filterSupport{true, MaxPage},
		Sort:       supported{true},
		ETag:       supported{true},
		Pagination: pagination{p.Cursor, true, "index", DefaultPage, MaxPage, p.CursorTimeout},
		AuthenticationSchemes: []authenticationScheme{{
			Type: "oauthbearertoken", Name: "OAuth Bearer Token", Primary: true,
			Description: "A bearer token of the " + p.caller() + " in the Authorization header.",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750",
		}},
		Meta: discoveryMeta{"ServiceProviderConfig", base + "/ServiceProviderConfig"},
	}
	if p.Basic {
		c.AuthenticationSchemes = append(c.AuthenticationSchemes, authenticationScheme{
			Type: "httpbasic", Name: "HTTP Basic",
			Description: "A user name and password of the connector in the Authorization header.",
			SpecURI:     "https://www.rfc-editor.org/info/rfc7617",
		})
	}
	if !p.Bulk {
		c.Bulk = bulkSupport{}
	}
	return mustJSON(c)
}

// caller is whom the credentials belong to.
func (p Provider) caller() string {
	if p.ReadOnly {
		return "consumer"
	}
	return "connector"
}

type schemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

type resourceTypeDocument struct {
	Schemas          []string          `json:"schemas"`
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Endpoint         string            `json:"endpoint"`
	Description      string            `json:"description"`
	Schema           string            `json:"schema"`
	SchemaExtensions []schemaExtension `json:"schemaExtensions,omitempty"`
	Meta             discoveryMeta     `json:"meta"`
}

// ResourceTypes is the list of all resource types.
func ResourceTypes(base string) []byte {
	return mustJSON(documents(resourceTypeOf(base, userType), resourceTypeOf(base, groupType)))
}

// ResourceType is one resource type by its name; false when there is none.
func ResourceType(base, name string) ([]byte, bool) {
	for _, t := range []*resourceType{userType, groupType} {
		if equalFold(string(t.kind), name) {
			return mustJSON(resourceTypeOf(base, t)), true
		}
	}
	return nil, false
}

func resourceTypeOf(base string, t *resourceType) resourceTypeDocument {
	d := resourceTypeDocument{
		Schemas:     []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
		ID:          string(t.kind),
		Name:        string(t.kind),
		Endpoint:    t.kind.Endpoint(),
		Description: t.core.Description,
		Schema:      t.core.URN,
		Meta:        discoveryMeta{"ResourceType", base + "/ResourceTypes/" + string(t.kind)},
	}
	for _, s := range t.extensions {
		d.SchemaExtensions = append(d.SchemaExtensions, schemaExtension{Schema: s.URN})
	}
	return d
}

type attributeDocument struct {
	Name            string              `json:"name"`
	Type            string              `json:"type"`
	SubAttributes   []attributeDocument `json:"subAttributes,omitempty"`
	MultiValued     bool                `json:"multiValued"`
	Description     string              `json:"description"`
	Required        bool                `json:"required"`
	CanonicalValues []string            `json:"canonicalValues,omitempty"`
	CaseExact       bool                `json:"caseExact"`
	Mutability      string              `json:"mutability"`
	Returned        string              `json:"returned"`
	Uniqueness      string              `json:"uniqueness"`
	ReferenceTypes  []string            `json:"referenceTypes,omitempty"`
}

type schemaDocument struct {
	Schemas     []string            `json:"schemas"`
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Attributes  []attributeDocument `json:"attributes"`
	Meta        discoveryMeta       `json:"meta"`
}

// Tables are the schemas of users, groups and the enterprise extension, for whoever describes
// them in another way than SCIM 2.0. They are shared and never changed.
func Tables() (user, group, enterprise *Schema) { return userSchema, groupSchema, enterpriseSchema }

// Schemas is the list of all schemas, with what the connector offers.
func Schemas(base string, o Offer) []byte {
	var list []any
	for _, s := range o.schemas() {
		list = append(list, schemaOf(base, s))
	}
	return mustJSON(documents(list...))
}

// SchemaByURN is one schema by its URN in any case; false when there is none.
func SchemaByURN(base, urn string, o Offer) ([]byte, bool) {
	for _, s := range o.schemas() {
		if equalFold(s.URN, urn) {
			return mustJSON(schemaOf(base, s)), true
		}
	}
	return nil, false
}

func schemaOf(base string, s *Schema) schemaDocument {
	return schemaDocument{
		Schemas:     []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"},
		ID:          s.URN,
		Name:        s.Name,
		Description: s.Description,
		Attributes:  attributeDocuments(s.Attributes),
		Meta:        discoveryMeta{"Schema", base + "/Schemas/" + s.URN},
	}
}

func attributeDocuments(attributes []*Attribute) []attributeDocument {
	list := make([]attributeDocument, len(attributes))
	for i, a := range attributes {
		list[i] = attributeDocument{
			Name: a.Name, Type: a.Type, SubAttributes: attributeDocuments(a.Sub), MultiValued: a.MultiValued,
			Description: a.Description, Required: a.Required, CanonicalValues: a.Canonical, CaseExact: a.CaseExact,
			Mutability: a.Mutability, Returned: a.Returned, Uniqueness: a.Uniqueness, ReferenceTypes: a.ReferenceTypes,
		}
	}
	return list
}

type documentList struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    []any    `json:"Resources"`
}

func documents(list ...any) documentList {
	return documentList{
		Schemas:      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		TotalResults: len(list), StartIndex: 1, ItemsPerPage: len(list), Resources: list,
	}
}

// mustJSON encodes a document made of nothing but text, numbers and booleans.
func mustJSON(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("scim: a discovery document cannot be encoded: " + err.Error())
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
