package importfile

import (
	"fmt"
	"slices"
	"strings"
)

// enterprise is the URN of the enterprise extension.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// What a column holds besides an attribute of users.
const (
	sourceColumn = "id"     // the user's id where the file comes from
	groupsColumn = "groups" // a user's groups, separated by ;
	groupColumn  = "group"  // the group of a membership, or a group
	memberColumn = "member" // the user of a membership
	noColumn     = "-"
)

// aliases are headings, folded, and what they mean.
var aliases = map[string]string{
	"username": "userName", "login": "userName", "user": "userName", "account": "userName", "loginname": "userName",
	"userprincipalname": "userName", "upn": "userName", "samaccountname": "userName", "uid": "userName",
	"externalid": "externalId", "displayname": "displayName", "fullname": "displayName", "cn": "displayName", "name": "displayName",
	"nickname": "nickName", "profileurl": "profileUrl", "title": "title", "jobtitle": "title", "usertype": "userType",
	"preferredlanguage": "preferredLanguage", "language": "preferredLanguage", "locale": "locale", "timezone": "timezone",
	"active": "active", "enabled": "active", "status": "active",
	"firstname": "name.givenName", "givenname": "name.givenName", "forename": "name.givenName",
	"lastname": "name.familyName", "familyname": "name.familyName", "surname": "name.familyName", "sn": "name.familyName",
	"middlename": "name.middleName", "formatted": "name.formatted",
	"email": "emails.work", "mail": "emails.work", "emailaddress": "emails.work", "emails": "emails.work", "emailsvalue": "emails.work",
	"privateemail": "emails.home", "phone": "phoneNumbers.work", "phonenumber": "phoneNumbers.work", "telephone": "phoneNumbers.work",
	"telephonenumber": "phoneNumbers.work", "mobile": "phoneNumbers.mobile", "mobilephone": "phoneNumbers.mobile", "fax": "phoneNumbers.fax",
	"street": "addresses.streetAddress", "streetaddress": "addresses.streetAddress", "city": "addresses.locality", "locality": "addresses.locality",
	"state": "addresses.region", "region": "addresses.region", "zip": "addresses.postalCode", "postalcode": "addresses.postalCode", "country": "addresses.country",
	"department": enterprise + ":department", "employeenumber": enterprise + ":employeeNumber", "employeeid": enterprise + ":employeeNumber",
	"costcenter": enterprise + ":costCenter", "organization": enterprise + ":organization", "company": enterprise + ":organization",
	"division": enterprise + ":division",
	"id":       sourceColumn, "groups": groupsColumn, "memberof": groupsColumn,
	"group": groupColumn, "groupname": groupColumn, "member": memberColumn, "memberusername": memberColumn, "memberemail": memberColumn,
}

