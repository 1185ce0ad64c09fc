package seal

import "strings"

// deepest bounds the nesting of JSON that stands in a line as it is; deeper JSON stands there as
// a string.
const deepest = 200

// compactEnd is the place behind the JSON value that begins at text[at], if that value is valid
// JSON without a byte that could be left out; -1 if it is not. Both directions use it: the writer
// to know what it may put into a line as it is, the reader to know where that ends.
func compactEnd(text string, at, depth int) int {
	if at >= len(text) || depth > deepest {
		return -1
	}
	switch c := text[at]; {
	case c == '"':
		return stringEnd(text, at)
	case c == '{' || c == '[':
		return listEnd(text, at, depth)
	case c == '-' || '0' <= c && c <= '9':
		return numberEnd(text, at)
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(text[at:], word) {
			return at + len(word)
		}
	}
	return -1
}

// listEnd is compactEnd of an object or an array.
func listEnd(text string, at, depth int) int {
	object, closing := text[at] == '{', byte(']')
	if object {
		closing = '}'
	}
	at++
	if at < len(text) && text[at] == closing {
		return at + 1
	}
	for {
		if object {
			if at >= len(text) || text[at] != '"' {
				return -1
			}
			at = stringEnd(text, at)
			if at < 0 || at >= len(text) || text[at] != ':' {
				return -1
			}
			at++
		}
		at = compactEnd(text, at, depth+1)
		if at < 0 || at >= len(text) {
			return -1
		}
		at++
		switch text[at-1] {
		case closing:
			return at
		case ',':
		default:
			return -1
		}
	}
}

// stringEnd is compactEnd of a string.
func stringEnd(text string, at int) int {
	for at++; at < len(text); at++ {
		switch c := text[at]; {
		case c == '"':
			return at + 1
		case c < ' ':
			return -1
		case c == '\\':
			at++
			if at >= len(text) {
				return -1
			}
			if text[at] == 'u' {
				if at+4 >= len(text) || !hexadecimal(text[at+1:at+5]) {
					return -1
				}
				at += 4
			} else if strings.IndexByte(`"\/bfnrt`, text[at]) < 0 {
				return -1
			}
		}
	}
	return -1
}

func hexadecimal(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// numberEnd is compactEnd of a number.
func numberEnd(text string, at int) int {
	if text[at] == '-' {
		at++
	}
	begin := at
	at = digitsEnd(text, at)
	if at == begin || text[begin] == '0' && at > begin+1 {
		return -1
	}
	if at < len(text) && text[at] == '.' {
		begin = at + 1
		if at = digitsEnd(text, begin); at == begin {
			return -1
		}
	}
	if at < len(text) && (text[at] == 'e' || text[at] == 'E') {
		at++
		if at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		begin = at
		if at = digitsEnd(text, begin); at == begin {
			return -1
		}
	}
	return at
}

func digitsEnd(text string, at int) int {
	for at < len(text) && '0' <= text[at] && text[at] <= '9' {
		at++
	}
	return at
}
