package importfile

import (
	"bufio"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ldifAttributes are the attributes of inetOrgPerson, and of Active Directory's users, and where
// they go. What is not here is left out: directories hold a lot that is nobody's profile.
var ldifAttributes = map[string]string{
	"mail": "emails.work", "givenname": "name.givenName", "sn": "name.familyName", "displayname": "displayName", "title": "title",
	"telephonenumber": "phoneNumbers.work", "mobile": "phoneNumbers.mobile", "facsimiletelephonenumber": "phoneNumbers.fax", "homephone": "phoneNumbers.home",
	"departmentnumber": enterprise + ":department", "department": enterprise + ":department",
	"employeenumber": enterprise + ":employeeNumber", "employeeid": enterprise + ":employeeNumber", "o": enterprise + ":organization", "company": enterprise + ":organization",
	"division": enterprise + ":division", "employeetype": "userType", "preferredlanguage": "preferredLanguage",
	"street": "addresses.streetAddress", "streetaddress": "addresses.streetAddress", "l": "addresses.locality", "st": "addresses.region",
	"postalcode": "addresses.postalCode",
}

// names are the attributes that a user may be called by, the best first.
var names = []string{"userprincipalname", "uid", "samaccountname", "mail"}

// attribute is one line of an entry.
type attribute struct{ name, value string } // name in lower case, without options

// entries are the entries of a file, one after the other.
type entries struct {
	lines
}

// anEntry is one entry with its place, its text, and why it cannot be used.
type anEntry struct {
	line       int64
	text       []byte
	attributes []attribute
	problem    *Problem
}

// readLDIF reads entries of RFC 2849: people and groups that are there, or are added.
func readLDIF(in *bufio.Reader, yield func(Row, error) bool) {
	e := &entries{lines: lines{in: in}}
	for {
		entry, ok, err := e.entry()
		switch {
		case err != nil:
			yield(Row{}, err)
			return
		case !ok:
			return
		}
		for _, row := range entry.rows() {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// entry collects lines up to an empty one, the folded ones joined.
func (e *entries) entry() (entry anEntry, ok bool, err error) {
	var folded []byte
	length, comment := 0, false
	finish := func() {
		if len(folded) > 0 && entry.problem == nil {
			entry.add(folded)
		}
		folded = folded[:0]
	}
	for {
		text, long, more, err := e.next()
		if err != nil {
			return entry, false, err
		}
		if !more || len(text) == 0 {
			finish()
			if ok || !more {
				return entry, ok, nil
			}
			continue // empty lines before an entry
		}
		if length += len(text) + 1; long || length > MaxRow {
			entry.problem, entry.attributes, ok = tooLong(), nil, true
		}
		if entry.line == 0 && text[0] != '#' && !(comment && text[0] == ' ') {
			entry.line = e.line
		}
		switch {
		case text[0] == ' ':
			if !comment && entry.problem == nil {
				folded = append(folded, text[1:]...)
			}
		case text[0] == '#':
			finish()
			comment = true
			continue
		default:
			finish()
			comment, ok = false, true
			folded = append(folded, text...)
		}
		if entry.problem == nil || len(entry.text) == 0 {
			entry.text = append(append(entry.text, text[:min(len(text), MaxRow)]...), '\n')
		}
	}
}

// add reads one line: name: value, or name:: value in base64.
func (e *anEntry) add(line []byte) {
	name, value, ok := strings.Cut(string(line), ":")
	switch {
	case !ok:
		e.problem = problem("invalid", "", string(line), "The line is neither an attribute nor the continuation of one, which would begin with a space.")
		return
	case strings.HasPrefix(value, "<"):
		e.problem = problem("notSupported", name, value, "Values that lie in another file are not read; put the value itself there.")
		return
	case strings.HasPrefix(value, ":"):
		plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value[1:]))
		if err != nil {
			e.problem = problem("invalid", name, strings.TrimSpace(value[1:]), "What stands behind :: is not base64.")
			return
		}
		value = string(plain)
	default:
		value = strings.TrimSpace(value)
	}
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), ";")
	e.attributes = append(e.attributes, attribute{name, value})
}

func (e *anEntry) first(name string) string {
	i := slices.IndexFunc(e.attributes, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return ""
	}
	return e.attributes[i].value
}

func (e *anEntry) is(classes ...string) bool {
	return slices.ContainsFunc(e.attributes, func(a attribute) bool {
		return a.name == "objectclass" && slices.Contains(classes, strings.ToLower(a.value))
	})
}

