package sql

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// Users are found by the beginnings of the words of their names and addresses. The words have a
// row each, written in the transaction that writes the user; an ordinary index on them answers
// what begins in some way, on both databases alike.

// mostUserWords bounds what is kept of a user.
const mostUserWords = 64

// userWords are the words that find a user: those of its names, and of an address the whole and
// the words before the @. What is behind it many share. Of more than are kept it is the userName's
// and the names' that stay, and the last addresses' that go.
func userWords(userName string, doc scim.Document) []string {
	texts := []string{userName, doc.DisplayName()}
	if name, ok := doc["name"].(map[string]any); ok {
		for _, part := range []string{"givenName", "familyName", "middleName", "formatted"} {
			text, _ := name[part].(string)
			texts = append(texts, text)
		}
	}
	nick, _ := doc["nickName"].(string)
	texts = append(append(texts, nick), doc.Emails()...)
	var words []string
	seen := map[string]bool{}
	keep := func(found ...string) {
		for _, word := range found {
			if !seen[word] && len(words) < mostUserWords {
				seen[word], words = true, append(words, word)
			}
		}
	}
	for _, text := range texts {
		eachRun(text, func(run string) bool {
			if local, _, ok := strings.Cut(run, "@"); ok && isWhole(run) {
				keep(cutWord(run))
				run = local
			}
			keep(pieces(run)...)
			return len(words) < mostUserWords
		})
	}
	slices.Sort(words)
	return words
}

// wordedUser is a user whose words are written.
type wordedUser struct {
	id, directory uuid.UUID
	userName      string
	doc           json.RawMessage
}

// wordedUsers are those of rows that a directory has: nobody else's users are written.
func wordedUsers(within uuid.UUID, rows []*directory.UserRow) []wordedUser {
	var users []wordedUser
	for _, u := range rows {
		if u.Directory == within {
			users = append(users, wordedUser{u.ID, u.Directory, u.UserName, u.JSON})
		}
	}
	return users
}

// saveUserWords queues that users have their words, and no others.
func (t *tx) saveUserWords(users []wordedUser, fresh bool) {
	var rows [][]any
	for _, u := range users {
		words := userWords(u.userName, scim.ParseDocument(u.doc))
		if !fresh {
			t.dropOtherWords(u, words)
		}
		for _, word := range words {
			rows = append(rows, []any{u.id, word, u.directory})
		}
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(compareID(a[0].(uuid.UUID), b[0].(uuid.UUID)), strings.Compare(a[1].(string), b[1].(string)))
	})
	t.insert("user_words", []string{"user_id", "word", "directory_id"}, rows, "on conflict (user_id, word) do nothing")
}

// dropOtherWords queues the deletion of words that a user does not have any more.
func (t *tx) dropOtherWords(u wordedUser, words []string) {
	condition, arg := t.inText("word", words)
	t.exec(nil, "delete from user_words where user_id = ? and directory_id = ? and not ("+condition+")", u.id, u.directory, arg)
}

// unwordedAtOnce is how many users' words are gathered in a transaction.
const unwordedAtOnce = 500

// gatherUserWords writes the words of users that were written by a program that knew of none. It
// goes on where it ended, and any number of processes may do so at once.
func (s *Store) gatherUserWords(ctx context.Context) error {
	total := 0
	for {
		var users []wordedUser
		err := s.write(ctx, everyConnector, func(t *tx) error {
			users = nil
			t.query(func(r row) error {
				var u wordedUser
				err := r.Scan(&u.id, &u.directory, &u.userName, &u.doc)
				users = append(users, u)
				return err
			}, "select id, directory_id, user_name, doc from users where not worded order by id limit ?"+t.lockingRow(), unwordedAtOnce)
			if err := t.flush(); err != nil || len(users) == 0 {
				return err
			}
			t.saveUserWords(users, false)
			ids := make([]uuid.UUID, len(users))
			for i, u := range users {
				ids[i] = u.id
			}
			condition, arg := t.in("id", ids)
			t.exec(nil, "update users set worded = true where "+condition, arg)
			return nil
		})
		if err != nil {
			return wrap(err, "gathering the words that users are found by")
		}
		if total += len(users); len(users) == 0 {
			break
		}
	}
	if total > 0 {
		s.log.InfoContext(ctx, "gathered the words that users are found by", "users", total)
	}
	return nil
}

// rareWord is how many words may begin as one asked for does, so that the users are read from
// them; with more it is the users that are read, and each is asked whether it has such a word.
const rareWord = 20_000

// named is the condition that user r has, for each word of a text, one that begins so. rareWord
// changes how it is found out, not what.
func (s *Store) named(ctx context.Context, id uuid.UUID, text string, rareWord int) (fragment, error) {
	words := askedOfUsers(text)
	if len(words) == 0 {
		return never, nil
	}
	often := make([]int, len(words))
	err := s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.preferIndexes()
		for i, word := range words {
			f := cat("select count(*) from (select 1 from user_words w where w.directory_id = ", argument{id}, " and ", begins(word),
				" limit ", argument{int64(rareWord + 1)}, ") n")
			t.query(func(r row) error { return r.Scan(&often[i]) }, f.sql, f.args...)
		}
		return nil
	})
	if err != nil {
		return never, wrap(err, "looking how common words are")
	}
	rarest := slices.Index(often, slices.Min(often))
	where := always
	for i, word := range words {
		if i == rarest && often[i] <= rareWord {
			where = cat("r.id in (select w.user_id from user_words w where w.directory_id = ", argument{id}, " and ", begins(word), ") and ", where)
			continue
		}
		// The offset keeps PostgreSQL from reading the word's every user first.
		where = cat(where, " and exists (select 1 from user_words w where w.user_id = r.id and ", begins(word), " limit 1 offset 0)")
	}
	return where, nil
}

// askedOfUsers cuts a text into the beginnings of words that are asked for: an address, be its
// domain only begun, as a whole, anything else word by word.
func askedOfUsers(text string) []string {
	q := questionOf(text)
	slices.Sort(q)
	return slices.Compact(q)
}

// begins is the condition that word w begins so.
func begins(word string) fragment {
	return cat("w.word >= ", argument{word}, " and w.word < ", argument{word + "\U0010FFFF"})
}
