package scim

import (
	"bytes"
	"iter"
)

// Fields walks the members of a JSON object that this package wrote: each key without its
// quotes, still escaped, and each value as it stands.
func Fields(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for f := newFields(object); ; {
			key, value, ok := f.next()
			if !ok || !yield(key, value) {
				return
			}
		}
	}
}

// Elements walks the elements of a JSON array that this package wrote.
func Elements(array []byte) iter.Seq[[]byte] { return elements(array) }

// fields walks the members of a JSON object that Muster wrote itself (Document.JSON and the
// parts of a resource), without decoding it. It stops early at anything that is not JSON.
type fields struct {
	b []byte
	i int
}

func newFields(object []byte) fields {
	return fields{b: object, i: 1}
}

// next gives the next member: its key without quotes, still escaped, and its value as it
// stands.
func (f *fields) next() (key, value []byte, ok bool) {
	if f.i < len(f.b) && f.b[f.i] == ',' {
		f.i++
	}
	if f.i >= len(f.b) || f.b[f.i] != '"' {
		return nil, nil, false
	}
	start := f.i
	if f.i = skipString(f.b, f.i); f.i >= len(f.b) || f.b[f.i] != ':' {
		return nil, nil, false
	}
	key = f.b[start+1 : f.i-1]
	start = f.i + 1
	f.i = skipValue(f.b, start)
	return key, f.b[start:f.i], f.i <= len(f.b)
}

// elements walks the elements of an array as fields walks an object.
func elements(array []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for i := 1; i < len(array) && array[i] != ']'; {
			if array[i] == ',' {
				i++
			}
			end := skipValue(array, i)
			if end <= i || !yield(array[i:end]) {
				return
			}
			i = end
		}
	}
}

// skipString gives the place behind the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b)
		}
		i += n + 1
		escapes := 0
		for j := i - 2; b[j] == '\\'; j-- {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
	return len(b)
}

// skipValue gives the place behind the value that begins at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + depth + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
