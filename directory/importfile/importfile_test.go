package importfile_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-scim/muster/directory/importfile"
)

// told is a row in one line.
func told(r importfile.Row) string {
	if r.Problem != nil {
		return fmt.Sprintf("%d %s ! %s %s %q", r.Line, r.Kind, r.Problem.Code, r.Problem.Column, r.Problem.Value)
	}
	switch r.Kind {
	case importfile.User:
		return fmt.Sprintf("%d user %s", r.Line, r.User.JSON())
	case importfile.Group:
		return fmt.Sprintf("%d group %s", r.Line, r.Group)
	}
	return fmt.Sprintf("%d %s in %s", r.Line, r.Member, r.Group)
}

// read is what Read says, a line for each row; an error is the last.
func read(text string, o importfile.Options) string {
	var out []string
	for r, err := range importfile.Read(strings.NewReader(text), o) {
		if err != nil {
			out = append(out, "error: "+err.Error())
			break
		}
		out = append(out, told(r))
	}
	return strings.Join(out, "\n")
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimSpace(want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCSVOfUsersIsReadByCommonNames(t *testing.T) {
	got := read("\ufeffLogin;First Name;last_name;E-Mail;Department;Enabled;Groups\r\nada;Ada;\"Love; lace\";ada@x.example;R&D;yes;\"Math; Poetry\"\r\nbob;Bob;;;;no;\r\n",
		importfile.Options{Format: importfile.CSV, Columns: map[string]string{"E-Mail": "email"}})
	want(t, got, `
2 user {"userName":"ada","name":{"familyName":"Love; lace","givenName":"Ada"},"active":true,"emails":[{"value":"ada@x.example","type":"work","primary":true}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D"}}
2 ada in Math
2 ada in Poetry
3 user {"userName":"bob","name":{"givenName":"Bob"},"active":false}`)
}

func TestAFormulaIsData(t *testing.T) {
	got := read("userName,title\n=1+1,\"=cmd|'/c calc'!A1\"\n", importfile.Options{Format: importfile.CSV})
	want(t, got, `2 user {"userName":"=1+1","title":"=cmd|'/c calc'!A1"}`)
}

func TestOneBadRowStopsNoOther(t *testing.T) {
	got := read("userName,email,active\nada,ada@x.example,maybe\nbob,b@x.example,true,more\n,,\nc\"d,x,true\nzoe\x00,z@x.example,\nnoemail\xff,,\nlast,,\n",
		importfile.Options{Format: importfile.CSV})
	for _, part := range []string{`2 user ! invalid active "maybe"`, `3 user ! invalid  "more"`, `4 user ! missing userName ""`, `5 user ! invalid  "c\"d,x,true"`,
		`6 user ! invalid userName`, `7 user ! notUTF8 userName`, `8 user {"userName":"last"}`} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in\n%s", part, got)
		}
	}
}

func TestCSVOfMembershipsAndGroups(t *testing.T) {
	want(t, read("group,email\nMath,ada@x.example\n,bob\nMath,\n", importfile.Options{Format: importfile.CSV}), `
2 ada@x.example in Math
3 membership ! missing group ""
4 membership ! missing email ""`)
	want(t, read("displayName\nMath\n", importfile.Options{Format: importfile.CSV, Kind: importfile.Group}), "2 group Math")
}

func TestAHeaderThatNobodyKnowsIsRefusedWhole(t *testing.T) {
	for text, part := range map[string]string{
		"userName,Rank\na,1\n":            `nobody knows what the columns "Rank" hold`,
		"userName,login\na,b\n":           "two columns hold userName",
		"title\nx\n":                      "needs the column userName",
		"":                                "the file is empty",
		"\xff\xfeu\x00s\x00":              "UTF-16",
		"u\x00s\x00e\x00":                 "UTF-16",
		"PK\x03\x04 a workbook":           "save the sheet as CSV",
		"userName,\"title\nada,\"x":       "cannot be read",
		"userName\n\"ada\n" + long(3<<20): "quote is not closed",
	} {
		if got := read(text, importfile.Options{Format: importfile.CSV}); !strings.Contains(got, part) {
			t.Errorf("of %.20q: %.200q, want %q in it", text, got, part)
		}
	}
	want(t, read("userName,Rank\nada,1\n", importfile.Options{Format: importfile.CSV, Columns: map[string]string{"rank": "-"}}), `2 user {"userName":"ada"}`)
	want(t, read("userName,Rank\nada,Dr\n", importfile.Options{Format: importfile.CSV, Columns: map[string]string{"Rank": "name.honorificPrefix"}}),
		`2 user {"userName":"ada","name":{"honorificPrefix":"Dr"}}`)
}

func long(n int) string { return strings.Repeat("x", n) }

