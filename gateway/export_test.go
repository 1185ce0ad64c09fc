package gateway

// Route is a line of the route table, for the tests that must hold on every one.
type Route struct {
	Method, Pattern string
	Write           bool
}

// Routes is the route table.
func Routes() (all []Route) {
	for _, rt := range routes {
		all = append(all, Route{rt.Method, rt.Pattern, rt.Write})
	}
	return all
}
