package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Proposal is what a rule would change. It becomes a [Fix] only when everything section 6 of the design demands is proved.
type Proposal struct {
	Message string
	// Changes are the parts of the fix, each of which can be left out alone (R5).
	Changes []Change
	// Gains are accesses that the fix adds on purpose, which R1 lets through.
	Gains []Gain
	// Loses is the access that the finding reports, so that the fix may take it away.
	Loses authz.Set
	// LosesQuery narrows Loses.
	LosesQuery authz.Query
	// Keeps are accesses that must stay although Loses holds them.
	Keeps []authz.Query
	// Restores is access that a Deny takes and should not (availability), so that R1 lets the fix give it back; Withheld is what of it must not come back.
	Restores authz.Set
	Withheld []authz.Query
	// Manage is true where the fix could leave the key without an administrator, so that R3 must be shown.
	Manage bool
	// Administrators are those of whom one must be able to put the policy after the fix; Deployers must all be.
	Administrators, Deployers []string
	// Kept, Lost and, for Restores, Added are sentences for the proof.
	Kept, Lost, Added []string
	// Used are identities that the repository's own templates let use the key and that would lose it: no button then.
	Used []User
	// WhyNot is why this can be no fix, where the rule knows already; Text is then shown.
	WhyNot string
	// Text is what a person would write instead, in Language; where it is "", the policy as the edits in Shown make it, worked out when it is needed.
	Text, Language string
	Shown          []syntax.Edit
	// Others are other ways out: each that is proved becomes an alternative with edits, each that is not one with its text.
	Others []*Proposal
}

// Change is one part of a fix.
type Change struct {
	Edits    []syntax.Edit
	Cosmetic bool // a Sid: R5 does not ask whether it is needed
}

// Gain is access that a fix gives on purpose.
type Gain struct {
	Principal string // ARN
	Actions   kms.ActionSet
	Why       string
	// Needed tells that the repository's templates use it: what a part of the fix leaves out of it, the fix is needed for (R5).
	Needed bool
}

func (pr *Proposal) edits() []syntax.Edit {
	var all []syntax.Edit
	for _, c := range pr.Changes {
		all = append(all, c.Edits...)
	}
	slices.SortStableFunc(all, func(a, b syntax.Edit) int { return a.Start - b.Start })
	return all
}

// maxPolicy is the size in bytes up to which KMS takes a key policy (semantics.md §1.1).
const maxPolicy = 32768

// Prove checks a proposal against R1 to R7 and returns the fix, or why it is none.
func (p *Pass) prove(pr *Proposal) (*Fix, string) {
	if pr.WhyNot != "" {
		return nil, pr.WhyNot
	}
	if p.Policy.Partitions && !p.Rule.OfResource {
		return nil, "the policy chooses principals by partition, and a change is proved for one"
	}
	if p.Key.Generated {
		return nil, "the file is generated; change its source"
	}
	if len(pr.Used) > 0 {
		return nil, fmt.Sprintf("%s would lose access that the repository's templates use: %s", p.Show(pr.Used[0].Principal), pr.Used[0].Why)
	}
	if p.work.left <= 0 {
		return nil, notProved
	}
	edits := pr.edits()
	after, err := p.apply(edits)
	if err != nil {
		return nil, "the changed file does not parse: " + err.Error()
	}
	if why := p.check(pr, after); why != "" {
		return nil, why
	}
	if why := p.minimal(pr, after); why != "" {
		return nil, why
	}
	if why := deploys(pr, after); why != "" {
		return nil, p.Show(why)
	}
	proof := Proof{Added: pr.Added, Kept: pr.Kept, Lost: pr.Lost}
	if len(proof.Kept) == 0 {
		proof.Kept = []string{"every access that the finding does not report"}
	}
	switch {
	case pr.Manage && p.byIAM(authz.New(after.Policy), 0):
		proof.Kept = append(slices.Clip(proof.Kept), "whoever IAM policies let manage the key can still change the policy")
	case pr.Manage:
		proof.Kept = append(slices.Clip(proof.Kept), "a named administrator can still change the policy")
	}
	for _, g := range pr.Gains {
		if line := fmt.Sprintf("%s: %s", p.Show(g.Principal), g.Why); !slices.Contains(proof.Added, line) {
			proof.Added = append(proof.Added, line)
		}
	}
	if edits, err = p.placed(edits); err != nil {
		return nil, "the fix does not fit the string that the policy stands in: " + err.Error()
	}
	if why := p.alone(edits); why != "" {
		return nil, why
	}
	return &Fix{Message: pr.Message, Edits: edits, Proof: proof}, ""
}

