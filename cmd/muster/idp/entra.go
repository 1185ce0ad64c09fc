package idp

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
)

// entra is Microsoft Entra ID without the aadOptscim062020 flag: capitalised operations with a
// path each, booleans as text, members without a group read, groups created empty. With the
// flag, which stands in the tenant URL and so in every query, the operations are lower-case and
// single values are folded into one without a path.
type entra struct {
	*Client
	flag bool
}

const entraFlag = "aadOptscim062020"

// query is a query as Entra sends it to the tenant URL it was given.
func (e *entra) query(q string) string {
	if e.flag {
		return entraFlag + "&" + q
	}
	return q
}

// entraBatch is how many members go into one PATCH.
const entraBatch = 20

// Test looks for a user and a group that cannot exist and wants an empty list.
func (e *entra) Test(ctx context.Context) error {
	if _, err := e.FindUser(ctx, nil, guid("test user")); err != nil {
		return err
	}
	_, err := e.FindGroup(ctx, nil, guid("test group"))
	return err
}

func (e *entra) FindUser(ctx context.Context, _ *Person, userName string) (string, error) {
	return e.find(ctx, "/Users", e.query("filter="+escape("userName eq "+quote(userName))))
}

func (e *entra) FindGroup(ctx context.Context, _ *Group, name string) (string, error) {
	return e.find(ctx, "/Groups", e.query("excludedAttributes=members&filter="+escape("displayName eq "+quote(name))))
}

func (e *entra) CreateUser(ctx context.Context, p *Person) error {
	got, err := e.change(ctx, http.MethodPost, "/Users", "", map[string]any{
		"schemas":     []string{userSchema, enterpriseSchema},
		"externalId":  p.Key,
		"userName":    p.UserName,
		"active":      p.Active,
		"displayName": p.Given + " " + p.Family,
		"emails":      []any{map[string]any{"primary": true, "type": "work", "value": p.UserName}},
		"meta":        map[string]any{"resourceType": "User"},
		"name": map[string]any{
			"formatted": p.Given + " " + p.Family, "familyName": p.Family, "givenName": p.Given,
		},
		"title":          p.Title,
		enterpriseSchema: map[string]any{"department": p.Department},
	}, aboutUser(p, oktaFacts...))
	if err != nil {
		return err
	}
	p.ID = got.ID
	_, err = e.get(ctx, "/Users/"+p.ID, "")
	return err
}

func (e *entra) UpdateUser(ctx context.Context, p *Person) error {
	return e.patch(ctx, "/Users", p.ID, aboutUser(p, oktaFacts...), e.profile(p)...)
}

// profile is a changed profile, as one operation for each value or folded.
func (e *entra) profile(p *Person) []operation {
	if e.flag {
		return []operation{
			{Op: "replace", Path: `emails[type eq "work"].value`, Value: p.UserName},
			{Op: "replace", Value: map[string]any{
				"userName": p.UserName, "displayName": p.Given + " " + p.Family, "title": p.Title, "externalId": p.Key, "active": p.Active,
				"name.givenName": p.Given, "name.familyName": p.Family, "name.formatted": p.Given + " " + p.Family,
				enterpriseSchema + ":department": p.Department,
			}},
		}
	}
	replace := func(path string, value any) operation { return operation{Op: "Replace", Path: path, Value: value} }
	return []operation{
		replace("userName", p.UserName),
		replace("displayName", p.Given+" "+p.Family),
		replace("name.givenName", p.Given),
		replace("name.familyName", p.Family),
		replace("name.formatted", p.Given+" "+p.Family),
		replace(`emails[type eq "work"].value`, p.UserName),
		replace("title", p.Title),
		replace("externalId", p.Key),
		{Op: "Add", Path: enterpriseSchema + ":department", Value: p.Department},
		replace("active", entraBool(p.Active)),
	}
}

func (e *entra) SetActive(ctx context.Context, p *Person) error {
	change := operation{Op: "Replace", Path: "active", Value: entraBool(p.Active)}
	if e.flag {
		change = operation{Op: "replace", Path: "active", Value: p.Active}
	}
	return e.patch(ctx, "/Users", p.ID, aboutActivity(p), change)
}

// entraBool is a boolean as Entra writes it without its flag.
func entraBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func (e *entra) DeleteUser(ctx context.Context, p *Person) error {
	return e.delete(ctx, "/Users", p.ID, false)
}

func (e *entra) CreateGroup(ctx context.Context, g *Group) error {
	got, err := e.change(ctx, http.MethodPost, "/Groups", "", map[string]any{
		"schemas":     []string{groupSchema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"},
		"externalId":  guid(g.Key),
		"displayName": g.Name,
		"meta":        map[string]any{"resourceType": "Group"},
	}, aboutAll(g, nil))
	if err != nil {
		return err
	}
	g.ID = got.ID
	_, err = e.get(ctx, "/Groups/"+g.ID, e.query("excludedAttributes=members"))
	return err
}

func (e *entra) RenameGroup(ctx context.Context, g *Group) error {
	change := operation{Op: "Replace", Path: "displayName", Value: g.Name}
	if e.flag {
		change = operation{Op: "replace", Value: map[string]any{"displayName": g.Name}}
	}
	return e.patch(ctx, "/Groups", g.ID, aboutGroup(g), change)
}

func (e *entra) DeleteGroup(ctx context.Context, g *Group) error {
	return e.delete(ctx, "/Groups", g.ID, true)
}

// PushMembers adds everybody: Entra does not read a group's members, and adding one twice is
// nothing.
func (e *entra) PushMembers(ctx context.Context, g *Group, _ bool) error {
	return e.ChangeMembers(ctx, g, g.Members, nil)
}

// ChangeMembers sends a PATCH for every so many people; on a day that reorders, Entra's requests
// for one group overlap.
func (e *entra) ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error {
	var parts []func(context.Context) error
	for _, batch := range batches(add, e.Chaos.batch(entraBatch)) {
		parts = append(parts, func(ctx context.Context) error {
			return e.patch(ctx, "/Groups", g.ID, aboutMembers(batch, nil), e.adding(batch))
		})
	}
	for _, batch := range batches(remove, e.Chaos.batch(entraBatch)) {
		parts = append(parts, func(ctx context.Context) error {
			return e.patch(ctx, "/Groups", g.ID, aboutMembers(nil, batch), e.removing(batch)...)
		})
	}
	return e.together(ctx, true, parts)
}

func (e *entra) adding(people []*Person) operation {
	if e.flag {
		return operation{Op: "add", Path: "members", Value: values(people)}
	}
	return operation{Op: "Add", Path: "members", Value: references(people)}
}

// removing takes people out: with the flag one by one, without it by a list of values that must
// never be read as everybody.
func (e *entra) removing(people []*Person) (list []operation) {
	if !e.flag {
		return []operation{{Op: "Remove", Path: "members", Value: references(people)}}
	}
	for _, p := range people {
		list = append(list, operation{Op: "remove", Path: "members[value eq " + quote(p.ID) + "]"})
	}
	return list
}

// references are members as Entra writes them without its flag.
func references(people []*Person) []any {
	list := []any{}
	for _, p := range people {
		list = append(list, map[string]any{"$ref": nil, "value": p.ID})
	}
	return list
}

// guid makes a GUID of a name, the same one every time.
func guid(name string) string {
	h := sha256.Sum256([]byte(name))
	text := fmt.Sprintf("%x", h[:16])
	return text[:8] + "-" + text[8:12] + "-4" + text[13:16] + "-8" + text[17:20] + "-" + text[20:]
}
