package rules

import (
	"fmt"
	"slices"

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
	d := &lint.Difference{}
	d.Compare(base.Key, p.Key)
	d.Sort()
	gained := slices.DeleteFunc(d.Gained, func(a lint.Access) bool { return said(p, a) })
	if len(gained) == 0 {
		return
	}
	a := gained[0]
	more := ""
	if n := len(gained) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more kinds of request", n)
	}
	certainty := lint.Always
	if len(a.When) > 0 {
		certainty = lint.Depends
	}
	p.Report(lint.Finding{
		Certainty: certainty, When: a.When,
		Message: fmt.Sprintf("%s can call %s, which the base does not allow%s; see that this is meant", a.Principal, a.Action, more),
		Witness: &lint.Witness{Principal: a.Principal, Account: a.Account, Action: a.Action, Context: a.Context, Access: a.Access},
	}, statement(p.Policy, a.Statement), lint.About{Judged: a.Principal + " " + a.Action}, nil)
}

// said tells whether an introduced finding about access stands on the statement that gives the access.
func said(p *lint.Pass, a lint.Access) bool {
	st := statement(p.Policy, a.Statement)
	if st == nil || st.Node == nil {
		return false
	}
	at := p.Range(st.Node)
	return slices.ContainsFunc(p.Earlier, func(f lint.Finding) bool {
		return f.Introduced != nil && *f.Introduced && f.Witness != nil && f.Suppressed == nil &&
			at.Start.Offset <= f.Range.Start.Offset && f.Range.End.Offset <= at.End.Offset
	})
}
