package sql

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
)

// A text index is a table of words beside a table of rows that have numbers. Here alone texts are
// cut into words, so both databases find the same, and nothing of what was typed reaches their
// own query languages but letters, digits and the joiners of addresses. For rows called things:
//
//	PostgreSQL  create table thing_words (seq bigint primary key, words tsvector not null);
//	            create index thing_words_words on thing_words using gin (words);
//	SQLite      create virtual table thing_words using fts5 (words, content='', contentless_delete=1,
//	                detail=none, tokenize="ascii tokenchars '@._+-'");
//
// On PostgreSQL its policy for reading has to be "using (true)": below any other condition no
// index of words is used, as @@ may tell of rows in its errors (it is not leakproof). So the words
// stand apart from their rows, and are only ever read to find numbers of rows, which the rows'
// own policies show or not: holding is made for "seq in (…)".

// Bounds of what is kept of a row, and of a question.
const (
	mostWords   = 500 // of a row
	mostAsked   = 16  // of a question
	longestWord = 64  // runes of a word; what is longer is cut in the index and the question alike
	longestText = 64 << 10
	joiners     = "@._+-" // what stands inside of mail addresses and ids
)

// wordsOf cuts texts into the words that are kept of them: the key forms (canonical.Key) of their
// runs of letters and digits, and mail addresses and UUIDs also as a whole. No word comes twice.
func wordsOf(texts ...string) []string {
	var found []string
	seen := map[string]bool{}
	for _, text := range texts {
		eachRun(text, func(run string) bool {
			words := pieces(run)
			if isWhole(run) {
				words = append(words, cutWord(run))
			}
			for _, word := range words {
				if len(found) < mostWords && !seen[word] {
					seen[word], found = true, append(found, word)
				}
			}
			return len(found) < mostWords
		})
	}
	return found
}

// textsIn are the strings and numbers in a JSON text, without the names of its members; of what is
// no JSON, itself.
func textsIn(data []byte) []string {
	var texts []string
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	var names []bool // for each open object or array: whether it is an object whose next string is a name
	for {
		token, err := in.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			return []string{string(data)}
		}
		last := len(names) - 1
		if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
			names = names[:last]
			continue
		}
		if last >= 0 && names[last] && isName(in, token, data) {
			continue
		}
		switch v := token.(type) {
		case json.Delim:
			names = append(names, v == '{')
		case string:
			texts = append(texts, v)
		case json.Number:
			texts = append(texts, v.String())
		}
	}
}

// isName says whether the token that was just read is the name of a member: a colon follows.
func isName(in *json.Decoder, token json.Token, data []byte) bool {
	if _, ok := token.(string); !ok {
		return false
	}
	rest := bytes.TrimLeft(data[in.InputOffset():], " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// question is a text that is searched for: every word has to be there, in any order, the last of
// them at least as the beginning of one.
type question []string

// questionOf cuts a text as wordsOf does; a mail address or UUID asks for the whole alone. A text
// without a word asks for what is nowhere.
func questionOf(text string) question {
	var q question
	eachRun(text, func(run string) bool {
		if isWhole(run) {
			q = append(q, cutWord(run))
		} else {
			q = append(q, pieces(run)...)
		}
		return len(q) <= mostAsked
	})
	return q[:min(len(q), mostAsked)]
}

// matches says whether the words of a row answer the question.
func (q question) matches(words []string) bool {
	if len(q) == 0 {
		return false
	}
	last := len(q) - 1
	for _, word := range q[:last] {
		if !slices.Contains(words, word) {
			return false
		}
	}
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, q[last]) })
}

// tag is a word that no text holds: a value that is found whole, such as the id of what a row is
// about. kind tells values apart.
func tag(kind byte, value string) string {
	if uuid.Validate(value) != nil || len(value) != 36 {
		sum := sha256.Sum256([]byte(value))
		value = hex.EncodeToString(sum[:16])
	}
	return "." + string(kind) + "." + strings.ToLower(value)
}

// tagged is the question whose rows must have a tag too.
func (q question) tagged(t string) question { return append(question{t}, q...) }

// eachRun gives the runs of letters, digits and joiners in a text's key form, until f says no.
// What holds no letter or digit is none.
func eachRun(text string, f func(run string) bool) {
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "")
	}
	for run := range strings.FieldsFuncSeq(canonical.Key(text), func(r rune) bool { return !inWord(r) && !isJoiner(r) }) {
		if run = strings.Trim(run, joiners); run != "" && !f(run) {
			return
		}
	}
}

// pieces are the runs of letters and digits in a run that may hold joiners.
func pieces(run string) []string {
	found := strings.FieldsFunc(run, isJoiner)
	for i := range found {
		found[i] = cutWord(found[i])
	}
	return found
}

// isWhole says whether a run is a mail address or a UUID.
func isWhole(run string) bool {
	if len(run) == 36 && uuid.Validate(run) == nil {
		return true
	}
	local, domain, ok := strings.Cut(run, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@")
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r)
}

func isJoiner(r rune) bool { return r < utf8.RuneSelf && strings.ContainsRune(joiners, r) }

func cutWord(word string) string {
	if len(word) <= longestWord {
		return word
	}
	n := 0
	for i := range word {
		if n == longestWord {
			return word[:i]
		}
		n++
	}
	return word
}

// numberedWords are the words of the row of a number.
type numberedWords struct {
	seq   int64
	words []string
}

// addWords queues the words of rows that have none yet in table.
func (t *tx) addWords(table string, rows []numberedWords) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r numberedWords) bool { return len(r.words) == 0 })
	if len(rows) == 0 {
		return
	}
	if !t.pg() {
		for _, r := range rows {
			t.exec(nil, "insert into "+table+" (rowid, words) values (?, ?)", r.seq, strings.Join(r.words, " "))
		}
		return
	}
	seqs, vectors := make([]int64, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		seqs[i], vectors[i] = r.seq, "'"+strings.Join(r.words, "' '")+"'"
	}
	t.exec(nil, "insert into "+table+" (seq, words) select n.seq, n.words::tsvector from unnest(?::bigint[], ?::text[]) as n (seq, words)", seqs, vectors)
}

// dropWords queues the deletion of the words of rows; numbers is a query for their numbers.
func (t *tx) dropWords(table string, numbers fragment) {
	t.exec(nil, "delete from "+table+" where "+t.numberOfWords()+" in ("+numbers.sql+")", numbers.args...)
}

// forgetWords queues that what was dropped is gone from the disk's pages too. On SQLite dropping
// only marks it, until the index is written anew, which takes a second for a million rows.
func (t *tx) forgetWords(table string) {
	if !t.pg() {
		t.exec(nil, "insert into "+table+" ("+table+") values ('optimize')")
	}
}

// numberOfWords is the column of a row's number in a table of words.
func (t *tx) numberOfWords() string {
	if t.pg() {
		return "seq"
	}
	return "rowid"
}
