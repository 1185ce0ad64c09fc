package sql

import "strings"

// Lists are read by number, the newest first, and end after a page. With a word there are two ways:
// to walk down the numbers and look at each row's words, which is soon done when many rows have the
// word, or to ask the index for all that have it, which is soon done when few have. PostgreSQL's
// planner does not know how often words begin in a certain way and takes half a percent for it,
// which makes it walk through millions of rows for a name that is nowhere. So it is not asked: the
// words of the newest rows tell which way is the shorter one.

const (
	wordsLookedAt = "10000" // of the newest rows
	oftenThere    = 20      // so many rows of those make a word a common one
)

// terms is a condition on a row's words, in the language of the database's index.
type terms string

// noTerms are found nowhere.
const noTerms terms = ""

// answers are the terms of a question: all its words, the last one as a beginning.
func (t *tx) answers(q question) terms {
	switch {
	case len(q) == 0:
		return noTerms
	case t.pg():
		return terms("'" + strings.Join(q, "' & '") + "':*")
	}
	return terms(`"` + strings.Join(q, `" AND "`) + `" *`)
}

// namesAtOnce is how many names are looked for at once.
const namesAtOnce = 100

// naming are the terms of rows that name one of texts, whole: of each all words are there. Texts
// beyond namesAtOnce are not looked for.
func (t *tx) naming(texts []string) terms {
	and, or, quote := `" AND "`, ") OR (", `"`
	if t.pg() {
		and, or, quote = "' & '", ") | (", "'"
	}
	var asked []string
	for _, text := range texts[:min(len(texts), namesAtOnce)] {
		if q := questionOf(text); len(q) > 0 {
			asked = append(asked, quote+strings.Join(q, and)+quote)
		}
	}
	if len(asked) == 0 {
		return noTerms
	}
	return terms("(" + strings.Join(asked, or) + ")")
}

// holding is a query for the numbers of all rows in a table of words that fit.
func (t *tx) holding(table string, asked terms) fragment {
	switch {
	case asked == noTerms:
		return fragment{sql: "select 0 where 1 = 0"}
	case t.pg():
		return fragment{"select w.seq from " + table + " w where w.words @@ ?::text::tsquery", []any{string(asked)}}
	}
	return fragment{"select rowid from " + table + " where " + table + " match ?", []any{string(asked)}}
}

// found is the condition that the row whose number is in column fits all terms, by its words in
// table; rows that are named by number fit too. It is for a list that is read downwards from below
// a number.
func (t *tx) found(table, column string, behind int64, asked []terms, numbers ...int64) (fragment, error) {
	if len(asked) == 0 {
		return always, nil
	}
	if !t.pg() {
		where := always
		for _, a := range asked {
			where = cat(where, " and "+column+" in (", t.holding(table, a), ")")
		}
		if len(numbers) > 0 {
			where = cat("(", where, " or "+column+" in (", t.numbers(numbers), "))")
		}
		return where, nil
	}
	all := noTerms
	for i, a := range asked {
		if a == noTerms {
			all = noTerms
			break
		}
		if i > 0 {
			all += " & "
		}
		all += "(" + a + ")"
	}
	common, err := t.isCommon(table, behind, all)
	if err != nil {
		return never, err
	}
	if common {
		return cat("((select w.words @@ ", argument{string(all)}, "::text::tsquery from "+table+" w where w.seq = "+column+") or "+column+" = any (", argument{numbers}, "::bigint[]))"), nil
	}
	return cat(column+" = any (array(", t.holding(table, all), " union all ", t.numbers(numbers), "))"), nil
}

// isCommon says whether many of the newest rows below a number fit.
func (t *tx) isCommon(table string, behind int64, asked terms) (bool, error) {
	if asked == noTerms {
		return false, nil
	}
	n := 0
	t.query(func(r row) error { return r.Scan(&n) }, "select count(*) from (select w.words from "+table+
		" w where w.seq < ? order by w.seq desc limit "+wordsLookedAt+") newest where newest.words @@ ?::text::tsquery", behind, string(asked))
	err := t.flush()
	return n >= oftenThere, err
}
