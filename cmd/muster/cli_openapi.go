package main

import (
	"github.com/muster-scim/muster/web"
)

type openapiCmd struct {
	PublicURL string `env:"MUSTER_PUBLIC_URL" default:"http://127.0.0.1:8080" help:"Where the API is, for the document's servers." placeholder:"URL"`
}

// Help shows how.
func (openapiCmd) Help() string {
	return "Example:\n\n  muster openapi > openapi.json\n\n" +
		"A running server answers the same at /api/v1/openapi.json."
}

// Run prints the document. It needs no server.
func (c *openapiCmd) Run(t *terminal) error {
	text, err := web.Describe(version, c.PublicURL)
	if err != nil {
		return err
	}
	_, err = t.out.Write(text)
	return err
}
