package idp

import (
	"context"
	"maps"
	"net/http"
)

// oktaWizard is an Okta app made with the App Integration Wizard: it cannot be told to PATCH. It
// reads what is there, edits it and puts the whole back, what it does not know included.
type oktaWizard struct{ okta }

func (o *oktaWizard) UpdateUser(ctx context.Context, p *Person) error {
	body, err := o.read(ctx, "/Users/"+p.ID)
	if err != nil {
		return err
	}
	maps.Copy(body, o.profile(p))
	_, err = o.change(ctx, http.MethodPut, "/Users/"+p.ID, p.ID, body, aboutUser(p, oktaFacts...))
	return err
}

func (o *oktaWizard) SetActive(ctx context.Context, p *Person) error { return o.UpdateUser(ctx, p) }

func (o *oktaWizard) RenameGroup(ctx context.Context, g *Group) error {
	body, err := o.read(ctx, "/Groups/"+g.ID)
	if err != nil {
		return err
	}
	body["displayName"] = g.Name
	_, err = o.change(ctx, http.MethodPut, "/Groups/"+g.ID, g.ID, body, aboutGroup(g))
	return err
}

func (o *oktaWizard) PushMembers(ctx context.Context, g *Group, _ bool) error {
	body, err := o.read(ctx, "/Groups/"+g.ID)
	if err != nil {
		return err
	}
	body["displayName"], body["members"] = g.Name, oktaMembers(g.Members)
	_, err = o.change(ctx, http.MethodPut, "/Groups/"+g.ID, g.ID, body, aboutAll(g, g.Members))
	return err
}

func (o *oktaWizard) ChangeMembers(ctx context.Context, g *Group, _, _ []*Person) error {
	return o.PushMembers(ctx, g, true)
}

// read returns a resource as it was answered.
func (o *oktaWizard) read(ctx context.Context, path string) (map[string]any, error) {
	got, err := o.get(ctx, path, "")
	if err != nil {
		return nil, err
	}
	return got.document()
}
