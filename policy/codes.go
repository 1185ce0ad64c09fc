package policy

// Code is one of the closed set of reason codes.
type Code string

// Why a connector's IdP, its rules or an administrator give a membership.
const (
	CodeSent              Code = "sent"
	CodeAlwaysAssign      Code = "alwaysAssign"
	CodeDefaultGroup      Code = "defaultGroup"
	CodeCopied            Code = "copied"
	CodeLocal             Code = "local"
	CodeLocalKept         Code = "localKept"
	CodeRetained          Code = "retained"
	CodeStays             Code = "stays"
	CodeCleanupKeeps      Code = "cleanupKeeps"
	CodeCleanupKeepsGroup Code = "cleanupKeepsGroup"
	CodeOutOfReach        Code = "outOfReach"
)

// Why a group is not assigned, or a membership ends.
const (
	CodeNeverAssign    Code = "neverAssign"
	CodeOnlyAssign     Code = "onlyAssign"
	CodeForeignGroup   Code = "foreignGroup"
	CodeProtectedGroup Code = "protectedGroup"
	CodeNotSent        Code = "notSent"
	CodeNotCopied      Code = "notCopied"
	CodeDefaultSpent   Code = "defaultSpent"
	CodeDefaultEnded   Code = "defaultEnded"
	CodeLocalTaken     Code = "localTaken"
	CodeCleanupStrips  Code = "cleanupStrips"
	CodeDiscarded      Code = "discarded"
)

// Why a record has no say.
const (
	CodeRecordDeleted  Code = "recordDeleted"
	CodeRecordDropped  Code = "recordDropped"
	CodeMappingFailed  Code = "mappingFailed"
	CodeRecordInactive Code = "recordInactive"
	CodeRequiredGroups Code = "requiredGroups"
	CodeNoRecord       Code = "noRecord"
)

// What may decide anything.
const (
	CodeUndecided     Code = "undecided"
	CodeProtectedUser Code = "protectedUser"
	CodeHeld          Code = "held"
)

// Why a user is active, disabled or deleted.
const (
	CodeActive         Code = "active"
	CodeInactive       Code = "inactive"
	CodeOwnerActive    Code = "ownerActive"
	CodeOwnerInactive  Code = "ownerInactive"
	CodeBlocked        Code = "blocked"
	CodeLocalUser      Code = "localUser"
	CodeNeverCounted   Code = "neverCounted"
	CodeCleanupDisable Code = "cleanupDisable"
	CodeCleanupDelete  Code = "cleanupDelete"
	CodeCleanupKeep    Code = "cleanupKeep"
	CodeCleanupWaits   Code = "cleanupWaits"
	CodeCleanupDiffers Code = "cleanupDiffers"
	CodeWasInactive    Code = "wasInactive"
)

// Why an attribute has its value.
const (
	CodeGiven         Code = "given"
	CodeNotGiven      Code = "notGiven"
	CodeCopiedValue   Code = "copiedValue"
	CodeUserNameTaken Code = "userNameTaken"
	CodeProtectedName Code = "protectedName"
)

// CodeDoc explains a code: for the reference, and as the sentence of a reason. In sentences
// {c} is the connector, {g} the group, {p} the list's pattern and {d} the detail; what stands
// between [ and ] is left out when the part named in it is not there.
type CodeDoc struct {
	Code     Code
	Doc      string
	Sentence string
}