// plain are the attributes without parts, and parts those of what has some.
var (
	plain = []string{"userName", "externalId", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone", "active"}
	parts = map[string][]string{
		"name":         {"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"},
		"addresses":    {"formatted", "streetAddress", "locality", "region", "postalCode", "country"},
		"emails":       {"work", "home", "other"},
		"phoneNumbers": {"work", "home", "mobile", "fax", "pager", "other"},
	}
)

// fold makes a heading comparable: First Name, first_name and firstName are one.
func fold(heading string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' || r == '.' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(heading)))
}

// target is what a heading, or what somebody said that it holds, means.
func target(said string) (string, bool) {
	said = strings.TrimSpace(said)
	if said == noColumn {
		return noColumn, true
	}
	if strings.HasPrefix(strings.ToLower(said), "urn:") {
		at := strings.LastIndexByte(said, ':')
		return said, at > 4 && at < len(said)-1
	}
	for _, name := range plain {
		if strings.EqualFold(name, said) {
			return name, true
		}
	}
	if head, tail, ok := strings.Cut(said, "."); ok {
		for name, subs := range parts {
			if !strings.EqualFold(name, head) {
				continue
			}
			if i := slices.IndexFunc(subs, func(s string) bool { return strings.EqualFold(s, tail) }); i >= 0 {
				return name + "." + subs[i], true
			}
		}
	}
	found, ok := aliases[fold(said)]
	return found, ok
}

// columns are the targets of a header, by place.
type columns struct {
	headings []string
	targets  []string
	kind     Kind
}

// readHeader says what each column holds, and of what kind the rows are.
func readHeader(headings []string, o Options) (*columns, error) {
	c := &columns{headings: headings, targets: make([]string, len(headings)), kind: o.Kind}
	said := make(map[string]string, len(o.Columns))
	for heading, to := range o.Columns {
		said[fold(heading)] = to
	}
	var unknown []string
	for i, heading := range headings {
		name := heading
		if to, ok := said[fold(heading)]; ok {
			name = to
			delete(said, fold(heading))
		}
		to, ok := target(name)
		if !ok {
			unknown = append(unknown, fmt.Sprintf("%q", Shortened(name)))
		}
		c.targets[i] = to
	}
	switch {
	case len(unknown) > 0:
		return nil, &FileError{Line: 1, Detail: fmt.Sprintf("nobody knows what the columns %s hold; say it with columns, such as %s=title, or leave one out with %s=-", strings.Join(unknown, ", "), "Rank", "Rank")}
	case len(said) > 0:
		for heading := range said {
			return nil, &FileError{Line: 1, Detail: fmt.Sprintf("the file has no column %q of which columns speaks; it has %s", heading, strings.Join(headings, ", "))}
		}
	}
	return c, c.settle()
}

// settle finds out the kind of the rows and checks that they can be told apart.
func (c *columns) settle() error {
	has := func(to string) bool { return slices.Contains(c.targets, to) }
	if c.kind == "" {
		switch {
		case has(groupColumn) && (has(memberColumn) || has("userName") || has("emails.work")):
			c.kind = Membership
		case has(groupColumn):
			c.kind = Group
		default:
			c.kind = User
		}
	}
	switch c.kind {
	case Membership:
		for i, to := range c.targets { // a membership names its user by whatever there is
			if to == "userName" || to == "emails.work" || to == sourceColumn {
				c.targets[i] = memberColumn
			}
			if to == "displayName" && !has(groupColumn) {
				c.targets[i] = groupColumn
			}
		}
		if !has(groupColumn) || !has(memberColumn) {
			return &FileError{Line: 1, Detail: "a file of memberships needs the columns group and member"}
		}
	case Group:
		for i, to := range c.targets {
			if to == "displayName" && !has(groupColumn) {
				c.targets[i] = groupColumn
			}
		}
		if !has(groupColumn) {
			return &FileError{Line: 1, Detail: "a file of groups needs the column group"}
		}
	default:
		if !has("userName") && !has("emails.work") {
			return &FileError{Line: 1, Detail: "a file of users needs the column userName, or email; name the columns in the first line"}
		}
	}
	for i, to := range c.targets {
		if to != noColumn && slices.Contains(c.targets[:i], to) {
			return &FileError{Line: 1, Detail: fmt.Sprintf("two columns hold %s; leave one out with columns: %s=-", to, c.headings[i])}
		}
	}
	return nil
}

// heading is the heading of the column that holds to.
func (c *columns) heading(to string) string {
	if i := slices.Index(c.targets, to); i >= 0 {
		return c.headings[i]
	}
	return to
}

// put sets the value of a target in the raw form of a user.
func put(raw map[string]any, to, value string) *Problem {
	switch {
	case to == "active":
		on, ok := truth(value)
		if !ok {
			return problem("invalid", to, value, "%s says whether a user is active: write true or false.", to)
		}
		raw[to] = on
	case strings.HasPrefix(strings.ToLower(to), "urn:"):
		at := strings.LastIndexByte(to, ':')
		inside(raw, to[:at])[to[at+1:]] = value
	case strings.Contains(to, "."):
		head, tail, _ := strings.Cut(to, ".")
		switch head {
		case "name":
			inside(raw, head)[tail] = value
		case "addresses":
			entry(raw, head, "work")[tail] = value
		default:
			e := entry(raw, head, tail)
			e["value"] = value
			if head == "emails" && tail == "work" {
				e["primary"] = true
			}
		}
	default:
		raw[to] = value
	}
	return nil
}

func inside(raw map[string]any, name string) map[string]any {
	m, ok := raw[name].(map[string]any)
	if !ok {
		m = make(map[string]any)
		raw[name] = m
	}
	return m
}

// entry is the entry of a list that has a type.
func entry(raw map[string]any, name, kind string) map[string]any {
	list, _ := raw[name].([]any)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && m["type"] == kind {
			return m
		}
	}
	m := map[string]any{"type": kind}
	raw[name] = append(list, m)
	return m
}

// truth reads the words that systems have for yes and no.
func truth(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "yes", "y", "active", "enabled", "on":
		return true, true
	case "false", "0", "no", "n", "inactive", "disabled", "off", "suspended", "deprovisioned":
		return false, true
	}
	return false, false
}
