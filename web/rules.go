package web

import (
	"context"
	"net/http"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

const noConnector = "There is no connector {c}. GET /api/v1/connectors lists them."

type writeRules struct {
	OfConnector
	Conditional
	Confirming
	Body Rules
}

// Confirming is the agreement to losses above the safety limits.
type Confirming struct {
	ConfirmLosses int `query:"confirmLosses" minimum:"0" doc:"The number of losses that the answer confirmationRequired named: they are meant." example:"0"`
}

func (c Confirming) confirm() directory.Confirm {
	return func(losses int) bool { return losses == c.ConfirmLosses }
}

type rulesOut struct {
	ETag string `header:"ETag" doc:"Tag of the rules' version."`
	Body Rules
}

// ConnectorMode is what a connector's requests do.
type ConnectorMode struct {
	Mode tenants.Mode `json:"mode" enum:"live,observe,disabled" doc:"live: recorded and settled; observe: recorded, the directory stands still; disabled: refused with 403."`
}

type writeMode struct {
	OfConnector
	Confirming
	Body ConnectorMode
}

type modeOut struct {
	Body ConnectorMode
}

// Settling says how far the directory is behind the records.
type Settling struct {
	Pending int `json:"pending" doc:"Records that wait to be settled; 0 when the directory agrees with the rules." example:"0"`
}

type settlingOut struct {
	Body Settling
}

func (a *API) addRules() {
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/rules", id: "readRules", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "Read a connector's rules", description: "The bare object, every default filled in.",
	}, func(ctx context.Context, in *OfConnector) (*rulesOut, error) {
		return a.rules(ctx, in.Connector)
	})
	route(a, operation{method: http.MethodPut, path: "/connectors/{c}/rules", id: "writeRules", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		summary: "Replace a connector's rules",
		description: "Plans the rules and applies the plan in one: the connector's users are settled by a job, soon, not before the answer (GET /jobs). " +
			"No IdP has to resend anything. What takes more than the safety limits let through needs confirmLosses.",
		errors: map[int]string{
			http.StatusConflict:            "More would be lost than the safety limits let through: repeat with `?confirmLosses=` and the number in `losses` (`confirmationRequired`), or another job runs in the directory (`jobRunning`).",
			http.StatusUnprocessableEntity: "An entry cannot be used (`invalidRules`); `errors` names the place, of an expression of the mapping with line and column.",
			http.StatusPreconditionFailed:  "The rules were changed since (`changedMeanwhile`).",
		},
	}, func(ctx context.Context, in *writeRules) (*rulesOut, error) {
		_, err := a.effective.SetRules(ctx, admin(ctx), in.Connector, in.match(), in.Body.Rules, in.confirm())
		a.tenants.Forget(in.Connector) // even after an error: its outcome may be unknown
		if err != nil {
			return nil, err
		}
		return a.rules(ctx, in.Connector)
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/mode", id: "readMode", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "Read a connector's mode",
	}, func(ctx context.Context, in *OfConnector) (*modeOut, error) {
		c, err := a.tenants.ConnectorBySlug(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		return &modeOut{Body: ConnectorMode{Mode: c.Mode}}, nil
	})
	route(a, operation{method: http.MethodPut, path: "/connectors/{c}/mode", id: "writeMode", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		summary:     "Change a connector's mode",
		description: "Going live settles every record that was received meanwhile: by a job, soon, not before the answer. What takes more than the safety limits let through needs confirmLosses.",
		errors:      map[int]string{http.StatusConflict: "More would be lost than the safety limits let through (`confirmationRequired`), or another job runs in the directory (`jobRunning`)."},
	}, func(ctx context.Context, in *writeMode) (*modeOut, error) {
		err := a.effective.SetMode(ctx, admin(ctx), in.Connector, in.Body.Mode, in.confirm())
		a.tenants.Forget(in.Connector) // even after an error: its outcome may be unknown
		if err != nil {
			return nil, err
		}
		return &modeOut{Body: in.Body}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/settling", id: "readConnectorSettling", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "How much of a connector waits to be settled",
	}, func(ctx context.Context, in *OfConnector) (*settlingOut, error) {
		c, err := a.tenants.ConnectorBySlug(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		return a.settling(ctx, c.Directory, c.Slug)
	})
}

func (a *API) rules(ctx context.Context, connector string) (*rulesOut, error) {
	r, version, err := a.effective.Rules(ctx, connector)
	if err != nil {
		return nil, err
	}
	return &rulesOut{ETag: etag(version), Body: Rules{r}}, nil
}

func (a *API) settling(ctx context.Context, name, connector string) (*settlingOut, error) {
	n, err := a.effective.Pending(ctx, name, connector)
	if err != nil {
		return nil, err
	}
	return &settlingOut{Body: Settling{Pending: n}}, nil
}
