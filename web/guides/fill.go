package guides

import "strings"

// Placeholders are what stands in a guide for what only a connector knows, and what it is.
var Placeholders = []struct{ Name, Means string }{
	{"{baseURL}", "the connector's base URL of SCIM 2.0"},
	{"{baseURLv1}", "the connector's base URL of SCIM 1.1"},
	{"{tokenURL}", "where the connector gives out OAuth tokens"},
	{"{token}", "the bearer token, shown once when it was made"},
	{"{username}", "the user name of the Basic pair"},
	{"{password}", "the password of the Basic pair, shown once when it was made"},
	{"{clientID}", "the id of the OAuth client"},
	{"{clientSecret}", "the secret of the OAuth client, shown once when it was made"},
}

// Addresses are what a connector is called from outside.
type Addresses struct{ V2, V1, Token string }

// Of are the addresses of a connector, by the deployment's public URL and the connector's slug.
func Of(public, slug string) Addresses {
	base := strings.TrimRight(public, "/") + "/scim/" + slug
	return Addresses{V2: base + "/v2", V1: base + "/v1", Token: base + "/oauth/token"}
}

// Filled is the guide with a connector's addresses in the places of their placeholders. Secrets
// stay placeholders: they were shown once, and nothing knows them.
func (g Guide) Filled(a Addresses) Guide {
	return g.with(strings.NewReplacer("{baseURL}", a.V2, "{baseURLv1}", a.V1, "{tokenURL}", a.Token).Replace)
}

// with is a copy of the guide whose every text went through change.
func (g Guide) with(change func(string) string) Guide {
	texts := func(list []string) []string {
		out := make([]string, len(list))
		for i, text := range list {
			out[i] = change(text)
		}
		return out
	}
	g.Title, g.Summary, g.Doubts = change(g.Title), change(g.Summary), change(g.Doubts)
	g.Before, g.Works, g.Limits = texts(g.Before), texts(g.Works), texts(g.Limits)
	g.Steps = each(g.Steps, func(s Step) Step {
		s.Title, s.Where, s.Text, s.Code = change(s.Title), change(s.Where), change(s.Text), change(s.Code)
		s.Fields = each(s.Fields, func(f Field) Field {
			f.Name, f.Value, f.Note = change(f.Name), change(f.Value), change(f.Note)
			return f
		})
		return s
	})
	g.Test = each(g.Test, func(c Check) Check { return Check{Do: change(c.Do), See: change(c.See)} })
	g.Errors = each(g.Errors, func(t Trouble) Trouble { return Trouble{Seen: change(t.Seen), Why: change(t.Why), Do: change(t.Do)} })
	g.Sources = each(g.Sources, func(s Source) Source { return s })
	return g
}

func each[T any](list []T, change func(T) T) []T {
	out := make([]T, len(list))
	for i, item := range list {
		out[i] = change(item)
	}
	return out
}
