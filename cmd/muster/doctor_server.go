package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// discard takes what is logged while the doctor looks: it says itself what it found.
var discard = slog.New(slog.DiscardHandler)

// checkServer asks the server that should run here how it is.
func (d *doctor) checkServer(ctx context.Context) {
	base := "http://" + reachable(d.settings.Listen)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz?verbose", nil)
	if err != nil {
		d.add("server", fails, err.Error(), "")
		return
	}
	if token, err := findToken(); err == nil {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := direct().Do(request)
	if err != nil {
		d.add("server", fine, "none runs at "+base, "")
		return
	}
	defer response.Body.Close()
	d.served, d.instance = true, response.Header.Get(instanceHeader)
	var r readiness
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &r) != nil || r.Instance == "" {
		state, next := fine, ""
		if response.StatusCode != http.StatusOK {
			state, next = fails, "Look at the server's log."
		}
		if d.instance == "" {
			state, next = warns, "Another program, or an older Muster, has the port."
		}
		d.add("server", state, fmt.Sprintf("%s/readyz answers %d; it does not tell more without its admin token", base, response.StatusCode), next)
		return
	}
	if r.Version != version {
		d.add("server", warns, "version "+r.Version+" runs; this program is "+version, "Use the program that the server was started with.")
	} else {
		d.add("server", fine, fmt.Sprintf("runs at %s; replicas that are there: %d", base, r.Replicas), "")
	}
	words := map[string]string{stateOK: fine, stateDegraded: warns, stateFailed: fails}
	for _, c := range r.Checks {
		d.add("server: "+c.Name, words[c.State], strings.TrimSpace(fmt.Sprintf("%s (%s)", c.Detail, time.Duration(c.Took*float64(time.Second)).Round(100*time.Microsecond))), c.Next)
	}
}

// direct is a client that follows nobody elsewhere and keeps nothing.
func direct() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSHandshakeTimeout: 5 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// certificateAhead is how long before its end a certificate is worth a line.
const certificateAhead = 21 * 24 * time.Hour

// checkPublicURL follows the public URL as an IdP would. It shows no token there: whether the answer
// is ours says the name of the deployment.
func (d *doctor) checkPublicURL(ctx context.Context) {
	public, err := url.Parse(d.settings.PublicURL)
	if err != nil {
		return // complete has refused it
	}
	switch {
	case loopback(public.Hostname()):
		d.add("public URL", warns, d.settings.PublicURL+" is this machine only", "Set MUSTER_PUBLIC_URL to the address that IdPs reach, or their guides show this one.")
	case public.Scheme != "https":
		d.add("public URL", warns, d.settings.PublicURL+" is not https: tokens can be read on the way", "Put a proxy that speaks TLS before it: docs/deploy.md.")
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, public.Hostname())
	if err != nil {
		d.add("public URL", fails, err.Error(), "Make the name known in DNS, or correct MUSTER_PUBLIC_URL.")
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.settings.PublicURL+"/healthz", nil)
	if err != nil {
		d.add("public URL", fails, err.Error(), "Correct MUSTER_PUBLIC_URL.")
		return
	}
	response, err := direct().Do(request)
	if err != nil {
		state, next := fails, "Check the proxy and its certificate, and that this machine reaches the name as IdPs do."
		if !d.served {
			state, next = warns, "Nothing, if no server runs."
		}
		d.add("public URL", state, fmt.Sprintf("%s (%s): %v", public.Hostname(), strings.Join(addresses, ", "), err), next)
		return
	}
	defer response.Body.Close()
	d.judgeCertificate(response.TLS)
	d.judgeAnswer(response)
}

func (d *doctor) judgeCertificate(state *tls.ConnectionState) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return
	}
	ends := state.PeerCertificates[0].NotAfter
	detail := "valid until " + ends.UTC().Format(time.DateOnly)
	if time.Until(ends) < certificateAhead {
		d.add("certificate", warns, detail, "Renew it: IdPs stop the day it ends.")
		return
	}
	d.add("certificate", fine, detail, "")
}

func (d *doctor) judgeAnswer(response *http.Response) {
	name := response.Header.Get(instanceHeader)
	switch {
	case name == "":
		d.add("public URL", fails, fmt.Sprintf("what answers at %s is no Muster: %s", d.settings.PublicURL, response.Status), "Let the proxy pass everything below this address on, and no path be cut off or added.")
	case d.instance != "" && name != d.instance:
		d.add("public URL", fails, "another deployment of Muster answers there", "Correct MUSTER_PUBLIC_URL, the proxy, or which database this one uses.")
	default:
		d.add("public URL", fine, d.settings.PublicURL+" leads to this deployment", "")
	}
	there, err := http.ParseTime(response.Header.Get("Date"))
	if skew := time.Until(there).Abs(); err == nil && skew > 10*time.Second {
		d.add("clock", warns, fmt.Sprintf("this machine's is %s apart from that of %s", skew.Round(time.Second), d.settings.PublicURL), "Let both keep time by NTP.")
	}
}

// sqliteFile is the path of a SQLite database.
func sqliteFile(databaseURL string) string {
	path := strings.TrimPrefix(databaseURL, "sqlite://")
	path, _, _ = strings.Cut(path, "?")
	return path
}

// nearest is the folder, or the first one above it that is there.
func nearest(folder string) string {
	for {
		if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
			return folder
		}
		folder = filepath.Dir(folder)
	}
}

// bytesText says a size as people read it.
func bytesText(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, names := float64(n)/unit, []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	i := 0
	for size >= unit && i < len(names)-1 {
		size /= unit
		i++
	}
	return fmt.Sprintf("%.1f %s", size, names[i])
}
