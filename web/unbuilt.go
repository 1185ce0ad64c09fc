package web

import (
	"encoding/json"
	"net/http"

	"github.com/muster-scim/muster/policy"
)

// What docs/design.md describes and this version would take without keeping it is refused here:
// a promise that nobody keeps is worse than a clear no. Whoever builds one of these deletes its
// line.

// notInThisVersion is the refusal of a setting. says completes "location …".
func notInThisVersion(location, says string) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "notInThisVersion", location+" "+says+".")
	p.Errors = []Place{{Location: location, Message: says}}
	return p
}

// unbuiltRules says which of the rules nobody would follow; nil if all are. under is where in the
// body the rules lie. What reading rules answers can be written back.
func unbuiltRules(under string, r policy.Rules) error {
	switch m := r.Mapping; {
	case len(m.Steps) > 0:
		return notInThisVersion(under+".mapping.steps", "cannot be used yet: this version maps no attributes. Leave mapping out; the IdP's own attribute mapping can do it meanwhile")
	case m.DropWhen != "":
		return notInThisVersion(under+".mapping.dropWhen", "cannot be used yet: this version drops no records. Leave mapping out; requiredGroups can keep records from counting by a group")
	case len(m.Renames) > 0:
		return notInThisVersion(under+".mapping.renames", "cannot be used yet: this version renames no groups. Leave mapping out and rename the groups at the IdP")
	}
	return nil
}

// unbuiltSettings is unbuiltRules for what a PATCH of a directory names.
func unbuiltSettings(patch DirectoryPatch) error {
	days, given := patch["retentionDays"]
	if given && string(days) != "null" && !sameNumber(days, policy.DefaultDirectorySettings().RetentionDays) {
		return notInThisVersion("body.retentionDays", "cannot be changed yet: this version purges nobody, so a deleted user can be restored for as long as you like. Leave it out")
	}
	return nil
}

func sameNumber(text json.RawMessage, n int) bool {
	var given float64
	return json.Unmarshal(text, &given) == nil && given == float64(n)
}