// rows are what an entry says.
func (e *anEntry) rows() []Row {
	text := strings.TrimRight(string(e.text), "\n")
	fail := func(p *Problem) []Row { return []Row{{Line: e.line, Kind: User, Text: text, Problem: p}} }
	if e.problem != nil {
		return fail(e.problem)
	}
	if len(e.attributes) == 1 && e.attributes[0].name == "version" || len(e.attributes) == 0 {
		return nil
	}
	if change := strings.ToLower(e.first("changetype")); change != "" && change != "add" {
		return fail(problem("notSupported", "changetype", change, "An import only adds. Leave out what modifies, renames or deletes."))
	}
	if e.first("dn") == "" {
		return fail(problem("missing", "dn", "", "An entry begins with its dn."))
	}
	for _, a := range e.attributes {
		if (ldifAttributes[a.name] != "" || slices.Contains(names, a.name) || a.name == "cn" || a.name == "member") && !utf8.ValidString(a.value) {
			return fail(problem("notUTF8", a.name, a.value, "The value is not UTF-8."))
		}
	}
	switch {
	case e.is("groupofnames", "groupofuniquenames", "posixgroup", "group", "groupofmembers"):
		return e.groupRows(text)
	case e.is("person", "organizationalperson", "inetorgperson", "user", "posixaccount", "account"):
		return e.userRows(text)
	case e.is("organizationalunit", "domain", "dcobject", "organization", "container", "country", "builtindomain", "locality"):
		return nil // the tree itself
	}
	return fail(problem("notSupported", "objectClass", e.first("objectclass"), "The entry is neither a person nor a group; leave it out."))
}

func (e *anEntry) userRows(text string) []Row {
	raw := make(map[string]any)
	for _, a := range e.attributes {
		to, ok := ldifAttributes[a.name]
		if !ok || a.value == "" {
			continue
		}
		if head, _, _ := strings.Cut(to, "."); head == "emails" && raw["emails"] != nil {
			raw["emails"] = append(raw["emails"].([]any), map[string]any{"value": a.value, "type": "other"})
			continue
		}
		put(raw, to, a.value)
	}
	if raw["displayName"] == nil && e.first("cn") != "" {
		raw["displayName"] = e.first("cn")
	}
	if flags, err := strconv.Atoi(e.first("useraccountcontrol")); err == nil {
		raw["active"] = flags&2 == 0 // ACCOUNTDISABLE
	}
	for _, name := range names {
		if value := e.first(name); value != "" && raw["userName"] == nil {
			raw["userName"] = value
		}
	}
	if raw["userName"] == nil {
		return []Row{{Line: e.line, Kind: User, Text: text, Problem: problem("missing", "uid", "", "A person needs one of %s to be called by.", strings.Join(names, ", "))}}
	}
	row := user(e.line, text, raw)
	row.Source = foldDN(e.first("dn"))
	rows := []Row{row}
	if row.Problem != nil {
		return rows
	}
	for _, a := range e.attributes {
		if a.name == "memberof" {
			rows = append(rows, membership(e.line, "", "memberOf", firstName(a.value), "dn", row.User.UserName()))
		}
	}
	return rows
}

func (e *anEntry) groupRows(text string) []Row {
	name := e.first("cn")
	if name == "" {
		name = firstName(e.first("dn"))
	}
	row := group(e.line, text, "cn", name)
	rows := []Row{row}
	if row.Problem != nil {
		return rows
	}
	for _, a := range e.attributes {
		switch a.name {
		case "member", "uniquemember":
			if a.value == "" || strings.EqualFold(foldDN(a.value), foldDN(e.first("dn"))) {
				continue // groupOfNames must have a member, and some give it itself
			}
			rows = append(rows, membership(e.line, "", "cn", name, a.name, foldDN(a.value)))
		case "memberuid":
			rows = append(rows, membership(e.line, "", "cn", name, a.name, a.value))
		}
	}
	return rows
}

// foldDN is a DN as it is compared: in lower case, without spaces around its marks.
func foldDN(dn string) string {
	var out []string
	for _, rdn := range splitDN(dn) {
		name, value, _ := strings.Cut(rdn, "=")
		out = append(out, strings.ToLower(strings.TrimSpace(name))+"="+strings.ToLower(strings.TrimSpace(value)))
	}
	return strings.Join(out, ",")
}

// splitDN splits at the commas that no backslash precedes.
func splitDN(dn string) (rdns []string) {
	start := 0
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			rdns = append(rdns, dn[start:i])
			start = i + 1
		}
	}
	return append(rdns, dn[start:])
}

// firstName is the value of a DN's first part: what a group is called.
func firstName(dn string) string {
	rdns := splitDN(dn)
	_, value, _ := strings.Cut(rdns[0], "=")
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) {
			if b, err := strconv.ParseUint(value[i+1:min(i+3, len(value))], 16, 8); err == nil && i+2 < len(value) {
				out.WriteByte(byte(b))
				i += 2
				continue
			}
			i++
		}
		out.WriteByte(value[i])
	}
	return strings.TrimSpace(out.String())
}
