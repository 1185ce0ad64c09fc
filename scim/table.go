package scim

// Kind is a resource type.
type Kind string

const (
	UserKind  Kind = "User"
	GroupKind Kind = "Group"
)

// Endpoint is the path under the base URL where resources of the kind live.
func (k Kind) Endpoint() string { return "/" + string(k) + "s" }

// Schema URNs, in the one spelling that Muster answers with.
const (
	CoreUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	CoreGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// Attribute types of RFC 7643 2.3.
const (
	typeString    = "string"
	typeBoolean   = "boolean"
	typeDecimal   = "decimal"
	typeInteger   = "integer"
	typeDateTime  = "dateTime"
	typeBinary    = "binary"
	typeReference = "reference"
	typeComplex   = "complex"
)

// Values of Mutability, Returned and Uniqueness (RFC 7643 7).
const (
	ReadWrite = "readWrite"
	ReadOnly  = "readOnly"
	Immutable = "immutable"
	WriteOnly = "writeOnly"

	ReturnedAlways  = "always"
	ReturnedDefault = "default"
	ReturnedNever   = "never"

	uniqueNone   = "none"
	uniqueServer = "server"
)

// Attribute is one line of the attribute table (RFC 7643 7). Attributes are shared and never
// changed.
type Attribute struct {
	Name, Type, Description          string
	MultiValued, Required, CaseExact bool
	Mutability, Returned, Uniqueness string
	Canonical                        []string // canonicalValues: suggestions, not a closed set
	ReferenceTypes                   []string
	Sub                              []*Attribute

	lower string // the name as it is compared
	subs  index
}

// Schema is a set of attributes under one URN.
type Schema struct {
	URN, Name, Description string
	Attributes             []*Attribute
	// Aliases are other URNs that clients send for it: those of SCIM 1.1 and of the drafts,
	// and misspellings that have been seen.
	Aliases []string
	byName  index
}

// resourceType is a kind with its schemas.
type resourceType struct {
	kind       Kind
	core       *Schema
	extensions []*Schema
}

func (k Kind) table() *resourceType {
	if k == GroupKind {
		return groupType
	}
	return userType
}

var (
	userType  = &resourceType{kind: UserKind, core: userSchema, extensions: []*Schema{enterpriseSchema}}
	groupType = &resourceType{kind: GroupKind, core: groupSchema}

	// coreAliases are URNs that name the core schema of whatever kind the endpoint is of.
	coreAliases = []string{"urn:scim:schemas:core:2.0", "urn:scim:schemas:core:1.0", "urn:ietf:params:scim:schemas:core:2.0"}

	metaAttribute    = compile(metaTable)
	schemasAttribute = compile(schemasTable)

	// knownNames are the lower-case names that mean something in a body.
	knownNames = collectNames()
)

// index finds attributes by name, exactly first and then without case.
type index map[string]*Attribute

func newIndex(attributes []*Attribute) index {
	x := make(index, 2*len(attributes))
	for _, a := range attributes {
		x[a.Name], x[lower(a.Name)] = a, a
	}
	return x
}

func (x index) find(name string) *Attribute {
	if a, ok := x[name]; ok {
		return a
	}
	var buf [64]byte
	if len(name) > len(buf) {
		return nil
	}
	for i := 0; i < len(name); i++ {
		buf[i] = foldByte(name[i])
	}
	return x[string(buf[:len(name)])]
}

// compile fills what the table leaves out: the RFC's defaults and the indexes.
func compile(a *Attribute) *Attribute {
	a.lower = lower(a.Name)
	if a.Type == "" {
		a.Type = typeString
	}
	if a.Mutability == "" {
		a.Mutability = ReadWrite
	}
	if a.Returned == "" {
		a.Returned = ReturnedDefault
	}
	if a.Uniqueness == "" {
		a.Uniqueness = uniqueNone
	}
	if len(a.Sub) > 0 {
		a.Type = typeComplex
	}
	for _, sub := range a.Sub {
		compile(sub)
	}
	a.subs = newIndex(a.Sub)
	if a.Name == "manager" { // SCIM 1.1 says managerId, also under the 2.0 URN
		a.subs["managerId"], a.subs["managerid"] = a.subs["value"], a.subs["value"]
	}
	return a
}

func compileSchema(s *Schema) *Schema {
	for _, a := range s.Attributes {
		compile(a)
	}
	s.byName = newIndex(s.Attributes)
	return s
}

func collectNames() map[string]bool {
	known := map[string]bool{"operations": true, "op": true, "path": true, "method": true, "data": true,
		"bulkid": true, "failonerrors": true, "meta": true, "schemas": true, "manager": true, "managerid": true}
	var add func(list []*Attribute)
	add = func(list []*Attribute) {
		for _, a := range list {
			known[lower(a.Name)] = true
			add(a.Sub)
		}
	}
	for _, s := range []*Schema{userSchema, groupSchema, enterpriseSchema} {
		add(s.Attributes)
	}
	add(metaTable.Sub)
	return known
}

// sub finds a sub-attribute; nil when there is none of that name.
func (a *Attribute) sub(name string) *Attribute { return a.subs.find(name) }

// value is the sub-attribute that a comparison with the whole attribute means, or nil.
func (a *Attribute) value() *Attribute { return a.subs["value"] }

// schema finds the schema of the kind that urn names, also by an alias; nil for a foreign one.
func (t *resourceType) schema(urn string) *Schema {
	if urn == "" || urn == t.core.URN || isCore(t, urn) {
		return t.core
	}
	for _, s := range t.extensions {
		if s.named(urn) {
			return s
		}
	}
	return nil
}

func isCore(t *resourceType, urn string) bool {
	if t.core.named(urn) {
		return true
	}
	for _, alias := range coreAliases {
		if equalFold(alias, urn) {
			return true
		}
	}
	return false
}

func (s *Schema) named(urn string) bool {
	if equalFold(s.URN, urn) {
		return true
	}
	for _, alias := range s.Aliases {
		if equalFold(alias, urn) {
			return true
		}
	}
	return false
}

// attribute finds an attribute by its plain name, and the extension it belongs to (nil for
// core). Names of the extensions are found without their URN too: Entra's own example sends
// department, manager and employeeNumber at the top.
func (t *resourceType) attribute(name string) (*Attribute, *Schema) {
	if a := t.core.byName.find(name); a != nil {
		return a, nil
	}
	for _, s := range t.extensions {
		if a := s.byName.find(name); a != nil {
			return a, s
		}
	}
	return nil, nil
}
