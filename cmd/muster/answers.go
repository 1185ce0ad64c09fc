package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// unreachable says why a server could not be asked, and what to do about it.
func unreachable(base string, err error) error {
	var call *url.Error
	if errors.As(err, &call) {
		err = call.Err // without method and path, which nobody typed
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no server answers at %s. Start one with `make run` (or muster serve), or set MUSTER_URL to where it runs", base)
	case call != nil && call.Timeout():
		return fmt.Errorf("%s did not answer in time. Try again, or look at the server's log", base)
	}
	return fmt.Errorf("cannot reach %s: %w. Check MUSTER_URL (or MUSTER_PUBLIC_URL), which says where the server is", base, err)
}

// checkBase refuses what is no address of a server.
func checkBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("the server's address is %q; write it as http://127.0.0.1:8080, in MUSTER_URL or --url", base)
	}
	return nil
}

// noToken says why there is no admin token to call with.
func noToken(file string, err error) error {
	if where, no := filepath.Abs(file); no == nil {
		file = where
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no admin token: set MUSTER_ADMIN_TOKEN, or run this where the server's database is (looked for %s).\n"+
			"If no server was started yet, start one with `make run`", file)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the admin token in %s belongs to another user of this machine: run this as the user that runs the server, or set MUSTER_ADMIN_TOKEN", file)
	}
	return fmt.Errorf("reading the admin token: %w", err)
}

// tokenFrom says where the admin token was found, for somebody whose token was refused.
func tokenFrom() string {
	switch {
	case os.Getenv("MUSTER_ADMIN_TOKEN") != "":
		return "MUSTER_ADMIN_TOKEN"
	case os.Getenv("MUSTER_ADMIN_TOKEN_FILE") != "":
		return "the file " + os.Getenv("MUSTER_ADMIN_TOKEN_FILE")
	}
	return "the file admin.token beside the database"
}

// asCommands says in the words of the command line where the API's answers point to its paths.
func asCommands(detail string) string {
	for _, w := range pathsToCommands {
		detail = w.path.ReplaceAllString(detail, w.command)
	}
	return detail
}

var pathsToCommands = []struct {
	path    *regexp.Regexp
	command string
}{
	{regexp.MustCompile(`GET /api/v1/connectors/(\S+)/credentials lists`), "muster credentials list $1 lists"},
	{regexp.MustCompile(`GET /api/v1/connectors lists`), "muster connectors list lists"},
	{regexp.MustCompile(`GET /api/v1/tenants lists`), "muster tenants list lists"},
	{regexp.MustCompile(`GET /api/v1/directories lists`), "muster directories list lists"},
	{regexp.MustCompile(`GET /api/v1/directories/(\S+)/conflicts lists`), "muster conflicts list -d $1 lists"},
	{regexp.MustCompile(`GET /api/v1/directories/(\S+)/(users|groups)\?filter=(.+?) finds`), "muster $2 list -d $1 -f '$3' finds"},
	{regexp.MustCompile(`POST /api/v1/tenants and /api/v1/directories make`), "muster tenants create and muster directories create make"},
}

// program is how the reader calls this program: a path that was typed, else its name.
func program() string {
	if len(os.Args) > 0 && filepath.Base(os.Args[0]) == "muster" && strings.Contains(os.Args[0], "/") {
		return os.Args[0]
	}
	return "muster"
}
