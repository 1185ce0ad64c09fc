package scim

import "github.com/muster-scim/muster/scim/canonical"

// names are the keys of one object so far, compared without the case of ASCII letters.
type names struct {
	few  [24]string
	n    int
	many map[string]struct{}
}

// has says whether name was there before, and remembers it.
func (s *names) has(name string) bool {
	if s.many == nil {
		for _, other := range s.few[:s.n] {
			if equalFold(other, name) {
				return true
			}
		}
		if s.n < len(s.few) {
			s.few[s.n] = name
			s.n++
			return false
		}
		s.many = make(map[string]struct{}, 2*len(s.few))
		for _, other := range s.few {
			s.many[lower(other)] = struct{}{}
		}
	}
	low := lower(name)
	if _, ok := s.many[low]; ok {
		return true
	}
	s.many[low] = struct{}{}
	return false
}

// lookAlike says whether key is not ASCII but folds to a name that means something here, such
// as uſerName (with U+017F), which other readers take for userName.
func lookAlike(key string) bool {
	if isASCII(key) {
		return false
	}
	return knownNames[canonical.Key(key)]
}
