package mapping

import (
	"slices"
	"strings"
)

// Enterprise is the extension of RFC 7643, 4.3.
const Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// kind says what values an attribute has.
type kind int

const (
	text kind = iota
	flag
	object // a complex attribute
	list   // a multi-valued one, of objects
	open   // of an extension that nobody described: anything
)

// attribute is one line of the User schema, as far as mapping cares.
type attribute struct {
	name string
	kind kind
	subs []string
}

var ofLists = []string{"value", "display", "type", "primary"}

// attributes are those of RFC 7643, 4.1, that a record can hold. (Passwords are never kept, and
// id, meta, schemas and groups are the server's.) A test compares them with package scim.
var attributes = []attribute{
	{"externalId", text, nil},
	{"userName", text, nil},
	{"name", object, []string{"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"}},
	{"displayName", text, nil},
	{"nickName", text, nil},
	{"profileUrl", text, nil},
	{"title", text, nil},
	{"userType", text, nil},
	{"preferredLanguage", text, nil},
	{"locale", text, nil},
	{"timezone", text, nil},
	{"active", flag, nil},
	{"emails", list, ofLists},
	{"phoneNumbers", list, ofLists},
	{"ims", list, ofLists},
	{"photos", list, ofLists},
	{"addresses", list, []string{"formatted", "streetAddress", "locality", "region", "postalCode", "country", "type", "primary"}},
	{"entitlements", list, ofLists},
	{"roles", list, ofLists},
	{"x509Certificates", list, ofLists},
}

// ofEnterprise are the attributes of the enterprise extension.
var ofEnterprise = []attribute{
	{"employeeNumber", text, nil},
	{"costCenter", text, nil},
	{"organization", text, nil},
	{"division", text, nil},
	{"department", text, nil},
	{"manager", object, []string{"value", "$ref", "displayName"}},
}

// Attributes are the names of the attributes that expressions can read, those of the enterprise
// extension with its URN.
func Attributes() []string {
	names := namesOf(attributes)
	for _, a := range ofEnterprise {
		names = append(names, Enterprise+":"+a.name)
	}
	return names
}

func namesOf(of []attribute) []string {
	names := make([]string, len(of))
	for i, a := range of {
		names[i] = a.name
	}
	return names
}

func find(of []attribute, name string) (attribute, bool) {
	i := slices.IndexFunc(of, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return attribute{}, false
	}
	return of[i], true
}

// servers are the attributes that the server gives: no IdP says them, and no mapping.
var servers = []string{"id", "meta", "schemas", "groups", "password"}

// unknown says that there is no such attribute, and which one may be meant.
func unknown(name string, of []attribute) string {
	switch {
	case name == "groups":
		return "a record does not hold its groups; rename groups with renames, and choose among them with the lists of the rules"
	case slices.Contains(servers, name):
		return name + " is not among what an IdP says of a user"
	case slices.ContainsFunc(ofEnterprise, func(a attribute) bool { return strings.EqualFold(a.name, name) }) && of[0].name == attributes[0].name:
		a := ofEnterprise[slices.IndexFunc(ofEnterprise, func(a attribute) bool { return strings.EqualFold(a.name, name) })]
		return "there is no attribute " + name + "; it belongs to the enterprise extension: write enterprise." + a.name
	}
	if near := nearest(name, namesOf(of)); near != "" {
		return "there is no attribute " + name + "; did you mean " + near + "?"
	}
	return "there is no attribute " + name + "; the attributes are " + strings.Join(namesOf(of), ", ")
}
