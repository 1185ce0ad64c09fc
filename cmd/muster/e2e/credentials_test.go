package e2e

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
)

// mint makes a credential of the connector and returns the answer with its secret.
func (c connector) mint(t testing.TB, body map[string]any) response {
	t.Helper()
	return c.adminOK(t, "POST", "/connectors/"+c.Slug+"/credentials", body)
}

// end ends a credential.
func (c connector) end(t testing.TB, id string) {
	t.Helper()
	c.adminOK(t, "DELETE", "/connectors/"+c.Slug+"/credentials/"+id, nil)
}

// status is what a request with an Authorization header is answered with.
func (c connector) status(t testing.TB, authorization string) response {
	t.Helper()
	return c.must(t, request{Method: "GET", Target: c.root() + "/Users?count=1", Header: http.Header{"Authorization": {authorization}}})
}

// TestASharedCredentialIsSplit begins with two IdPs that share one token, as they were set up once.
// The second one gets a credential of its own and goes over to it while it sends; then the shared
// one ends, and nothing that the second one sends is ever refused.
func TestASharedCredentialIsSplit(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		shared := s.lone(t, wanted{})
		listed := s.items(t, "/connectors/"+shared.Slug+"/credentials")
		if len(listed) != 1 {
			t.Fatalf("a connector begins with %s", show(listed))
		}
		first, firstID := listed[0]["name"].(string), listed[0]["id"].(string)
		shared.user(t, "of-the-first")
		shared.user(t, "of-the-second")

		second := shared
		second.Token = second.mint(t, map[string]any{"name": "The second IdP"}).text(t, "$.token")
		var sender sync.WaitGroup
		started, stop := make(chan struct{}), make(chan struct{})
		sent := 0
		sender.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer, err := second.send(second.request(t, "POST", "/Users", map[string]any{"schemas": []string{userSchema}, "userName": "second-" + unique()}))
				if err != nil || answer.Status != http.StatusCreated {
					t.Errorf("the second IdP is answered %d %s, %v", answer.Status, excerpt(answer.Body), err)
					return
				}
				if sent++; sent == 5 {
					close(started)
				}
			}
		})
		<-started
		shared.user(t, "last-of-the-first")
		shared.end(t, firstID)
		for range 10 {
			if got := shared.scim(t, "GET", "/Users?count=1", nil).Status; got != http.StatusUnauthorized && got != http.StatusTooManyRequests {
				t.Errorf("the shared token after its end: %d", got)
			}
			second.scimOK(t, "GET", "/Users?count=1", nil)
		}
		close(stop)
		sender.Wait()

		by := map[string]int{}
		for _, event := range s.items(t, "/events?action=record.user.created&connector="+shared.Slug) {
			name, _ := event["credential"].(string)
			by[name]++
		}
		if by[first] != 3 || by["The second IdP"] != sent || len(by) != 2 {
			t.Errorf("events are by %v, want 3 by %q, which has ended, and %d by the second", by, first, sent)
		}
		for query, want := range map[string]int{
			"credential=" + url.QueryEscape(first): 3, "credential=" + firstID: 3,
			"credential=" + url.QueryEscape("the SECOND idp"): sent, "credential=nobody": 0,
		} {
			if got := s.items(t, "/events?action=record.user.created&connector="+shared.Slug+"&"+query); len(got) != want {
				t.Errorf("%s finds %d events, want %d", query, len(got), want)
			}
		}
		if !s.log.contains(`The second IdP`) {
			t.Error("the log of requests does not name the credential")
		}
		if left := s.items(t, "/connectors/"+shared.Slug+"/credentials"); len(left) != 1 || left[0]["name"] != "The second IdP" {
			t.Errorf("left are %s", show(left))
		}
	})
}

