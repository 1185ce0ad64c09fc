package filter

import "strings"

// ParsePath reads the path of a PATCH operation. The error is a *SyntaxError.
func ParsePath(text string) (PatchPath, error) {
	p := parser{limits: defaultLimits}
	if err := p.start(text, "path"); err != nil {
		return PatchPath{}, err
	}
	path, err := p.patchPath()
	if err != nil {
		return PatchPath{}, err
	}
	return path, p.end("the end of the path")
}

func (p *parser) patchPath() (PatchPath, error) {
	path, err := p.path("an attribute name")
	if err != nil {
		return PatchPath{}, err
	}
	if !p.sees('[') {
		return PatchPath{Path: path}, nil
	}
	inner, err := p.brackets(path)
	if err != nil {
		return PatchPath{}, err
	}
	sub, err := p.subAfterBrackets()
	return PatchPath{Path: path, Filter: inner, Sub: sub}, err
}

// path reads one attribute path; expected says what stands there for the error message.
func (p *parser) path(expected string) (Path, error) {
	p.space()
	start := p.pos
	word := p.word(isPathByte)
	if word == "" {
		return Path{}, p.errorAt(start, "expected "+expected+", got "+p.next())
	}
	var path Path
	if hasURNPrefix(word) {
		path = splitURN(word)
	} else {
		path.Attr, path.Sub, _ = strings.Cut(word, ".")
	}
	if !path.wellFormed() || strings.HasSuffix(word, ".") || strings.HasSuffix(word, ":") {
		return Path{}, p.errorAt(start, clip(word)+" is not an attribute path; expected attribute, attribute.subAttribute or either after a schema URN and a colon")
	}
	return path, nil
}

// wellFormed says whether the parts of a path just read are names: attr, attr.sub, the same
// after a URN, or a URN alone.
func (p Path) wellFormed() bool {
	if p.URN != "" && !hasURNPrefix(p.URN) {
		return false // urn:x
	}
	if p.Attr == "" {
		return p.URN != "" && p.Sub == ""
	}
	return isName(p.Attr) && (p.Sub == "" || isName(p.Sub))
}

func hasURNPrefix(word string) bool {
	return len(word) > 4 && strings.EqualFold(word[:4], "urn:")
}

// splitURN parts a path that begins with a schema URN. The URN may itself hold dots (…:2.0:User),
// and a dot may stand where the last colon belongs:
//
//	urn:…:2.0:User:manager.value       manager.value of urn:…:2.0:User
//	urn:…:2.0:User.costCenter          costCenter of urn:…:2.0:User (Entra before 2018)
//	urn:…:enterprise:2.0.department    department of urn:…:enterprise:2.0 (the same, obsolete URN)
//	urn:…:2.0:User, urn:…:1.0          the whole extension: no Attr
//
// Only a last part named User or Group after a version counts as part of the URN: by
// convention schema URNs end in the resource type or in the version.
func splitURN(word string) Path {
	colon := strings.LastIndexByte(word, ':')
	urn, last := word[:colon], word[colon+1:]
	if n := versionLength(last); n > 0 {
		urn, last = word[:colon+1+n], strings.TrimPrefix(last[n:], ".")
	} else if before := urn[strings.LastIndexByte(urn, ':')+1:]; versionLength(before) == len(before) && before != "" {
		first, rest, _ := strings.Cut(last, ".")
		if strings.EqualFold(first, "User") || strings.EqualFold(first, "Group") {
			urn, last = word[:colon+1+len(first)], rest
		}
	}
	path := Path{URN: urn}
	path.Attr, path.Sub, _ = strings.Cut(last, ".")
	return path
}

// versionLength is the length of a version such as 2.0 at the start of s, else 0.
func versionLength(s string) int {
	major := digits(s)
	if major == 0 || major == len(s) || s[major] != '.' {
		return 0
	}
	minor := digits(s[major+1:])
	if minor == 0 {
		return 0
	}
	n := major + 1 + minor
	if n < len(s) && s[n] != '.' {
		return 0
	}
	return n
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// isName says whether s is an attribute name: a letter or $ ($ref), then letters, digits, - _ $.
// The words of the grammar are none.
func isName(s string) bool {
	if strings.EqualFold(s, "and") || strings.EqualFold(s, "or") || strings.EqualFold(s, "not") {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isLetter(c) && c != '$' && (i == 0 || !isNameByte(c)) {
			return false
		}
	}
	return s != ""
}

func isLetter(c byte) bool   { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isNameByte(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' || c == '-' || c == '_' }

// isPathByte takes what a name, a dot or a URN (RFC 8141) may hold and the grammar leaves free.
func isPathByte(c byte) bool {
	return isNameByte(c) || strings.IndexByte(".:$%+@~/", c) >= 0
}
