package gateway

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// cleanPath returns the path that a request is routed by: decoded, without doubled slashes, and
// without a trailing slash below /scim and /api, where IdPs and hand-typed base URLs add one
// (a redirect would cost them the body or the Authorization header). It says false for a path
// that two readers, such as a proxy and this server, could read differently:
//
//	%2F                    is a slash for one and a letter of the segment for the other
//	%41 (a letter, digit)  hides a name from whoever compares the text
//	%25, \, %00, %0A, %0D  are decoded again, turned around or cut off by somebody
//	. and ..               are resolved by one and not by the other
//	/scim//v2/…            has an empty connector, which never means anything
func cleanPath(u *url.URL) (string, bool) {
	if !strings.HasPrefix(u.Path, "/") || !utf8.ValidString(u.Path) || hides(u.EscapedPath()) {
		return "", false
	}
	for _, c := range u.Path {
		if c < ' ' || c == 0x7f || c == '\\' || c == '%' {
			return "", false
		}
	}
	segments := strings.Split(strings.TrimLeft(u.Path, "/"), "/")
	if slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		return "", false
	}
	first := segments[0]
	if (first == "scim" || first == "directory") && len(segments) > 2 && segments[1] == "" {
		return "", false
	}
	trailing := segments[len(segments)-1] == "" && len(segments) > 1
	segments = slices.DeleteFunc(segments, func(s string) bool { return s == "" })
	path := "/" + strings.Join(segments, "/")
	if trailing && first != "scim" && first != "api" && first != "directory" {
		path += "/"
	}
	return path, true
}

// hides says whether an escaped path encodes a slash, or a letter or digit, which nobody needs
// to encode.
func hides(escaped string) bool {
	for i := 0; i+2 < len(escaped); i++ {
		if escaped[i] != '%' {
			continue
		}
		switch c := unhex(escaped[i+1])<<4 | unhex(escaped[i+2]); {
		case c == '/', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
			return true
		}
		i += 2
	}
	return false
}

// unhex returns the value of a hexadecimal digit; url.Parse has refused everything else.
func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
