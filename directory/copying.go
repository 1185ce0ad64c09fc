package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// A directory that copies from another one gives whoever comes, once, what the user of the same
// userName has there: memberships, attributes that no record gives, and the last login. Decide
// says what becomes of it, so a plan, settling and "why" agree. It is read as it is committed; what
// happens there later changes nothing here.

// CopyTx reads another directory.
type CopyTx interface {
	// ReadCopy is the user of a userName, by its key form, in another directory, with the names of
	// its groups; nil when there is none, or it is deleted. Nothing is locked.
	ReadCopy(ctx context.Context, from uuid.UUID, key string) (*CopiedUser, error)
}

// copiesFrom refuses to copy from a directory that is not there, or from itself.
func (d *Directory) copiesFrom(ctx context.Context, info Info, name string) error {
	if name == "" {
		return nil
	}
	from, err := d.store.Directory(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && !from.Removed.IsZero():
		return &policy.RuleError{List: "copyFrom", Index: -1, Problem: fmt.Sprintf("names the directory %q, which is not there", name)}
	case err == nil && from.ID == info.ID:
		return &policy.RuleError{List: "copyFrom", Index: -1, Problem: "names the directory itself; name another one"}
	}
	return err
}

// CopiedUser is a user of another directory.
type CopiedUser struct {
	JSON      json.RawMessage
	Groups    []string
	LastLogin time.Time // zero: none is known

	Sensitive []scim.Place // what any connector of that directory calls so: here nobody would mask it
}

// LoginRow is a user's last login, when a later one is not known.
type LoginRow struct {
	User uuid.UUID
	At   time.Time
}

// notCopied are the attributes that stay in the other directory: by what people are told apart and
// linked, what grants them something, and what the server keeps.
var notCopied = []string{
	"schemas", "id", "meta", "active", "groups", "password",
	"userName", "externalId", "emails", "roles", "entitlements", "x509Certificates",
	scim.EnterpriseUser + ":manager", scim.EnterpriseUser + ":employeeNumber",
}

// copyFor puts what another directory has of a person into the input, and returns the keys of the
// groups. Nobody gets a copy to whom a record has granted default groups before.
func (w *work) copyFor(p *Person, in *policy.Input) ([]string, error) {
	if p.User.Copied != nil {
		in.User.Copied = new(policy.Copy)
		if err := json.Unmarshal(p.User.Copied, in.User.Copied); err != nil {
			return nil, fmt.Errorf("reading what was copied to user %s: %w", p.User.ID, err)
		}
	}
	if err := w.readCopy(p); err != nil || p.copy == nil {
		return nil, err
	}
	in.Copy = p.copy
	keys := make([]string, len(p.copy.Groups))
	for i, g := range p.copy.Groups {
		keys[i] = g.Key
	}
	return keys, nil
}

// readCopy looks a person up in the directory to copy from, once.
func (w *work) readCopy(p *Person) error {
	if p.copyRead || w.settings.CopyFrom == uuid.Nil {
		return nil
	}
	p.copyRead = true
	key, granted := p.User.UserNameKey, false
	for _, r := range p.Records {
		granted = granted || r.DefaultsGranted
		if key == "" && r.ViewState != NoView {
			key = canonical.Key(w.gives(r, p).UserName())
		}
	}
	if granted || key == "" || !slices.ContainsFunc(p.Records, func(r *RecordRow) bool { return w.mayBringCopy(r, p, key) }) {
		return nil
	}
	found, err := w.tx.ReadCopy(w.ctx, w.settings.CopyFrom, key)
	if err != nil || found == nil {
		return err
	}
	p.copy = &policy.Copy{From: w.settings.Info.Settings.CopyFrom, Attributes: copyable(scim.Visible{}.Without(found.Sensitive).JSON(found.JSON))}
	for _, name := range found.Groups {
		p.copy.Groups = append(p.copy.Groups, policy.SentGroup{Name: name, Key: canonical.Key(name)})
	}
	p.copyLogin = found.LastLogin
	return nil
}

// mayBringCopy says whether a record is word enough that its person is the one of that userName in
// the other directory. The rule is that of adopting a local user: where several tenants share the
// directory, or the connector has linking.domains, the name has to lie in one of those. Else
// whichever tenant claims a name first would get that person's groups.
func (w *work) mayBringCopy(r *RecordRow, p *Person, key string) bool {
	c := w.settings.Connectors[r.Connector]
	if c == nil {
		return false
	}
	domains := c.Policy.Rules.Rules().Linking.Domains
	if len(domains) == 0 {
		return w.settings.Info.Tenants <= 1
	}
	return r.ViewState != NoView && canonical.Key(w.gives(r, p).UserName()) == key && w.inDomains(r, []string{"userName"}, domains)
}

// copyable are the attributes of a user that may be copied.
func copyable(doc json.RawMessage) map[string]any {
	out := map[string]any{}
	stays := func(path string) bool {
		return slices.ContainsFunc(notCopied, func(n string) bool { return strings.EqualFold(n, path) })
	}
	for name, value := range scim.ParseDocument(doc) {
		extension, ok := value.(map[string]any)
		switch {
		case stays(name):
		case ok && strings.HasPrefix(name, "urn:"):
			own := maps.Clone(extension)
			maps.DeleteFunc(own, func(sub string, _ any) bool { return stays(name + ":" + sub) })
			if len(own) > 0 {
				out[name] = own
			}
		default:
			out[name] = value
		}
	}
	return out
}

// giveCopy keeps with the user what it is given now.
func (w *work) giveCopy(p *Person, d policy.Decision) {
	if !d.Copied || p.copy == nil {
		return
	}
	if len(p.copy.Attributes) > 0 {
		p.User.Copied = mustJSON(policy.Copy{From: p.copy.From, Attributes: p.copy.Attributes})
	}
	if !p.copyLogin.IsZero() {
		w.changes.Logins = append(w.changes.Logins, LoginRow{p.User.ID, p.copyLogin})
	}
	w.event("directory.user.copied", EventRow{User: p.User.ID, Changes: map[string]any{
		"from": p.copy.From, "groups": len(p.copy.Groups), "attributes": slices.Sorted(maps.Keys(p.copy.Attributes)), "lastLogin": !p.copyLogin.IsZero(),
	}})
}