func TestJSONLinesOfUsersAndGroups(t *testing.T) {
	got := read(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7","userName":"ada","groups":[{"value":"9","display":"Math"}]}

{"displayName":"Math","members":[{"value":"7"},"bob",{"value":"9","type":"Group"}]}
{"userName":"x","userName":"y"}
not json
`, importfile.Options{Format: importfile.JSONLines})
	for _, part := range []string{`1 user {"userName":"ada"}`, "1 ada in Math", "3 group Math", "3 7 in Math", "3 bob in Math",
		`3 membership ! notSupported members "9"`, "4 user ! invalid", "5 user ! invalid"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in\n%s", part, got)
		}
	}
}

func TestALongLineIsOneProblem(t *testing.T) {
	got := read(`{"userName":"`+long(importfile.MaxRow)+"\"}\n"+`{"userName":"ada"}`, importfile.Options{Format: importfile.JSONLines})
	want(t, got, "1 user ! tooLong  \"\"\n2 user {\"userName\":\"ada\"}")
}

func TestLDIFOfPeopleAndGroups(t *testing.T) {
	got := read(`version: 1

dn: dc=x
objectClass: domain

# a comment
 that goes on
dn: uid=ada,ou=People,dc=x
objectClass: inetOrgPerson
uid: ada
cn:: QWRhIMOE
mail: ada@
 x.example
mail: second@x.example
memberOf: cn=Poetry\, old,ou=Groups,dc=x

dn: cn=Math,dc=x
changetype: add
objectClass: groupOfNames
cn: Math
member: UID=Ada, ou=people,dc=x

dn: uid=bob,dc=x
changetype: modify
replace: mail
mail: b

dn: uid=eve,dc=x
objectClass: inetOrgPerson
uid: eve
jpegPhoto:< file:///etc/passwd

dn: uid=zoe,dc=x
objectClass: inetOrgPerson
uid:: !!!
`, importfile.Options{Format: importfile.LDIF})
	want(t, got, `
8 user {"userName":"ada","displayName":"Ada Ä","emails":[{"value":"ada@x.example","type":"work","primary":true},{"value":"second@x.example","type":"other"}]}
8 ada in Poetry, old
17 group Math
17 uid=ada,ou=people,dc=x in Math
23 user ! notSupported changetype "modify"
28 user ! notSupported jpegPhoto "< file:///etc/passwd"
33 user ! invalid uid "!!!"`)
}

func TestTextIsWhatTheFileHas(t *testing.T) {
	for r, err := range importfile.Read(strings.NewReader("userName,title\n\"ada\",\"a \"\"b\"\"\nnext line\"\n\n bob ,x\n"), importfile.Options{Format: importfile.CSV}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := map[int64]string{2: "\"ada\",\"a \"\"b\"\"\nnext line\"", 5: " bob ,x"}[r.Line]; r.Text != want {
			t.Errorf("line %d is %q, want %q", r.Line, r.Text, want)
		}
	}
}

// endless gives the same row again and again.
type endless struct {
	row  string
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n+len(e.row) <= len(p) && e.left > 0 {
		n += copy(p[n:], e.row)
		e.left--
	}
	return n, nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	for format, row := range map[importfile.Format]string{
		importfile.CSV:       "userName,title\n",
		importfile.JSONLines: `{"userName":"ada","title":"Countess"}` + "\n",
		importfile.LDIF:      "dn: uid=a\nobjectClass: person\nuid: a\n\n",
	} {
		var most, rows uint64
		for _, err := range importfile.Read(&endless{row, 200_000}, importfile.Options{Format: format}) {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; rows%50_000 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if rows < 190_000 || most > 16<<20 {
			t.Errorf("%s: %d rows with %d MiB in use", format, rows, most>>20)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("userName,groups\nada,a;b\n")
	f.Add(`{"displayName":"g","members":[{"value":"1"}]}`)
	f.Add("dn: cn=x\nobjectClass: group\nmember:: eA==\n b\n\n#\n x\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []importfile.Format{importfile.CSV, importfile.JSONLines, importfile.LDIF} {
			for r, err := range importfile.Read(strings.NewReader(text), importfile.Options{Format: format}) {
				var file *importfile.FileError
				switch {
				case err != nil && !errors.As(err, &file):
					t.Fatalf("%s: %v is no FileError", format, err)
				case err == nil && r.Problem == nil && r.Kind == importfile.User && r.User.UserName() == "":
					t.Fatalf("%s: a user without a name of %q", format, text)
				case err == nil && r.Problem == nil && r.Kind != importfile.User && r.Group == "":
					t.Fatalf("%s: a group without a name of %q", format, text)
				}
			}
		}
	})
}
