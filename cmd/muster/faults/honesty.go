package faults

import (
	"net/http"
	"strconv"
)

// circumstance is what makes an answer true that would be false otherwise.
type circumstance struct {
	read     bool // nothing is changed
	repeated bool // an earlier request for the same change is of unknown outcome
	absent   bool // the client knows of no such resource, so 404 is right
	creation bool
	removal  bool
	killed   bool // a process was killed or stopped: connections may break
}

// judge says what is dishonest about an answer; "" if nothing is. During a fault a server may
// say that it cannot, and when to come back. It may not say what is not true, nor that it does not
// know what happened.
func (c circumstance) judge(a answer) string {
	switch {
	case a.status == 0 && !c.killed:
		return "no answer though nobody was killed: " + a.err.Error()
	case a.status == 0, a.status/100 == 2, a.status == http.StatusPreconditionFailed:
		return ""
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable:
		if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 0 {
			return strconv.Itoa(a.status) + " without Retry-After in seconds"
		}
		return ""
	case a.status == http.StatusConflict && c.creation && c.repeated:
		return "" // the earlier request made it
	case a.status == http.StatusNotFound && (c.absent || c.removal && c.repeated):
		return ""
	case a.status == http.StatusNotFound:
		return "404 for what is there"
	case a.status == http.StatusConflict:
		return "409 for what is nowhere else"
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return strconv.Itoa(a.status) + " for a good token"
	}
	return strconv.Itoa(a.status) + ", which is never right here"
}
