package policy

// Names are a list of patterns of its own, beside those of rules and directories, made ready
// for matching. They are safe for use by many at once.
type Names struct {
	list list
	memo memo[answer]
}

// CompileNames makes entries ready; name is the list's in the error, a *RuleError.
func CompileNames(name string, entries []Entry) (*Names, error) {
	compiled, err := compileList(name, entries, false)
	if err != nil {
		return nil, err
	}
	return &Names{list: compiled}, nil
}

// Match says whether one of the patterns matches the key form of a name. A match that runs out of
// time does not count: what is asked is who may see something.
func (p *Names) Match(key string) bool {
	if known, ok := p.memo.get(key); ok {
		return *known == yes
	}
	said := p.list.find(key, key).answer
	if said == undecided {
		return false // asked again the next time: the machine may just be busy
	}
	p.memo.put(key, &said)
	return said == yes
}

// Literal are the key forms of all names that can match, if they can be told: false when one of
// the patterns matches names that it does not say.
func (p *Names) Literal() (keys []string, ok bool) {
	for _, one := range p.list {
		if one.compare != FormIs {
			return nil, false
		}
		keys = append(keys, one.literal)
	}
	return keys, true
}
