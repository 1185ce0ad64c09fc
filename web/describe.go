package web

import (
	"encoding/json"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/tenants/administrators"
)

// Describe returns the OpenAPI document of the API, as a server of this version at publicURL
// gives it, and needs no server to do so. Clients are generated from it.
func Describe(version, publicURL string) ([]byte, error) {
	a, err := New(Options{AdminToken: "none", PublicURL: publicURL, Version: version,
		Administrators: administrators.NewRegistry(nil, nil)}) // nobody will ask
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode) // no list of routes before the document
	e := gin.New()
	a.Mount(e)
	text, err := json.MarshalIndent(a.Document(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	return append(text, '\n'), nil
}
