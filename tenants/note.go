package tenants

// Note is an event of the audit that no change of data brings with it: a start, a stop, an export.
// Its actor is the context's (WithActor), or the system.
type Note struct {
	Action    string         // such as "audit.exported"
	Connector string         // by slug; "": none
	Changes   map[string]any // what there is to say; no clear value of a person
}
