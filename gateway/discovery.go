package gateway

import (
	"context"
	"net/http"
	"net/url"

	"github.com/muster-scim/muster/scim"
)

// provider is what ServiceProviderConfig advertises; all of it works on every connector.
var provider = scim.Provider{Bulk: true, Cursor: true, Basic: true}

func (g *Gateway) serviceProviderConfig(_ context.Context, rq *request) error {
	return rq.discover(scim.ServiceProviderConfig(rq.renderer.Base, provider), true)
}

func (g *Gateway) resourceTypes(_ context.Context, rq *request) error {
	return rq.discover(scim.ResourceTypes(rq.renderer.Base), true)
}

func (g *Gateway) resourceType(_ context.Context, rq *request) error {
	document, ok := scim.ResourceType(rq.renderer.Base, rq.name)
	return rq.discover(document, ok)
}

func (g *Gateway) schemas(_ context.Context, rq *request) error {
	return rq.discover(scim.Schemas(rq.renderer.Base), true)
}

func (g *Gateway) schema(_ context.Context, rq *request) error {
	document, ok := scim.SchemaByURN(rq.renderer.Base, rq.name)
	return rq.discover(document, ok)
}

// discover answers with a discovery document. A filter is refused (RFC 7644 4); what else a
// query says is ignored.
func (rq *request) discover(document []byte, found bool) error {
	query, _ := url.ParseQuery(rq.r.URL.RawQuery) // what cannot be read is ignored too
	switch {
	case query.Has("filter"):
		return scim.NewError(http.StatusForbidden, "discovery cannot be filtered; read the whole list")
	case !found:
		return scim.NewError(http.StatusNotFound, "there is no such schema or resource type")
	}
	rq.writeJSON(document)
	return nil
}