// placed returns edits of the policy's document as edits of the analysed file. Those of a resource whose policy is JSON in a
// string are of the file already.
func (p *Pass) placed(edits []syntax.Edit) ([]syntax.Edit, error) {
	if p.Key.Embedded == nil || p.Rule.OfResource && p.Key.In.File == p.Key.File {
		return edits, nil
	}
	return p.Key.Embedded.Outer(edits)
}

// apply returns the key as the edits would make it (R6).
func (p *Pass) apply(edits []syntax.Edit) (*cfn.Key, error) {
	edits, err := p.placed(edits)
	if err != nil {
		return nil, err
	}
	if after := p.reduced(edits); after != nil {
		return after, nil
	}
	source, err := syntax.Apply(p.Key.File.Source, edits)
	if err != nil {
		return nil, err
	}
	return p.Target.Reread(source)
}

// check proves R1 to R4 and R6 for the key after the edits. It returns "" or what fails.
func (p *Pass) check(pr *Proposal, after *cfn.Key) string {
	if !p.work.spend(after.Policy) {
		return notProved
	}
	both := authz.New(p.Policy, after.Policy)
	if why := p.adds(pr, both); why != "" {
		return why
	}
	if pr.Manage { // before R2, whose answer would be that KMS010 finds the same
		if why := p.manageable(pr, both, after.Policy); why != "" {
			return why
		}
	}
	if why := p.keeps(pr, both); why != "" {
		return why
	}
	if why := p.silent(after); why != "" {
		return why
	}
	if sid := repeated(p.Policy, after.Policy); sid != "" {
		return fmt.Sprintf("two statements would have the Sid %q, and whether KMS takes that is not documented", p.Show(sid))
	}
	if after.PolicyNode != nil && after.PolicyNode.Span.End-after.PolicyNode.Span.Start > maxPolicy {
		return "the policy would be longer than the 32 KB that KMS takes"
	}
	return ""
}

// repeated returns a Sid that stands in more statements after a change than before, and in more than one.
func repeated(before, after *policy.Policy) string {
	count := func(p *policy.Policy) map[string]int {
		n := map[string]int{}
		for i, st := range p.Statements {
			if st.Sid != "" && (i == 0 || p.Statements[i-1].Index != st.Index) {
				n[st.Sid]++
			}
		}
		return n
	}
	was, is := count(before), count(after)
	for _, sid := range slices.Sorted(maps.Keys(is)) {
		if is[sid] > max(was[sid], 1) {
			return sid
		}
	}
	return ""
}

