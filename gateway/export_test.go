package gateway

// Route is a line of the route table, for the tests that must hold on every one.
type Route struct {
	Method, Pattern string
	Write           bool
}

// Routes are the route tables of all versions, each pattern with its version before it.
func Routes() (all []Route) {
	for _, rt := range routes {
		all = append(all, Route{rt.Method, "/v2" + rt.Pattern, rt.Write})
	}
	for _, rt := range routes1 {
		all = append(all, Route{rt.Method, "/v1" + rt.Pattern, rt.Write})
	}
	return all
}
