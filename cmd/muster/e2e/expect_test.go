package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The helpers of this file each check one claim about a world and say what is there instead.

func expectStatus(w *world, answer response, want int) {
	w.t.Helper()
	if answer.Status != want {
		w.t.Errorf("status %d, want %d: %s", answer.Status, want, excerpt(answer.Body))
	}
}

// expectIDs: a list answer holds exactly these resources.
func expectIDs(w *world, answer response, want ...string) {
	w.t.Helper()
	list, _ := answer.at(w.t, "$.Resources[*].id").([]any)
	expectSame(w, "the list holds", texts(list), want)
}

// expectMembers: A's group record holds exactly these members.
func expectMembers(w *world, group string, want ...string) {
	w.t.Helper()
	answer := w.A.scimOK(w.t, "GET", "/Groups/"+w.value(group), nil)
	list, _ := answer.at(w.t, "$.members[*].value").([]any)
	expectSame(w, "the group's members are", texts(list), want)
}

// expectConnectors: a directory user's records are of exactly these connectors.
func expectConnectors(w *world, user map[string]any, want ...string) {
	w.t.Helper()
	var got []string
	records, _ := user["records"].([]any)
	for _, r := range records {
		got = append(got, fmt.Sprint(r.(map[string]any)["connector"]))
	}
	expectSame(w, "the user has records of", got, want)
}

func expectSame(w *world, claim string, got, want []string) {
	w.t.Helper()
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		w.t.Errorf("%s %v, want %v", claim, got, want)
	}
}

func expectLength(w *world, answer response, path string, want int) {
	w.t.Helper()
	list, _ := answer.at(w.t, path).([]any)
	if len(list) != want {
		w.t.Errorf("%s has %d entries, want %d: %s", path, len(list), want, excerpt(answer.Body))
	}
}

// expectVerbatim: a text is kept, and read back, as it was sent.
func expectVerbatim(w *world, answer response, path, want string) {
	w.t.Helper()
	again := w.A.scimOK(w.t, "GET", "/Users/"+answer.text(w.t, "$.id"), nil)
	for _, r := range []response{answer, again} {
		if got := r.at(w.t, path); got != want {
			w.t.Errorf("%s is %v, want %q", path, got, want)
		}
	}
}

// expectActive: A's record of a person says so.
func expectActive(w *world, name string, want bool) {
	w.t.Helper()
	if got := w.A.scimOK(w.t, "GET", "/Users/"+w.value(name), nil).at(w.t, "$.active"); got != want {
		w.t.Errorf("%s is active: %v, want %v", name, got, want)
	}
}

func expectNothingFound(w *world, answer response) {
	w.t.Helper()
	if total := plainText(answer.at(w.t, "$.totalResults")); total != "0" {
		w.t.Errorf("%s resources were found, want none", total)
	}
	expectIDs(w, w.A.scimOK(w.t, "GET", "/Users", nil), w.value("uA1"), w.value("uA2"))
}

// expectIn and expectNotIn look at the directory: is the person in the groups?
func expectIn(person string, groups ...string) func(*world, response) {
	return func(w *world, _ response) {
		w.t.Helper()
		got := groupsOf(w.directoryUser(w.value(person + "name")))
		for _, group := range groups {
			if !slices.Contains(got, group) {
				w.t.Errorf("%s is not in %q, but in %v", person, group, got)
			}
		}
	}
}

func expectNotIn(person string, groups ...string) func(*world, response) {
	return func(w *world, _ response) {
		w.t.Helper()
		got := groupsOf(w.directoryUser(w.value(person + "name")))
		for _, group := range groups {
			if slices.Contains(got, group) {
				w.t.Errorf("%s is in %q", person, group)
			}
		}
	}
}

// expectInner: every operation of a Bulk answer has one of these status codes.
func expectInner(w *world, answer response, want ...string) {
	w.t.Helper()
	list, _ := answer.at(w.t, "$.Operations[*].status").([]any)
	if len(list) == 0 {
		w.t.Errorf("no operations in %s", excerpt(answer.Body))
	}
	for _, status := range texts(list) {
		if !slices.Contains(want, status) {
			w.t.Errorf("an operation was answered %s, want one of %v", status, want)
		}
	}
}

func texts(list []any) (out []string) {
	for _, v := range list {
		out = append(out, plainText(v))
	}
	return out
}

func jsonNumber(n int) json.Number { return json.Number(fmt.Sprint(n)) }
