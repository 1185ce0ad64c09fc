package web

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
)

// staging keeps the names of what is imported, as the database would.
type staging struct {
	directory.Effective
	names []string
}

func (s *staging) CreateImport(_ context.Context, _ directory.Admin, _ string, n directory.NewImport, rows iter.Seq2[importfile.Row, error], _ time.Duration) (directory.Import, error) {
	s.names = append(s.names, n.Name)
	for _, err := range rows {
		return directory.Import{}, err
	}
	return directory.Import{}, nil
}

func TestASecretInTheAddressOfAPullIsNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	kept := &staging{}
	d.api.effective = kept
	for _, address := range []string{"https://scim:s3cret@scim.example.com/v2", "https://scim.example.com/v2?token=s3cret", "http://scim.example.com/v2#s3cret"} {
		d.do(http.MethodPost, Base+"/directories/main/imports/pulls", `{"url":"`+address+`"}`).wants(http.StatusUnprocessableEntity)
	}
	if len(kept.names) > 0 {
		t.Errorf("the database would keep %q", kept.names)
	}
}
