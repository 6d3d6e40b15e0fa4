package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// fingerprint hashes the rule, the key's logical id or pointer and the normal form of what is reported: no file, no line,
// so that it survives moves and changes of formatting (DESIGN section 7).
func (p *Pass) fingerprint(i int) string { return p.fingerprintAs(i, p.Key.ID) }

// fingerprintAs is the fingerprint that the finding has if its key is called id.
func (p *Pass) fingerprintAs(i int, id string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", p.Rule.ID, local(id))
	s := p.spots[i]
	if s.judged != "" {
		fmt.Fprintf(h, "%s\n", s.judged)
	}
	fmt.Fprint(h, p.Normal(s.statement))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// local is the part of a key's id that does not name its file.
func local(id string) string {
	_, name, _ := strings.Cut(id, "#")
	return name
}

// Normal writes a policy so that equal access by equal statements gives equal text.
func Normal(p *policy.Policy) string {
	pass := &Pass{Policy: p}
	var all []string
	for _, st := range p.Statements {
		all = append(all, pass.normal(st))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// normal writes a statement so that equal access gives equal text: elements in one order, lists sorted, actions expanded, no Sid.
func (p *Pass) normal(st *policy.Statement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", st.Effect)
	for _, name := range slices.Sorted(maps.Keys(st.When)) {
		fmt.Fprintf(&b, " if %q=%q", p.Show(name), p.Show(st.When[name]))
	}
	var who, what, where, when []string
	for _, q := range st.Principals {
		text := q.Text
		if q.Kind == policy.AccountRoot {
			text = q.Account
		}
		who = append(who, fmt.Sprintf("%s %q", q.Kind, p.Show(text)))
	}
	var set kms.ActionSet
	for _, a := range st.Actions {
		set |= kms.Expand(a.Text)
		if a.Unknown != "" {
			what = append(what, a.Unknown)
		}
	}
	what = append(what, set.Names()...)
	for _, r := range st.Resources {
		where = append(where, fmt.Sprintf("%q", p.Show(r.Text+r.Unknown)))
	}
	for _, c := range st.Conditions {
		var values []string
		for _, v := range c.Values {
			values = append(values, fmt.Sprintf("%q", p.Show(v.Text)))
		}
		slices.Sort(values)
		when = append(when, fmt.Sprintf("%s %s %s %s", c.OperatorText, strings.ToLower(c.Key), slices.Compact(values), c.Unknown))
	}
	for _, part := range []struct {
		name string
		not  bool
		all  []string
	}{{"principal", st.NotPrincipal, who}, {"action", st.NotAction, what}, {"resource", st.NotResource, where}, {"condition", false, when}} {
		slices.Sort(part.all)
		fmt.Fprintf(&b, " %s %t %s", part.name, part.not, slices.Compact(part.all))
	}
	return b.String()
}
