package tenants

// preset returns the settings that connectors of a kind begin with: what that product's own
// address templates ask for. It changes where resources are served, never what is tolerated.
func (k Kind) preset() Settings {
	switch k {
	case "oneaccess": // its organisations are provisioned as groups, under a path of their own
		return Settings{Paths: Paths{Groups: []string{"Organizations", "Organization"}}}
	default:
		return Settings{}
	}
}

// withPreset fills settings that say nothing about paths with the kind's.
func (s Settings) withPreset(k Kind) Settings {
	if len(s.Paths.Users) == 0 && len(s.Paths.Groups) == 0 {
		s.Paths = k.preset().Paths
	}
	return s
}

// DefaultPaths are the paths that connectors of a kind begin with.
func (k Kind) DefaultPaths() Paths { return k.preset().Paths }
