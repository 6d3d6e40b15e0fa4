package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Row says what one principal of a policy can do, and on which conditions. Texts may hold symbols ([policy.Symbols.Show]).
type Row struct {
	// Kind and Who name the principal: the ARN of a user, role, session, federated user or root user, a service's name,
	// "*" for everyone; with Delegated the account whose IAM policies decide.
	Kind      policy.PrincipalKind
	Who       string
	Delegated bool
	Actions   kms.ActionSet
	// Bounds all hold of every request of the row: what its statements ask, and what Denies take away in part.
	Bounds     []Bound
	Statements []int        // as written, sorted
	When       policy.Guard // environments of the template; nil for all
	// Because says why the row is not sure: undocumented facts, or parts that could not be read. Empty for sure rows.
	Because []string
}

// Bound is one condition of a row.
type Bound struct {
	// Deny is the statement that takes away requests of this kind, or -1 where the request must be of this kind. The
	// bounds with the same Deny belong together: what meets them all is taken away.
	Deny     int
	Operator string // as written; "Principal" or "NotPrincipal" where a Deny is about some callers, with no Key
	Key      string
	Values   []string // as written; nil where they are hidden
}

// Summary lists who can do what with the key by one policy: a row for each principal, way in and set of conditions.
// Actions that Denies take away wholly are in no row; what [Engine.Find] cannot decide is in rows that say why. A row
// with conditions lists no action that the same principal has without any. Cost: a question for each statement,
// principal and action, and Deny that may meet them.
func (e *Engine) Summary(policy int) []Row {
	var rows []Row
	for _, st := range e.policies[policy].Statements {
		if st.Inert != "" || st.Effect != "Allow" {
			continue
		}
		for _, w := range subjects(st) {
			rows = e.summarize(rows, policy, st, w)
		}
	}
	return unconditional(rows)
}

// subject is someone whom a statement lets in, with the question for its requests.
type subject struct {
	row Row
	ask Query
}

func subjects(st *policy.Statement) []subject {
	if st.NotPrincipal {
		return []subject{{Row{Kind: policy.Everyone, Who: "*"}, Query{}}}
	}
	var all []subject
	for _, q := range st.Principals {
		s := subject{Row{Kind: q.Kind, Who: q.Text}, Query{Principal: q.Text}}
		switch q.Kind {
		case policy.AccountRoot:
			iam := subject{Row{Kind: q.Kind, Who: q.Account, Delegated: true}, Query{Callers: Identities, Account: q.Account}}
			all = append(all, iam, s)
			continue
		case policy.Everyone, policy.AWSEveryone:
			s = subject{Row{Kind: policy.Everyone, Who: "*"}, Query{}}
		case policy.UnreadPrincipal:
			s = subject{Row{Kind: q.Kind, Who: q.Unknown}, Query{}}
		case policy.User, policy.Role, policy.RoleSession, policy.FederatedUser, policy.Service:
		default:
			continue // lets nobody in
		}
		all = append(all, s)
	}
	return all
}

// summarize adds what one statement gives one subject, action by action.
func (e *Engine) summarize(rows []Row, policy int, st *policy.Statement, w subject) []Row {
	given, named := e.Direct(policy), Set{[]term{{in: []source{{policy, direct, st.Index}}}}}
	if w.row.Delegated {
		given, named = e.Delegated(policy), Set{[]term{{in: []source{{policy, delegated, st.Index}}}}}
	}
	given = given.Of(st.Index)
	q := w.ask
	q.When = st.When
	whole := box{}
	q.Actions = e.actions(&whole, st) & kms.Effective
	denies := e.meeting(policy, q, named)
	for _, i := range q.Actions.Indexes() {
		q.Actions = 1 << i
		a := e.Find(q, given)
		if a.Verdict == No {
			continue
		}
		row := w.row
		row.Actions, row.Statements, row.When = q.Actions, []int{st.Index}, st.When
		row.Because = a.Because
		if st.NotPrincipal {
			row.Bounds = append(row.Bounds, principalBound(-1, st))
		}
		row.Bounds = append(row.Bounds, bounds(-1, st)...)
		row.Bounds = append(row.Bounds, e.partly(policy, denies, q, named)...)
		rows = merge(rows, row)
	}
	return rows
}

// meeting returns the Denies that take some of the requests away.
func (e *Engine) meeting(i int, q Query, named Set) []*policy.Statement {
	var all []*policy.Statement
	for _, d := range e.policies[i].Statements {
		if d.Effect == "Deny" && d.Inert == "" && e.Find(q, named.And(e.Denied(i, d.Index))).Verdict != No {
			all = append(all, d)
		}
	}
	return all
}

// partly shows what those of the Denies say that meet the question.
func (e *Engine) partly(of int, denies []*policy.Statement, q Query, named Set) []Bound {
	var all []Bound
	for i, d := range denies {
		if i > 0 && denies[i-1].Index == d.Index || e.Find(q, named.And(e.Denied(of, d.Index))).Verdict == No {
			continue
		}
		bs := bounds(d.Index, d)
		if len(bs) == 0 || d.NotPrincipal {
			all = append(all, principalBound(d.Index, d))
		}
		all = append(all, bs...)
	}
	return all
}

func principalBound(deny int, st *policy.Statement) Bound {
	b := Bound{Deny: deny, Operator: "Principal"}
	if st.NotPrincipal {
		b.Operator = "NotPrincipal"
	}
	for _, q := range st.Principals {
		b.Values = append(b.Values, q.Text)
	}
	return b
}

// bounds shows the conditions of a statement.
func bounds(deny int, st *policy.Statement) []Bound {
	var all []Bound
	for _, c := range st.Conditions {
		b := Bound{Deny: deny, Operator: c.OperatorText, Key: c.Key}
		for _, v := range c.Values {
			b.Values = append(b.Values, v.Text)
		}
		all = append(all, b)
	}
	return all
}

// merge adds a row's actions to the row that says the same of others.
func merge(rows []Row, r Row) []Row {
	for i := range rows {
		if rows[i].like(r) {
			rows[i].Actions |= r.Actions
			if !slices.Contains(rows[i].Statements, r.Statements[0]) {
				rows[i].Statements = append(rows[i].Statements, r.Statements[0])
				slices.Sort(rows[i].Statements)
			}
			return rows
		}
	}
	return append(rows, r)
}

// like tells whether rows differ in actions and statements alone.
func (r Row) like(s Row) bool {
	return r.Who == s.Who && r.Kind == s.Kind && r.Delegated == s.Delegated && maps.Equal(r.When, s.When) &&
		slices.Equal(r.Because, s.Because) && boundsText(r.Bounds) == boundsText(s.Bounds)
}

func boundsText(bs []Bound) string {
	var b strings.Builder
	for _, c := range bs {
		fmt.Fprintf(&b, "%d %q %q %q\n", c.Deny, c.Operator, strings.ToLower(c.Key), c.Values)
	}
	return b.String()
}

// unconditional takes from rows with conditions what the same principal has without any.
func unconditional(rows []Row) []Row {
	var all []Row
	for i, r := range rows {
		for j, free := range rows {
			if i != j && len(free.Bounds) == 0 && len(free.Because) == 0 && len(r.Bounds)+len(r.Because) > 0 && free.Who == r.Who &&
				free.Kind == r.Kind && free.Delegated == r.Delegated && (free.When == nil || maps.Equal(free.When, r.When)) {
				r.Actions &^= free.Actions
			}
		}
		if r.Actions != 0 {
			all = append(all, r)
		}
	}
	return all
}
