package web

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// User is a directory user: SCIM's attributes beside what the directory knows of it.
type User struct {
	ID         uuid.UUID       `json:"id" format:"uuid" doc:"The user's id in this directory; no connector ever sees it."`
	UserName   string          `json:"userName" doc:"Unique in the directory." example:"ada@acme.example"`
	Active     bool            `json:"active" doc:"Whether the status is active."`
	Status     policy.Status   `json:"status" enum:"active,disabled,deleted" doc:"What the directory makes of the user."`
	Block      string          `json:"block,omitempty" doc:"Why an administrator blocked the user; left out when not blocked."`
	Local      bool            `json:"local" doc:"No IdP ever managed the user."`
	Managed    bool            `json:"managed" doc:"An IdP manages the user: a connector holds a record of it. Neither local nor managed: tombstones alone are left of it."`
	Created    time.Time       `json:"created" doc:"When the user came into being."`
	Modified   time.Time       `json:"modified" doc:"When the user last changed."`
	LastLogin  *time.Time      `json:"lastLogin,omitempty" doc:"When the user last signed in to an application that tells; left out when none is known."`
	PurgeAfter *time.Time      `json:"purgeAfter,omitempty" doc:"From when on a deleted user is purged."`
	Attributes json.RawMessage `json:"-"`
}

// UserDetail is a user with everything an administrator asks about.
type UserDetail struct {
	User
	Memberships []Membership `json:"memberships" nullable:"false" doc:"The groups the user is in, and why."`
	Dropped     []Membership `json:"dropped" nullable:"false" doc:"The groups that IdPs send for the user and that the rules hold back, and why."`
	Records     []Record     `json:"records" nullable:"false" doc:"The connectors' records of the user, tombstones too."`

	GivenBy    map[string]string `json:"givenBy,omitempty" doc:"Which connector gave each attribute, by slug: the first in their precedence that has a value. Attributes of an extension are URN:name; left out for a user whom no IdP manages."`
	NameFormer *time.Time        `json:"nameFormer,omitempty" doc:"When somebody else of this userName was purged last; left out when nobody was."`
}

// Membership is a user's membership in a group, or one that was held back.
type Membership struct {
	Group   GroupRef      `json:"group" doc:"The group."`
	Origin  policy.Origin `json:"origin,omitempty" enum:"idp,always,default,local,retained" doc:"Why the membership exists; left out for what was dropped."`
	Because Because       `json:"because" doc:"The reason, with connector, list and pattern."`

	Supports []Support  `json:"supports,omitempty" doc:"Everything the membership stands on, strongest first; the first is origin and because. It lives while one is left. Left out for what was dropped."`
	Since    *time.Time `json:"since,omitempty" doc:"When the user joined; left out for what was dropped."`
}

// Support is one reason for which a membership lives.
type Support struct {
	Origin  policy.Origin `json:"origin" enum:"idp,always,default,local,retained" doc:"What kind of reason."`
	Because Because       `json:"because" doc:"The reason, with connector, list and pattern."`
}

// Record is a connector's record of the user.
type Record struct {
	Connector string       `json:"connector" doc:"The connector, by slug; by id when it is deleted and only this tombstone is left." example:"acme-okta"`
	Tenant    string       `json:"tenant" doc:"Its tenant; empty when the connector is deleted." example:"acme"`
	ID        uuid.UUID    `json:"id" format:"uuid" doc:"The record's SCIM id in the connector's own space."`
	State     policy.State `json:"state" enum:"active,inactive,deleted" doc:"What the IdP says."`
	UserName  string       `json:"userName" doc:"The record's userName."`
	Linked    *time.Time   `json:"linked,omitempty" doc:"When the record was linked to the user."`
	Modified  *time.Time   `json:"modified,omitempty" doc:"When the IdP last changed the record."`

	MappingProblem string `json:"mappingProblem,omitempty" doc:"Why the connector's mapping cannot be carried out for the record, so that the user keeps what it holds; left out when it can."`
}

func sayUser(u directory.User) User {
	return User{ID: u.ID, UserName: u.UserName, Active: u.Status == policy.UserActive, Status: u.Status, Block: u.Block,
		Local: u.Local, Managed: u.Managed, Created: u.Created.UTC(), Modified: u.Modified.UTC(), PurgeAfter: when(u.PurgeAfter), LastLogin: when(u.LastLogin), Attributes: u.JSON}
}

func saySupports(supports []directory.Supported, group string) []Support {
	var out []Support
	for _, s := range supports {
		out = append(out, Support{Origin: s.Origin, Because: sayBecause(s.Because, group)})
	}
	return out
}