// Codes is the closed set, with a line of documentation each.
var Codes = []CodeDoc{
	{CodeSent, "The IdP sends the group and the connector's lists admit it.",
		"{c} sends this group[, and {l} pattern {p} admits it][, through {n}]."},
	{CodeAlwaysAssign, "alwaysAssign of a connector with a contributing record names the group.",
		"alwaysAssign of {c} names {g}, for everyone it provisions."},
	{CodeDefaultGroup, "defaultGroups granted it when the connector's record first counted.",
		"{c} granted {g} as one of its defaultGroups when it first provisioned this user."},
	{CodeCopied, "copyFrom of the directory: the user of the same userName in another directory had it when the first record counted.",
		"The user of this name in directory {d} was in {g}; that was copied when {c} first provisioned this user."},
	{CodeLocal, "An administrator or an import gave it, and no connector takes it away.",
		"An administrator or an import added this user to {g}, and no connector takes that away."},
	{CodeLocalKept, "Given locally, and neverRemove of a connector with a counting record protects it.",
		"The membership was given locally, and neverRemove pattern {p} of {c} protects it."},
	{CodeRetained, "It lost the connector's support, and that connector's neverRemove keeps it.",
		"{c} no longer gives this membership, but its neverRemove[ pattern {p}] keeps it."},
	{CodeStays, "Settling has no business with this user, so the membership stays.",
		"{c} gave this membership, and it stays: no record of this user has a say at the moment."},
	{CodeCleanupKeeps, "The user is cleaned up and memberships are not stripped.",
		"No record counts for this user any more, and cleanup leaves the memberships as they are; this one came from {c}."},
	{CodeCleanupKeepsGroup, "The user is cleaned up and keepGroups names the group.",
		"Cleanup strips groups, but keepGroups pattern {p} of {c} keeps {g}."},
	{CodeOutOfReach, "The group is protected or another tenant's, so cleanup does not reach it.",
		"Cleanup strips groups, but {g} is out of the connector's reach."},

	{CodeNeverAssign, "The IdP sends the group and neverAssign matches it.",
		"{c} sends this group, but neverAssign pattern {p} matches it."},
	{CodeOnlyAssign, "The IdP sends the group and no pattern of onlyAssign matches it.",
		"{c} sends this group, but no pattern of its onlyAssign list matches it."},
	{CodeForeignGroup, "The group is another tenant's, or local in a directory with several tenants, and not shared.",
		"{c} may not assign {g}: the group is not its tenant's own and not one of the directory's sharedGroups."},
	{CodeProtectedGroup, "protectedGroups of the directory keeps connectors away from the group.",
		"{c} has no say about {g}: protectedGroups pattern {p} of the directory protects it."},
	{CodeNotSent, "The connector supported or was asked about the group, and its IdP does not send it.",
		"{c} does not send this group for this user."},
	{CodeNotCopied, "The user of the same userName in another directory is in the group, and neverAssign matches it.",
		"The user of this name in directory {d} is in this group, but neverAssign pattern {p} of {c} matches it, so it was not copied."},
	{CodeDefaultSpent, "defaultGroups was granted once already; what was taken away since stays away.",
		"{c} granted its defaultGroups to this user once already; {g} was removed or listed since."},
	{CodeDefaultEnded, "The connector's last record of the user is gone, and its default groups with it.",
		"{g} was a default group of {c}, whose last record of this user is gone."},
	{CodeLocalTaken, "Given locally, but a connector that manages groups manages the user.",
		"The membership was given locally, but {c} manages this user's groups and no neverRemove pattern protects {g}."},
	{CodeCleanupStrips, "The user is cleaned up and cleanup strips groups.",
		"No record counts for this user any more, and cleanup strips groups."},
	{CodeDiscarded, "An administrator discarded this addition.",
		"This membership was discarded[: {d}]."},

	{CodeRecordDeleted, "The connector's record is deleted.",
		"The record of {c} is deleted."},
	{CodeRecordDropped, "The mapping drops the connector's record.",
		"The mapping of {c} drops the record."},
	{CodeMappingFailed, "The mapping cannot be carried out for the connector's record, which has not counted so far.",
		"The mapping of {c} cannot be carried out for the record, which waits until it can."},
	{CodeRecordInactive, "The connector's record is inactive while another connector's is active.",
		"The record of {c} is inactive, and an active one of another connector decides."},
	{CodeRequiredGroups, "The connector's record has none of its requiredGroups.",
		"The record of {c} does not count: it is in none of the requiredGroups."},
	{CodeNoRecord, "The connector has no record of the user.",
		"{c} has no record of this user."},

	{CodeUndecided, "A pattern ran out of time: it decides nothing, what the user holds stays.",
		"{l} pattern {p} of {c} ran out of time on {g}; it decides nothing, and what the user holds stays."},
	{CodeProtectedUser, "protectedUsers of the directory keeps connectors away from the user.",
		"protectedUsers pattern {p} of the directory keeps [{c}|connectors] away from this user."},
	{CodeHeld, "A limit or an administrator keeps the change from happening.",
		"A change is held back[: {d}]."},

	{CodeActive, "A contributing record is active.",
		"The record of {c} is active."},
	{CodeInactive, "Records count, and none of them is active.",
		"No record is active; {c} says that the user is inactive."},
	{CodeOwnerActive, "The owner's record is active.",
		"The record of {c}, which owns this user, is active."},
	{CodeOwnerInactive, "The owner's record is not active, whatever others say.",
		"{c} owns this user, and its record is not active."},
	{CodeBlocked, "An administrator blocked the user.",
		"An administrator blocked this user, whatever records say."},
	{CodeLocalUser, "The user has no record: nothing but administrators changes it.",
		"This user has no record of any connector and is left alone."},
	{CodeNeverCounted, "Records are linked, and none of them ever counted.",
		"No record of this user ever counted, so it is left alone."},
	{CodeCleanupDisable, "No record counts any more: disabled.",
		"No record counts for this user any more; cleanup of {c} disables."},
	{CodeCleanupDelete, "No record counts any more: deleted, restorable for the directory's retentionDays.",
		"No record counts for this user any more; cleanup of {c} deletes."},
	{CodeCleanupKeep, "No record counts any more: the user stays as it was.",
		"No record counts for this user any more; cleanup of {c} keeps the user as it was."},
	{CodeCleanupWaits, "No record counts any more: disabled until graceDays are over, then deleted.",
		"No record counts for this user any more; cleanup of {c} disables now and deletes after graceDays."},
	{CodeCleanupDiffers, "No record counts any more and the connectors' actions differ: disabled.",
		"No record counts for this user any more, and the connectors' cleanups differ: the user is disabled."},
	{CodeWasInactive, "No record counts any more and the last word was inactive: disabled, though the action is keep.",
		"No record counts for this user any more, and it was inactive before; cleanup of {c} would have kept it."},

	{CodeGiven, "The first contributing record by precedence that has a value gives it.",
		"{c} gives this value."},
	{CodeNotGiven, "No contributing record has a value for the attribute.",
		"No record that has a say gives this attribute a value."},
	{CodeCopiedValue, "No contributing record has a value; it was copied from the user of the same userName in another directory.",
		"No record that has a say gives this attribute a value; it was copied from the user of this name in directory {d}."},
	{CodeUserNameTaken, "Another user of the directory has that userName, so the old one stays.",
		"{c} sends a userName that another user of the directory has; it is not taken over."},
	{CodeProtectedName, "The userName, an e-mail or the displayName is a protected user's, so it is not taken over.",
		"{c} sends a value that protectedUsers pattern {p} of the directory protects; it is not taken over."},
}

var codeDocs = func() map[Code]CodeDoc {
	docs := make(map[Code]CodeDoc, len(Codes))
	for _, doc := range Codes {
		docs[doc.Code] = doc
	}
	return docs
}()

// Documentation is the line that explains the code, "" if it is none of the set.
func (c Code) Documentation() string { return codeDocs[c].Doc }
