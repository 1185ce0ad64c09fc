package tenants

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// keptContacts is where contacts are written to.
type keptContacts struct {
	all  []Contact
	fail error
}

func (k *keptContacts) keep(_ context.Context, c []Contact) error {
	if k.fail == nil {
		k.all = append(k.all, c...)
	}
	return k.fail
}

func TestContactsAreWrittenAtOnceAndThenNowAndThen(t *testing.T) {
	now, kept := testNow, &keptContacts{}
	c := NewContacts(kept.keep, func() time.Time { return now })
	h := Heard{Slug: "acme", Method: "GET", Route: "/Users", Status: 200, Agent: "Okta"}
	for range 61 {
		c.Hear(h)
		if err := c.flush(t.Context(), heardEvery); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	var times []string
	for _, k := range kept.all {
		times = append(times, k.Last.Sub(testNow).String()+" "+strconv.FormatInt(k.Count, 10))
	}
	if got := strings.Join(times, ", "); got != "0s 1, 30s 30, 1m0s 30" {
		t.Errorf("written at and of so many: %s", got)
	}
}

func TestContactsThatCouldNotBeWrittenAreNotLost(t *testing.T) {
	now, kept := testNow, &keptContacts{fail: errors.New("away")}
	c := NewContacts(kept.keep, func() time.Time { return now })
	h := Heard{Slug: "acme", Diagnosis: WrongToken, Hint: "abcd", Status: 401}
	c.Hear(h)
	if err := c.flush(t.Context(), heardEvery); err == nil {
		t.Fatal("the failure was swallowed")
	}
	now = now.Add(time.Second)
	c.Hear(h)
	kept.fail = nil
	if err := c.flush(t.Context(), heardEvery); err != nil {
		t.Fatal(err)
	}
	if len(kept.all) != 1 || kept.all[0].Count != 2 || !kept.all[0].First.Equal(testNow) || !kept.all[0].Last.Equal(now) {
		t.Errorf("kept %+v", kept.all)
	}
}

func TestWhoInventsContactsFillsNothing(t *testing.T) {
	kept := &keptContacts{}
	c := NewContacts(kept.keep, func() time.Time { return testNow })
	const many = 100_000
	for i := range many {
		n := strconv.Itoa(i)
		c.Hear(Heard{Slug: "acme", Diagnosis: WrongToken, Hint: n, Agent: strings.Repeat("\x00é", 200)})
		c.Hear(Heard{Slug: "x" + n, Diagnosis: NoCredential, Status: 401})
		c.Hear(Heard{Slug: "no slug", Diagnosis: NoCredential, Status: 401})
	}
	c.Hear(Heard{Slug: "beta", Credential: uuid.New(), Method: "GET", Route: "/Users", Status: 200})
	if err := c.flush(t.Context(), heardEvery); err != nil {
		t.Fatal(err)
	}
	var acme, beta, lines int64
	for _, k := range kept.all {
		lines++
		switch k.Slug {
		case "acme":
			acme += k.Count
		case "beta":
			beta += k.Count
		}
		if len(k.Agent) > maxAgent || strings.ContainsRune(k.Agent, 0) {
			t.Fatalf("the User-Agent is kept as %q", k.Agent)
		}
	}
	if lines > 2*maxHeard || acme != many || beta != 1 {
		t.Errorf("%d lines; %d of acme's %d, %d of beta's", lines, acme, many, beta)
	}
}

func TestTheStateFollowsTheLastThatCounts(t *testing.T) {
	at := func(minute int, d Diagnosis, status int) Contact {
		return Contact{Heard: Heard{Slug: "acme", Diagnosis: d, Status: status, Credential: uuid.New()}, Last: testNow.Add(time.Duration(minute) * time.Minute)}
	}
	for name, c := range map[string]struct {
		contacts []Contact
		want     Contacted
	}{
		"nothing came":                                 {nil, Waiting},
		"a wrong token only":                           {[]Contact{at(1, WrongToken, 401)}, Trouble},
		"a wrong token, then a good request":           {[]Contact{at(1, WrongToken, 401), at(2, "", 200)}, Connected},
		"a good request, then a stranger":              {[]Contact{at(1, "", 200), at(2, WrongToken, 401), at(3, NoCredential, 401)}, Connected},
		"a good request, then its credential is over":  {[]Contact{at(1, "", 200), at(2, Expired, 401)}, Trouble},
		"a good request, then a path with nothing":     {[]Contact{at(1, "", 200), at(2, UnknownPath, 404)}, Connected},
		"a body of 1.1 on 2.0 is taken":                {[]Contact{at(1, OldBody, 201)}, Connected},
		"our own failure says nothing about the IdP":   {[]Contact{at(1, "", 503)}, Waiting},
		"a conflict is a good contact":                 {[]Contact{at(1, "", 409)}, Connected},
		"the base URL twice, though the token is good": {[]Contact{at(1, DoubledPath, 404)}, Trouble},
	} {
		if got := State(c.contacts); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