// TestCredentialsOfEveryKind makes, uses and ends one of each.
func TestCredentialsOfEveryKind(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{})
		wants := func(doing, authorization string, status int) {
			t.Helper()
			if got := c.status(t, authorization); got.Status != status {
				t.Errorf("%s: %d %s, want %d", doing, got.Status, excerpt(got.Body), status)
			}
		}
		for _, user := range []string{"oneaccess", "the other one"} {
			made := c.mint(t, map[string]any{"name": "Pair of " + user, "kind": "basic", "username": user})
			pair := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+made.text(t, "$.basic.password")))
			s.remember(made.text(t, "$.basic.password"))
			wants("the pair of "+user, pair, http.StatusOK)
			if user == "oneaccess" {
				c.end(t, made.text(t, "$.id"))
				wants("the pair of "+user+" after its end", pair, http.StatusUnauthorized)
			}
		}
		taken := c.admin(t, "POST", "/connectors/"+c.Slug+"/credentials", map[string]any{"name": "pair of THE OTHER ONE"})
		if taken.Status != http.StatusConflict || taken.text(t, "$.code") != "credentialTaken" {
			t.Errorf("a name that is taken: %d %s", taken.Status, excerpt(taken.Body))
		}

		client := c.mint(t, map[string]any{"name": "PingFederate", "kind": "oauth", "readOnly": true})
		id, secret := client.text(t, "$.oauth.clientId"), client.text(t, "$.oauth.clientSecret")
		s.remember(secret)
		endpoint, err := url.Parse(client.text(t, "$.oauth.tokenUrl"))
		if err != nil || !strings.HasSuffix(endpoint.Path, "/"+c.Slug+"/oauth/token") {
			t.Fatalf("the token URL is %v, %v", endpoint, err)
		}
		token := func(secret string) response {
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
			return c.must(t, request{Method: "POST", Target: endpoint.Path, Body: []byte(form.Encode()),
				Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}})
		}
		access := token(secret).text(t, "$.access_token")
		wants("an access token", "Bearer "+access, http.StatusOK)
		write := c
		write.Token = access
		if got := write.scim(t, "POST", "/Users", map[string]any{"userName": "x"}).Status; got != http.StatusForbidden {
			t.Errorf("an access token of a client that may only read writes: %d", got)
		}
		wants("the secret itself", "Bearer "+secret, http.StatusUnauthorized)
		c.end(t, client.text(t, "$.id"))
		wants("an access token after its client has ended", "Bearer "+access, http.StatusUnauthorized)
		statuses := map[int]int{}
		for range 12 {
			statuses[token(secret).Status]++
		}
		if statuses[http.StatusUnauthorized] == 0 || statuses[http.StatusTooManyRequests] == 0 || len(statuses) != 2 {
			t.Errorf("a client that has ended is answered %v, want 401 and then 429", statuses)
		}

		entra := c.mint(t, map[string]any{"name": "Entra", "kind": "entra", "entra": map[string]any{"tenant": "cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"}})
		if entra.text(t, "$.entra.audience") == "" {
			t.Errorf("trust in Entra is %s", excerpt(entra.Body))
		}
		wants("the connector's own token, after all that", "Bearer "+c.Token, http.StatusOK)
	})
}

// TestAnAccessTokenCountsOnEveryReplica gets a token on one replica and uses it on another, until
// its client ends.
func TestAnAccessTokenCountsOnEveryReplica(t *testing.T) {
	t.Parallel()
	if engines()[0] == given {
		t.Skip("starts replicas of its own")
	}
	one := startServer(t, "postgres", "MUSTER_REDIS_URL="+redistest.URL(t))
	two := one.another(t)
	here := one.lone(t, wanted{})
	there := here
	there.server = two
	client := here.mint(t, map[string]any{"name": "client", "kind": "oauth"})
	form := url.Values{"grant_type": {"client_credentials"}}
	pair := client.text(t, "$.oauth.clientId") + ":" + client.text(t, "$.oauth.clientSecret")
	access := "Bearer " + here.must(t, request{Method: "POST", Target: "/scim/" + here.Slug + "/oauth/token", Body: []byte(form.Encode()), Header: http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(pair))},
	}}).text(t, "$.access_token")
	for range 3 {
		for _, replica := range []connector{here, there} {
			if got := replica.status(t, access); got.Status != http.StatusOK {
				t.Errorf("a token of %s on %s: %d %s", one.URL, replica.URL, got.Status, excerpt(got.Body))
			}
		}
	}
	here.end(t, client.text(t, "$.id"))
	ended := time.Now()
	for there.status(t, access).Status == http.StatusOK {
		if time.Since(ended) > time.Second {
			t.Fatal("a second after its client has ended a token is still accepted on the other replica")
		}
	}
}

// TestCredentialsFromForeignNetworks: this test comes from the loopback network.
func TestCredentialsFromForeignNetworks(t *testing.T) {
	t.Parallel()
	if engines()[0] == given {
		t.Skip("the server that MUSTER_E2E_URL gives may see another address than loopback")
	}
	s := startServer(t, "sqlite")
	c := s.lone(t, wanted{})
	allow := func(networks ...string) {
		t.Helper()
		s.adminOK(t, "PATCH", "/connectors/"+c.Slug, map[string]any{"allowedNetworks": networks})
	}
	narrow := "Bearer " + c.mint(t, map[string]any{"name": "narrow", "allowedNetworks": []string{"192.0.2.0/24"}}).text(t, "$.token")
	for _, x := range []struct {
		networks  []string
		own, less int
	}{
		{[]string{}, http.StatusOK, http.StatusForbidden},
		{[]string{"192.0.2.0/24", "2001:db8::/32"}, http.StatusForbidden, http.StatusForbidden},
		{[]string{"192.0.2.0/24", "127.0.0.0/8"}, http.StatusOK, http.StatusForbidden},
	} {
		allow(x.networks...)
		if got := c.status(t, "Bearer "+c.Token); got.Status != x.own || got.Status == http.StatusForbidden && !strings.Contains(got.text(t, "$.detail"), "127.0.0.1") {
			t.Errorf("with %v: %d %s", x.networks, got.Status, excerpt(got.Body))
		}
		if got := c.status(t, narrow); got.Status != x.less {
			t.Errorf("with %v and a list of its own: %d %s", x.networks, got.Status, excerpt(got.Body))
		}
		if got := c.status(t, "Bearer wrong"); got.Status != http.StatusUnauthorized {
			t.Errorf("with %v a wrong token: %d %s", x.networks, got.Status, excerpt(got.Body))
		}
	}
}
