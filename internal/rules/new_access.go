package rules

import (
	"fmt"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// NewAccess reports that a key gives access which the base did not, where no other finding says so.
var NewAccess = &lint.Rule{
	ID:    "KMS025",
	Name:  "new-access",
	Title: "the change widens who can use the key",
	Level: lint.Note,
	Late:  true,
	Why: `A change to a key policy that lets in more than before deserves a look even where nothing is wrong with it. The
finding names one request that the base refuses and the change lets through.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Encrypt", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decrypt", "Resource": "*"}`,
	Ignore: "Where the wider access is what the change is for.",
	Page:   "Changing a key policy",
	Run:    newAccess,
}

func newAccess(p *lint.Pass) {
	base := p.Target.Base
	if base == nil || base.Key == nil || base.Baseline != nil {
		return
	}
	for _, f := range p.Earlier {
		if f.Introduced != nil && *f.Introduced && f.Witness != nil {
			return // it says what is new
		}
	}
	d := &lint.Difference{}
	d.Compare(base.Key, p.Key)
	d.Sort()
	if len(d.Gained) == 0 {
		return
	}
	a := d.Gained[0]
	more := ""
	if n := len(d.Gained) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more kinds of request", n)
	}
	p.Report(lint.Finding{
		Message: fmt.Sprintf("%s can call %s, which the base does not allow%s; see that this is meant", a.Principal, a.Action, more),
		Witness: &lint.Witness{Principal: a.Principal, Account: a.Account, Action: a.Action, Context: a.Context, Access: a.Access},
	}, statement(p.Policy, a.Statement), lint.About{Judged: a.Principal + " " + a.Action}, nil)
}