// adds proves R1: D′ ⊆ D and L′ ⊆ D ∪ L, but for the gains.
func (p *Pass) adds(pr *Proposal, both *authz.Engine) string {
	var gainers []string
	given := map[string]kms.ActionSet{}
	for _, g := range pr.Gains {
		if !slices.Contains(gainers, g.Principal) {
			gainers = append(gainers, g.Principal)
		}
		given[g.Principal] |= g.Actions
	}
	gained := both.Direct(1).Less(both.Direct(0))
	if a := both.Find(authz.Query{Except: gainers}, gained.Less(pr.Restores)); a.Verdict != authz.No {
		return p.cannot("the fix gives no new access", a)
	}
	for _, q := range pr.Withheld {
		if a := both.Find(q, gained); a.Verdict != authz.No {
			return p.cannot("the fix gives back no more than is wrongly missing", a)
		}
	}
	for _, who := range gainers {
		if rest := kms.All &^ given[who]; rest != 0 {
			if a := both.Find(authz.Query{Principal: who, Actions: rest}, gained); a.Verdict != authz.No {
				return p.cannot("the fix gives no new access", a)
			}
		}
	}
	// What the templates use is given on the key's side as far as the key's policy left it to IAM.
	for _, g := range pr.Gains {
		actions := g.Actions
		for _, other := range pr.Gains {
			if other.Principal == g.Principal && !other.Needed {
				actions &^= other.Actions
			}
		}
		if !g.Needed || actions == 0 {
			continue
		}
		if a := both.Find(authz.Query{Principal: g.Principal, Actions: actions}, gained.Less(both.Delegated(0))); a.Verdict != authz.No {
			return p.cannot("the fix gives no new access", a)
		}
	}
	if a := both.Find(authz.Query{}, both.Delegated(1).Less(both.Reach(0)).Less(pr.Restores)); a.Verdict != authz.No {
		return p.cannot("the fix delegates nothing new", a)
	}
	return ""
}

// manageable proves R3 in every environment.
func (p *Pass) manageable(pr *Proposal, both *authz.Engine, after *policy.Policy) string {
	manages := func(who string) bool {
		for _, action := range []string{"kms:PutKeyPolicy", "kms:DescribeKey"} {
			q := authz.Query{Principal: who, Actions: kms.Set(action), Via: authz.Directly}
			if a := both.Find(q, both.Direct(1)); a.Verdict != authz.Yes || !both.Always(q, both.Direct(1)) {
				return false
			}
		}
		return true
	}
	if p.byIAM(both, 1) {
		return ""
	}
	if !slices.ContainsFunc(pr.Administrators, manages) {
		why := "nobody but the root user could manage the key afterwards, and KMS would refuse the policy; name its administrators in .github/kmsguard.yml"
		if p.Key.Template && len(pr.Deployers) == 0 {
			why += ", the role that deploys among them"
		}
		return why
	}
	for _, d := range pr.Deployers {
		if !manages(d) {
			return fmt.Sprintf("%s deploys the key and could not put its policy afterwards", p.Show(d))
		}
	}
	return ""
}

// byIAM tells whether IAM policies surely manage the key, where the configuration leaves that to them (R3).
func (p *Pass) byIAM(e *authz.Engine, policy int) bool {
	if p.Config.Delegation != config.Administration {
		return false
	}
	for _, action := range []string{"kms:PutKeyPolicy", "kms:DescribeKey"} {
		q := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount, Actions: kms.Set(action), Via: authz.Directly}
		if e.Find(q, e.Delegated(policy)).Verdict != authz.Yes || !e.Always(q, e.Delegated(policy)) {
			return false
		}
	}
	return true
}

// keeps proves R4: what is not reported stays.
func (p *Pass) keeps(pr *Proposal, both *authz.Engine) string {
	lost := both.Direct(0).Less(both.Direct(1)).Or(both.Delegated(0).Less(both.Reach(1)))
	for _, q := range pr.Keeps {
		if a := both.Find(q, lost); a.Verdict != authz.No {
			return p.cannot("everything but the reported access stays", a)
		}
	}
	if a := both.Find(authz.Query{}, lost.Less(pr.Loses)); a.Verdict != authz.No {
		return p.cannot("everything but the reported access stays", a)
	}
	return ""
}

// cannot says which obligation failed and by which request, or what stopped it.
func (p *Pass) cannot(what string, a authz.Answer) string {
	if a.Verdict == authz.Yes {
		return fmt.Sprintf("it is not so that %s: %s by %s", what, a.Request.Action, p.Show(a.Request.Principal))
	}
	return fmt.Sprintf("it could not be proved that %s: %s", what, p.Show(joinReasons(a.Because)))
}

func joinReasons(all []string) string {
	if len(all) == 0 {
		return "no reason is known"
	}
	return all[0]
}
