package main

import "strings"

// demandFlags change what a connector demands of the attributes of its users.
type demandFlags struct {
	Require   *[]string `help:"Attributes that its users must have, such as emails,name.familyName; an empty text for none." placeholder:"ATTRIBUTE,…"`
	Unique    *[]string `help:"Attributes of which no two of its users may share a value; an empty text for none." placeholder:"ATTRIBUTE,…"`
	Sensitive *[]string `help:"Attributes whose values administrators do not see; an empty text for none." placeholder:"ATTRIBUTE,…"`
	LastLogin *bool     `negatable:"" help:"Tell the IdP when users last signed in."`
	Activity  string    `enum:",on,noBodies,off" default:"" help:"What is kept of its SCIM requests: on, noBodies or off." placeholder:"WHAT"`
}

func (d demandFlags) given() bool {
	return d.Require != nil || d.Unique != nil || d.Sensitive != nil || d.LastLogin != nil || d.Activity != ""
}

// fill puts what was given into the body of a PATCH.
func (d demandFlags) fill(body map[string]any) {
	for name, list := range map[string]*[]string{"required": d.Require, "unique": d.Unique, "sensitive": d.Sensitive} {
		if list == nil {
			continue
		}
		names := []string{}
		for _, attribute := range *list {
			if attribute = strings.TrimSpace(attribute); attribute != "" {
				names = append(names, attribute)
			}
		}
		body[name] = names
	}
	if d.LastLogin != nil {
		body["lastLogin"] = *d.LastLogin
	}
	if d.Activity != "" {
		body["activity"] = d.Activity
	}
}

// demanded adds what a connector demands to its rows, where it demands anything.
func (x connector) demanded(rows [][]string) [][]string {
	for _, list := range []struct {
		name   string
		values []string
	}{{"required", x.Required}, {"unique", x.Unique}, {"sensitive", x.Sensitive}} {
		if len(list.values) > 0 {
			rows = append(rows, []string{list.name, strings.Join(list.values, ", ")})
		}
	}
	if x.LastLogin {
		rows = append(rows, []string{"last login", "told to the IdP"})
	}
	if x.Activity != "" && x.Activity != "on" {
		rows = append(rows, []string{"requests kept", x.Activity})
	}
	if x.RulesFile != "" {
		rows = append(rows, []string{"rules kept in", x.RulesFile})
	}
	return rows
}
