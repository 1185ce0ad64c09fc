package tenants

import (
	"fmt"

	"github.com/muster-scim/muster/scim"
)

// Demands are what a connector asks of the attributes of its users. Each list names attributes in
// SCIM's words: emails, name.familyName, employeeNumber.
type Demands struct {
	Required  []string `json:"required,omitempty"`  // a user without one is refused
	Unique    []string `json:"unique,omitempty"`    // no two users of the connector share a value
	Sensitive []string `json:"sensitive,omitempty"` // administrators see that there is a value, not which
}

// mostDemands is how many attributes one list names.
const mostDemands = 50

// InSchemaCase are the demands in the case of the schemas, each attribute once; or ErrInvalid,
// naming the first that cannot be meant.
func (d Demands) InSchemaCase() (out Demands, err error) {
	for _, list := range []struct {
		name  string
		from  []string
		to    *[]string
		check func(scim.Place) string
	}{
		{"required", d.Required, &out.Required, func(scim.Place) string { return "" }},
		{"unique", d.Unique, &out.Unique, cannotBeUnique},
		{"sensitive", d.Sensitive, &out.Sensitive, cannotBeSensitive},
	} {
		if len(list.from) > mostDemands {
			return d, invalidDemand(list.name, fmt.Sprintf("names %d attributes, and at most %d are allowed", len(list.from), mostDemands))
		}
		seen := make(map[string]bool)
		for i, text := range list.from {
			field := fmt.Sprintf("%s[%d]", list.name, i)
			p, err := scim.ParsePlace(text)
			if err != nil {
				return d, invalidDemand(field, err.Error())
			}
			if why := list.check(p); why != "" {
				return d, invalidDemand(field, why)
			}
			if !seen[p.String()] {
				seen[p.String()] = true
				*list.to = append(*list.to, p.Text())
			}
		}
	}
	return out, nil
}

// Demanded are demands as the change leaves them.
func (c ConnectorChange) Demanded(d Demands) Demands {
	for _, list := range []struct {
		to    *[]string
		given *[]string
	}{{&d.Required, c.Required}, {&d.Unique, c.Unique}, {&d.Sensitive, c.Sensitive}} {
		if list.given != nil {
			*list.to = *list.given
		}
	}
	return d
}

// demandsInSchemaCase is InSchemaCase of the lists that a change sets.
func (c *ConnectorChange) demandsInSchemaCase() error {
	lists := []**[]string{&c.Required, &c.Unique, &c.Sensitive}
	given := func(list *[]string) []string {
		if list == nil {
			return nil
		}
		return *list
	}
	d, err := Demands{given(c.Required), given(c.Unique), given(c.Sensitive)}.InSchemaCase()
	if err != nil {
		return err
	}
	for i, checked := range [][]string{d.Required, d.Unique, d.Sensitive} {
		if *lists[i] != nil {
			*lists[i] = &checked
		}
	}
	return nil
}

func invalidDemand(field, why string) error {
	return &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: field + ": " + why}
}

func cannotBeUnique(p scim.Place) string {
	if p.Comparable() {
		return ""
	}
	return p.Text() + " has no value of its own that could be unique; name a part of it, such as name.familyName, or another attribute"
}

func cannotBeSensitive(p scim.Place) string {
	if p.Is("userName") || p.Is("active") {
		return p.Text() + " cannot be hidden: administrators tell users by it"
	}
	return ""
}

// Places are the attributes that the demands name. What does not name an attribute any more is
// passed over: it was checked when it was set.
func (d Demands) Places() (required, unique, sensitive []scim.Place) {
	return places(d.Required), places(d.Unique), places(d.Sensitive)
}

func places(texts []string) []scim.Place {
	if len(texts) == 0 {
		return nil
	}
	list := make([]scim.Place, 0, len(texts))
	for _, text := range texts {
		if p, err := scim.ParsePlace(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// Offer is what the connector's schemas say beyond the plain ones.
func (s Settings) Offer() scim.Offer {
	required, unique, _ := s.Places()
	return scim.Offer{Required: required, Unique: unique, LastLogin: s.LastLogin}
}
