package gateway

import (
	"context"
	"net/http"
	"net/url"

	"github.com/muster-scim/muster/scim"
	v1 "github.com/muster-scim/muster/scim/v1"
)

// provider is what ServiceProviderConfig advertises; all of it works on every connector.
var provider = scim.Provider{Bulk: true, Cursor: true, Basic: true}

func (g *Gateway) serviceProviderConfig(_ context.Context, rq *request) error {
	return rq.discover(scim.ServiceProviderConfig(rq.base, provider), true)
}

func (g *Gateway) resourceTypes(_ context.Context, rq *request) error {
	return rq.discover(scim.ResourceTypes(rq.base), true)
}

func (g *Gateway) resourceType(_ context.Context, rq *request) error {
	document, ok := scim.ResourceType(rq.base, rq.name)
	return rq.discover(document, ok)
}

func (g *Gateway) schemas(_ context.Context, rq *request) error {
	return rq.discover(scim.Schemas(rq.base, rq.offer()), true)
}

func (g *Gateway) schema(_ context.Context, rq *request) error {
	document, ok := scim.SchemaByURN(rq.base, rq.name, rq.offer())
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

// The same in the words of SCIM 1.1.

func (g *Gateway) serviceProviderConfigs(_ context.Context, rq *request) error {
	rq.writeJSON(v1.ServiceProviderConfigs(rq.base, provider))
	return nil
}

// schemas1 takes a filter, by which PingFederate's client looks for the schema of users.
func (g *Gateway) schemas1(_ context.Context, rq *request) error {
	query, _ := url.ParseQuery(rq.r.URL.RawQuery)
	document, err := v1.Schemas(rq.base, query.Get("filter"), rq.offer())
	if err != nil {
		return err
	}
	rq.writeJSON(document)
	return nil
}

func (g *Gateway) schema1(_ context.Context, rq *request) error {
	document, ok := v1.Schema(rq.base, rq.name, rq.offer())
	if !ok {
		return scim.NewError(http.StatusNotFound, "there is no such schema")
	}
	rq.writeJSON(document)
	return nil
}

// offer is what the connector's schemas say beyond the plain ones.
func (rq *request) offer() scim.Offer { return rq.connector().Settings.Offer() }
