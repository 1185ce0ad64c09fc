package v1

import "github.com/muster-scim/muster/scim"

// schema describes a resource in the words of SCIM 1.1, where one schema holds the attributes of
// the extensions too, each with the URN it belongs to.
type schema struct {
	Schemas     []string    `json:"schemas"`
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Schema      string      `json:"schema"`
	Endpoint    string      `json:"endpoint"`
	Attributes  []attribute `json:"attributes"`
	Meta        location    `json:"meta"`
}

type attribute struct {
	Name        string         `json:"name"`
	Type        string         `json:"type"`
	MultiValued bool           `json:"multiValued"`
	ChildName   string         `json:"multiValuedAttributeChildName,omitempty"`
	Description string         `json:"description"`
	Schema      string         `json:"schema"`
	ReadOnly    bool           `json:"readOnly"`
	Required    bool           `json:"required"`
	CaseExact   bool           `json:"caseExact"`
	Sub         []subAttribute `json:"subAttributes,omitempty"`
}

type subAttribute struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Description string   `json:"description"`
	ReadOnly    bool     `json:"readOnly"`
	Required    bool     `json:"required"`
	CaseExact   bool     `json:"caseExact"`
	Canonical   []string `json:"canonicalValues,omitempty"`
}

// childNames are the names of one value of an attribute that may have several. 1.1 wants them
// for XML, and its clients refuse a schema without.
var childNames = map[string]string{
	"emails": "email", "phoneNumbers": "phoneNumber", "ims": "im", "photos": "photo", "addresses": "address", "groups": "group",
	"entitlements": "entitlement", "roles": "role", "x509Certificates": "x509Certificate", "members": "member",
}

// allSchemas are the schemas of a connector with what it offers, User first.
func allSchemas(base string, o scim.Offer) []schema {
	user, group, enterprise := o.Tables()
	users := schemaOf(base, scim.UserKind, user)
	users.Attributes = append(users.Attributes, attributes(Enterprise, enterprise.Attributes)...)
	return []schema{users, schemaOf(base, scim.GroupKind, group)}
}

func schemaOf(base string, k scim.Kind, s *scim.Schema) schema {
	id := Core + ":" + string(k)
	return schema{
		Schemas: []string{Core}, ID: id, Name: string(k), Description: s.Description, Schema: Core, Endpoint: k.Endpoint(),
		Attributes: attributes(Core, s.Attributes), Meta: location{base + "/Schemas/" + id},
	}
}

func attributes(urn string, table []*scim.Attribute) []attribute {
	list := make([]attribute, len(table))
	for i, a := range table {
		list[i] = attribute{
			Name: a.Name, Type: typeOf(a), MultiValued: a.MultiValued, ChildName: childNames[a.Name], Description: a.Description, Schema: urn,
			ReadOnly: a.Mutability == scim.ReadOnly, Required: a.Required, CaseExact: a.CaseExact, Sub: subAttributes(a),
		}
	}
	return list
}

func subAttributes(a *scim.Attribute) []subAttribute {
	var list []subAttribute
	for _, sub := range a.Sub {
		name := sub.Name
		switch {
		case name == "$ref" && a.Name != "manager":
			continue // members and groups have no addresses here; a manager's is shown as it was sent
		case name == "value" && a.Name == "manager":
			name = "managerId"
		}
		list = append(list, subAttribute{
			Name: name, Type: typeOf(sub), Description: sub.Description, ReadOnly: sub.Mutability == scim.ReadOnly,
			Required: sub.Required, CaseExact: sub.CaseExact, Canonical: sub.Canonical,
		})
	}
	return list
}

// typeOf is an attribute's type: 1.1 has no references.
func typeOf(a *scim.Attribute) string {
	if a.Type == "reference" {
		return "string"
	}
	return a.Type
}
