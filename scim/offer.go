package scim

import (
	"slices"
	"time"
)

// What an answer shows of a user's last login is no attribute that a client may say: it is known
// to who reads a body or a path, and listed only where a connector offers it.
var (
	lastLogin = compile(&Attribute{Name: "lastLogin", Type: typeDateTime, Mutability: ReadOnly,
		Description: "When the user last signed in to an application that tells."})
	_ = hidden(enterpriseSchema.byName, lastLogin)
	_ = hidden(metaAttribute.subs, lastLogin)
)

// hidden makes an attribute known by its name without listing it.
func hidden(x index, a *Attribute) bool {
	x[a.Name], x[a.lower] = a, a
	return true
}

// withLastLogin adds a last login to the enterprise extension of stored JSON, which may have none:
// where One Identity's clients look for it. A zero time adds nothing.
func withLastLogin(stored []byte, at time.Time) []byte {
	if at.IsZero() || len(stored) < 2 {
		return stored
	}
	member := append(appendTime([]byte(`"lastLogin":"`), at), '"')
	place, added := len(stored)-1, slices.Concat([]byte(`"`+EnterpriseUser+`":{`), member, []byte("}"))
	for f := newFields(stored); ; {
		key, value, ok := f.next()
		if !ok {
			break
		}
		if string(key) == EnterpriseUser {
			place, added = f.i-1, member
			if len(value) > 2 {
				added = append([]byte(","), member...)
			}
			return slices.Concat(stored[:place], added, stored[place:])
		}
	}
	if len(stored) > 2 {
		added = append([]byte(","), added...)
	}
	return slices.Concat(stored[:place], added, stored[place:])
}

// Offer is how the schemas of a connector differ from the plain ones.
type Offer struct {
	Required  []Place // attributes that its users must have
	Unique    []Place // attributes of which no two of its users may share a value
	LastLogin bool    // answers say when a user last signed in
}

// Tables are the schemas of users, groups and the enterprise extension with the offer. They are
// shared and never changed.
func (o Offer) Tables() (user, group, enterprise *Schema) {
	user, group, enterprise = Tables()
	if len(o.Required)+len(o.Unique) > 0 {
		user, enterprise = o.demanding(user), o.demanding(enterprise)
	}
	if o.LastLogin {
		with := *enterprise
		with.Attributes = append(slices.Clip(with.Attributes), lastLogin)
		enterprise = &with
	}
	return user, group, enterprise
}

func (o Offer) schemas() []*Schema {
	user, group, enterprise := o.Tables()
	return []*Schema{user, group, enterprise}
}

// demanding is a copy of a schema that says what is required and unique.
func (o Offer) demanding(s *Schema) *Schema {
	out := *s
	out.Attributes = slices.Clone(s.Attributes)
	change := func(places []Place, leaf bool, f func(*Attribute)) {
		for _, p := range places {
			if p.Opaque || p.Attribute == nil || p.URN != "" != (s.URN == EnterpriseUser) {
				continue
			}
			i := slices.IndexFunc(out.Attributes, func(a *Attribute) bool { return a.Name == p.Attribute.Name })
			if i < 0 {
				continue
			}
			a := *out.Attributes[i]
			out.Attributes[i] = &a
			name := ""
			if p.Sub != nil {
				name = p.Sub.Name
			} else if v := p.Leaf(); leaf && v != nil && v != p.Attribute {
				name = v.Name
			}
			if name == "" {
				f(&a)
				continue
			}
			a.Sub = slices.Clone(a.Sub)
			for j, sub := range a.Sub {
				if sub.Name == name {
					part := *sub
					f(&part)
					a.Sub[j] = &part
				}
			}
		}
	}
	change(o.Required, false, func(a *Attribute) { a.Required = true })
	change(o.Unique, true, func(a *Attribute) { a.Uniqueness = uniqueServer })
	return &out
}
