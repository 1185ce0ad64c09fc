package scim

// Discovery for readers: the schemas hold what a reader sees and nothing else, and all of it is
// read-only.

// Reading is the provider of readers: nothing can be changed there.
var Reading = Provider{ReadOnly: true, Cursor: true}

// VisibleSchemas is the list of all schemas as a reader sees them.
func VisibleSchemas(base string, v Visible) []byte {
	var list []any
	for _, s := range v.schemas() {
		list = append(list, schemaOf(base, s))
	}
	return mustJSON(documents(list...))
}

// VisibleSchemaByURN is one of them by its URN in any case; false when there is none.
func VisibleSchemaByURN(base, urn string, v Visible) ([]byte, bool) {
	for _, s := range v.schemas() {
		if equalFold(s.URN, urn) {
			return mustJSON(schemaOf(base, s)), true
		}
	}
	return nil, false
}

// VisibleResourceTypes is the list of all resource types; the extensions are those of which the
// reader sees something.
func VisibleResourceTypes(base string, v Visible) []byte {
	return mustJSON(documents(v.resourceType(base, userType), v.resourceType(base, groupType)))
}

// VisibleResourceType is one of them by its name; false when there is none.
func VisibleResourceType(base, name string, v Visible) ([]byte, bool) {
	for _, t := range []*resourceType{userType, groupType} {
		if equalFold(string(t.kind), name) {
			return mustJSON(v.resourceType(base, t)), true
		}
	}
	return nil, false
}

func (v Visible) resourceType(base string, t *resourceType) resourceTypeDocument {
	seen := *t
	seen.extensions = nil
	for _, s := range t.extensions {
		if len(v.schema(s, []string{lower(s.URN)}).Attributes) > 0 {
			seen.extensions = append(seen.extensions, s)
		}
	}
	return resourceTypeOf(base, &seen)
}

func (v Visible) schemas() []*Schema {
	list := []*Schema{v.schema(userSchema, nil)}
	group := *groupSchema
	group.Attributes = readable(groupSchema.Attributes, func(*Attribute, []string) bool { return true }, nil)
	list = append(list, &group)
	if extension := v.schema(enterpriseSchema, []string{lower(EnterpriseUser)}); len(extension.Attributes) > 0 {
		list = append(list, extension)
	}
	return list
}

// schema is a schema of users as the reader sees it; at is where its attributes are.
func (v Visible) schema(s *Schema, at []string) *Schema {
	out := *s
	out.Attributes = readable(s.Attributes, func(a *Attribute, steps []string) bool {
		if len(steps) == 1 && a.lower == "id" {
			return true
		}
		some := len(a.Sub) > 0 // decided by its parts
		return a.Returned != ReturnedNever && (some || (v.only == nil || v.only.holds(steps)) && !v.hidden().touches(steps))
	}, at)
	return &out
}

// readable are those attributes that are seen, read-only. A complex one of which no part is seen
// is left out.
func readable(attributes []*Attribute, seen func(*Attribute, []string) bool, at []string) []*Attribute {
	var list []*Attribute
	for _, a := range attributes {
		steps := append(at[:len(at):len(at)], a.lower)
		if !seen(a, steps) {
			continue
		}
		read := *a
		read.Mutability = ReadOnly
		read.Sub = readable(a.Sub, seen, steps)
		if len(a.Sub) > 0 && len(read.Sub) == 0 {
			continue
		}
		list = append(list, &read)
	}
	return list
}
