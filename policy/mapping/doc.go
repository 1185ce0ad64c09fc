// Package mapping runs the expressions with which an administrator changes what an identity
// provider says of a user before anything else sees it: steps that give attributes other values,
// and a condition that drops the record.
//
// It is a leaf below package policy: it knows SCIM's names and the expression language, and
// nothing of rules, directories or people. It has no clock, no context and no I/O, so the same
// record always gives the same result, on the test bench and in production. Its laws:
//
//   - what a program reads is never changed; what it gives is the caller's own;
//   - every program ends within its limits, whatever it is fed with (limits.go);
//   - an error names the step and what to do, and never a value of the person;
//   - a program run on a user that already holds its result gives that result again.
//
// # The language
//
// Expressions are CEL. An attribute that is absent is null, at any depth, so nothing has to be
// asked with has() first; functions of a null are null, conditions on one are false, and a step
// that ends in null takes the attribute away:
//
//	record.name.givenName            null when there is no name, or no given name in it
//	lower(record.title)              null when there is no title
//	record.emails[0].value           null when there are no e-mails
//	default(record.title, "none")    the way to give something instead
//	join([record.title, record.x])   leaves out what is null
//	"a" + record.title               an error when there is no title: nobody can guess what is meant
package mapping