func sayUserDetail(d directory.UserDetail) UserDetail {
	out := UserDetail{User: sayUser(d.User), GivenBy: d.Givers, NameFormer: when(d.NameFormer), Memberships: []Membership{}, Dropped: []Membership{}, Records: []Record{}}
	for _, m := range d.Memberships {
		out.Memberships = append(out.Memberships, Membership{Group: refGroup(m.Group), Origin: m.Origin, Because: sayBecause(m.Because, m.Group.DisplayName),
			Supports: saySupports(m.Supports, m.Group.DisplayName), Since: when(m.Since)})
	}
	for _, g := range d.Dropped {
		out.Dropped = append(out.Dropped, Membership{Group: GroupRef{DisplayName: g.DisplayName}, Because: sayBecause(g.Because, g.DisplayName)})
	}
	for _, r := range d.Records {
		out.Records = append(out.Records, Record{Connector: r.Connector, Tenant: r.Tenant, ID: r.ID, State: r.State,
			UserName: r.UserName, Linked: when(r.Linked), Modified: when(r.Modified), MappingProblem: r.MappingProblem})
	}
	return out
}

// plainUser and plainDetail are the structs without their MarshalJSON.
type plainUser User

// MarshalJSON puts SCIM's attributes beside the directory's own. Where both know a name
// (userName, active), the directory's word counts.
func (u User) MarshalJSON() ([]byte, error) { return beside(plainUser(u), u.Attributes) }

// MarshalJSON is User's, with the lists.
func (d UserDetail) MarshalJSON() ([]byte, error) {
	return beside(struct {
		plainUser
		Memberships []Membership      `json:"memberships"`
		Dropped     []Membership      `json:"dropped"`
		Records     []Record          `json:"records"`
		GivenBy     map[string]string `json:"givenBy,omitempty"`
		NameFormer  *time.Time        `json:"nameFormer,omitempty"`
	}{plainUser(d.User), d.Memberships, d.Dropped, d.Records, d.GivenBy, d.NameFormer}, d.Attributes)
}

// TransformSchema says that a user has SCIM's attributes too.
func (User) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema { return withAttributes(s) }

// TransformSchema says that a user has SCIM's attributes too.
func (UserDetail) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return withAttributes(s)
}

func withAttributes(s *huma.Schema) *huma.Schema {
	s.AdditionalProperties = true
	s.Description = "A user of the directory. Beside the properties below it carries SCIM's attributes " +
		"(`displayName`, `name`, `emails`, the enterprise extension by its URN, …) as the directory holds them."
	return s
}

// beside encodes own and puts those attributes after it that own does not name.
func beside(own any, attributes json.RawMessage) ([]byte, error) {
	head, err := json.Marshal(own)
	if err != nil || len(attributes) == 0 {
		return head, err
	}
	var has, more map[string]json.RawMessage
	if err := json.Unmarshal(head, &has); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(attributes, &more); err != nil {
		return nil, err
	}
	for name := range more {
		if _, taken := has[name]; taken || name == "active" || name == "userName" {
			delete(more, name)
		}
	}
	if len(more) == 0 {
		return head, nil
	}
	tail, err := json.Marshal(more)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{bytes.TrimSuffix(head, []byte("}")), bytes.TrimPrefix(tail, []byte("{"))}, []byte(",")), nil
}

// Attributes is a body of SCIM attributes.
type Attributes map[string]any

// Schema describes the attributes that administrators write most; every other of SCIM's User
// and of its enterprise extension is taken as well.
func (Attributes) Schema(huma.Registry) *huma.Schema { return attributeSchema("userName") }

// AttributeChanges is a merge patch of SCIM attributes.
type AttributeChanges map[string]any

// Schema is that of Attributes with nothing required and null allowed.
func (AttributeChanges) Schema(huma.Registry) *huma.Schema { return attributeSchema() }

func attributeSchema(required ...string) *huma.Schema {
	object := func(properties map[string]*huma.Schema) *huma.Schema {
		return &huma.Schema{Type: huma.TypeObject, Properties: properties, AdditionalProperties: true, Nullable: true}
	}
	text := func(about string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Description: about, Nullable: true}
	}
	name := object(map[string]*huma.Schema{"givenName": text("First name."), "familyName": text("Last name."), "formatted": text("Whole name.")})
	name.Description = "The parts of the name."
	s := object(map[string]*huma.Schema{
		"userName":    text("Unique in the directory."),
		"displayName": text("The name people see."),
		"externalId":  text("An id of another system."),
		"title":       text("Job title."),
		"active":      {Type: huma.TypeBoolean, Description: "Whether the user may sign in.", Nullable: true},
		"name":        name,
		"emails": {Type: huma.TypeArray, Nullable: true, Description: "E-mail addresses.", Items: object(map[string]*huma.Schema{
			"value": text("The address."), "type": text("work, home, …"),
			"primary": {Type: huma.TypeBoolean, Description: "The one to use.", Nullable: true},
		})},
	})
	s.Nullable = false
	s.Required = required
	s.Description = "SCIM's attributes (RFC 7643, 4.1 and 4.3) by their names there."
	s.Examples = []any{map[string]any{
		"userName": "ada@acme.example", "displayName": "Ada Byron",
		"emails": []any{map[string]any{"value": "ada@acme.example", "type": "work", "primary": true}},
	}}
	return s
}

// sameName finds the key of an object that SCIM holds for the same attribute: names of
// attributes have no case.
func sameName(object map[string]any, name string) string {
	for key := range object {
		if strings.EqualFold(key, name) {
			return key
		}
	}
	return name
}
