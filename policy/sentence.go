package policy

import (
	"strings"
)

// Sentence says the reason to an administrator; group is the name of the group it is about,
// "" if it is about none. Connectors are called by their slugs.
func (r Reason) Sentence(group string) string {
	return r.SentenceWith(group, func(slug string) string { return slug })
}

// SentenceWith is Sentence with connectors called the way label does: "Okta production
// (acme-okta)", or "another tenant" for somebody who may not know.
func (r Reason) SentenceWith(group string, label func(slug string) string) string {
	doc, known := codeDocs[r.Code]
	if !known {
		return ""
	}
	if group == "" {
		group = "this group"
	}
	parts := map[byte]string{'g': group, 'l': r.List, 'd': r.Detail, 'n': strings.Join(r.Path, " › ")}
	if r.Connector != "" {
		parts['c'] = label(r.Connector)
	}
	if r.Pattern != "" {
		parts['p'] = `"` + r.Pattern + `"`
	}
	return capital(fill(doc.Sentence, parts))
}

// fill puts the parts into a sentence. [text {x}] is left out when x is missing, or replaced
// by what follows a | in it.
func fill(sentence string, parts map[byte]string) string {
	var out strings.Builder
	for sentence != "" {
		switch open := strings.IndexAny(sentence, "[{"); {
		case open < 0:
			out.WriteString(sentence)
			return out.String()
		case sentence[open] == '{':
			out.WriteString(sentence[:open])
			part := parts[sentence[open+1]]
			if part == "" {
				part = missing[sentence[open+1]]
			}
			out.WriteString(part)
			sentence = sentence[open+3:]
		default:
			out.WriteString(sentence[:open])
			optional, rest, _ := strings.Cut(sentence[open+1:], "]")
			text, otherwise, _ := strings.Cut(optional, "|")
			if lacks(text, parts) {
				text = otherwise
			}
			out.WriteString(fill(text, parts))
			sentence = rest
		}
	}
	return out.String()
}

// missing is what a sentence says where a part that it cannot do without is not known.
var missing = map[byte]string{'c': "a connector", 'p': "of a list"}

func lacks(text string, parts map[byte]string) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '{' && parts[text[i+1]] == "" {
			return true
		}
	}
	return false
}

// capital makes the first letter of a sentence that starts with a word of ours a capital one.
// Names of connectors and lists stay as they are.
func capital(sentence string) string {
	if strings.HasPrefix(sentence, "a ") {
		return "A" + sentence[1:]
	}
	return sentence
}
