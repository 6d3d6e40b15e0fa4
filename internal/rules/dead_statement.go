package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// DeadStatement reports statements and actions that no request can use (semantics.md §6.7, §6.19, §6.24, §6.25).
var DeadStatement = &lint.Rule{
	ID:    "KMS012",
	Name:  "dead-statement",
	Title: "no request can use the statement, or one of its actions",
	Level: lint.Warning,
	Why: `A statement that seems to give access and gives none misleads whoever reads it, and whoever relies on it is locked out. Typical
causes: a condition on a key that requests for the action never carry, the ARN of another key or of an alias in Resource, actions that only
IAM policies can allow, management for a foreign account, actions that this kind of key cannot do.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:app": "billing"}}}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:app": "billing"}}}`,
	Ignore: "Where one policy is shared by keys of several kinds.",
	Page:   "AWS KMS permissions",
	Run:    deadStatement,
}

func deadStatement(p *lint.Pass) {
	can := possible(p)
	for _, st := range allows(p) {
		if !only(st.Statement, policy.InvalidARN, policy.UniqueID) { // those are KMS015's
			deadAllow(p, st, can)
		}
	}
	for _, st := range denials(p) {
		deadDeny(p, st)
	}
}

// element is one action element that no request can use.
type element struct {
	text string
	node *syntax.Node
	why  string
}

func deadAllow(p *lint.Pass, st stated, can kms.ActionSet) {
	set := p.Engine.Named(0, st.Index)
	about := lint.About{Set: set, Query: authz.Query{Actions: st.may}}
	ask := liveness(p, st, set, can)
	if st.NotAction {
		why := reason(p, st, st.may&kms.Effective)
		if a := ask(st.may & kms.Effective & can); a.Verdict == authz.No && !saidElsewhere(p, st, why) && !leftOpen(p, st, st.may&kms.Effective&can) {
			reportDead(p, st, about, []element{{"NotAction", st.ActionNode, why}}, true)
		}
		return
	}
	var dead []element
	alive := false
	for _, el := range elements(st) {
		actions := kms.Expand(el.text)
		switch live := actions & kms.Effective & can; {
		case actions == 0:
			if service, _, ok := strings.Cut(el.text, ":"); ok && !kms.Malformed(el.text) && !strings.EqualFold(service, "kms") {
				el.why = el.text + " is no action of KMS"
				dead = append(dead, el)
				continue
			}
			alive = true // an unknown name: KMS016 speaks of it
		case live == 0:
			el.why = powerless(p, el.text, actions)
			dead = append(dead, el)
		default:
			a := ask(live)
			if a.Verdict == authz.Undecided && !undocumented(a) {
				undecided(p, st.Statement, a, about, "a request can use "+el.text+" of the statement")
				return
			}
			if a.Verdict != authz.No {
				alive = true
				continue
			}
			el.why = reason(p, st, live)
			switch {
			case saidElsewhere(p, st, el.why), leftOpen(p, st, live):
				alive = true
			case !documented(st, live):
				dead = append(dead, el)
			}
		}
	}
	if len(dead) > 0 {
		reportDead(p, st, about, dead, !alive && len(dead) == len(elements(st)))
	}
}

// undocumented tells whether all that keeps an answer open is what no document says. To call a statement dead needs
// proof, so that is no finding.
func undocumented(a authz.Answer) bool {
	return !slices.ContainsFunc(a.Because, func(why string) bool { return !strings.Contains(why, "UNVERIFIED") })
}

// elements returns the action elements of all alternatives of a statement, each once.
func elements(st stated) []element {
	var all []element
	for _, one := range st.alternatives {
		for _, a := range one.Actions {
			if a.Unknown == "" && !slices.ContainsFunc(all, func(e element) bool { return e.text == a.Text }) {
				all = append(all, element{text: a.Text, node: a.Node})
			}
		}
	}
	return all
}

// liveness returns the question whether a request for one of the actions can use a statement. Where all its actions carry
// the same condition keys and no caller is foreign, the answer is the same for all, and is asked once.
func liveness(p *lint.Pass, st stated, set authz.Set, can kms.ActionSet) func(kms.ActionSet) authz.Answer {
	uniform := true
	for _, one := range st.alternatives {
		for _, c := range one.Conditions {
			k, known := kms.ConditionKey(c.Key)
			uniform = uniform && known && st.may&kms.Effective&^k.Actions == 0
		}
		for _, q := range one.Principals {
			uniform = uniform && (q.Account == "" || q.Account == p.Policy.Own)
		}
	}
	var once *authz.Answer
	return func(actions kms.ActionSet) authz.Answer {
		if !uniform {
			return p.Engine.Find(authz.Query{Actions: actions}, set)
		}
		if once == nil {
			a := p.Engine.Find(authz.Query{Actions: st.may & kms.Effective & can}, set)
			once = &a
		}
		return *once
	}
}

// documented tells whether the dead actions only describe the key in a service's documented statement, for itself or for
// those who call it, whose encryption context such calls lack. Contexts that begin with aws: are those of services.
func documented(st stated, actions kms.ActionSet) bool {
	return actions&^kms.Set("kms:DescribeKey") == 0 && slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool {
		name, ok := strings.CutPrefix(strings.ToLower(c.Key), "kms:encryptioncontext:")
		return ok && (strings.HasPrefix(name, "aws:") || slices.ContainsFunc(services(st), func(service string) bool {
			f, known := kms.Service(service)
			return known && strings.EqualFold(f.ContextKey, name)
		}))
	})
}

func reportDead(p *lint.Pass, st stated, about lint.About, dead []element, whole bool) {
	var texts []string
	for _, el := range dead {
		texts = append(texts, el.text)
	}
	f := lint.Finding{}
	about.Judged = "dead " + strings.Join(texts, " ")
	if whole {
		f.Message = fmt.Sprintf("no request can use the statement: %s; remove it, or say what it means", dead[0].why)
	} else {
		f.Message = fmt.Sprintf("no request can use %s of the statement: %s; remove or move it", sentence(texts), dead[0].why)
		if len(dead) == 1 {
			about.Node = dead[0].node
		}
	}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = bury(p, st, texts, whole)
	}
	p.Report(f, st.Statement, about, fix)
}

// bury proposes to remove what is dead.
func bury(p *lint.Pass, st stated, texts []string, whole bool) *lint.Proposal {
	pr := &lint.Proposal{Message: "remove what no request can use", Kept: []string{"all access: nothing that the policy gives changes"}}
	if gone := expandAll(texts); st.Effect == policy.Allow && gone&possible(p) == 0 {
		// What this kind of key cannot do is no access, though the policy gives it.
		pr.Loses, pr.Keeps = p.Engine.Reach(0).Of(st.Index), []authz.Query{{Actions: kms.All &^ gone}}
	}
	if whole {
		at, ok := listOf(p, st.Node)
		if !ok || !st.written() || len(at.seq.Items) < 2 || at.seq.Items[at.index] != st.Node {
			pr.WhyNot = "the statement stands alone or in a construct of the template"
			pr.Text, pr.Language = "remove the statement", "text"
			return pr
		}
		edits := []syntax.Edit{p.Document().RemoveItem(at.seq, at.index)}
		pr.Changes = []lint.Change{{Edits: edits}}
		after(p, pr, edits)
		return pr
	}
	if !st.plainActions() {
		pr.WhyNot = "the statement's actions are not a plain list"
		pr.Text, pr.Language = "take "+sentence(texts)+" out of the statement", "text"
		return pr
	}
	var left []string
	for _, a := range st.Actions {
		if !slices.Contains(texts, a.Text) {
			left = append(left, a.Text)
		}
	}
	edits := writeActions(p.Document(), st.Statement, left)
	pr.Changes = []lint.Change{{Edits: edits}}
	afterActions(p, pr, edits, left)
	return pr
}

// deadDeny reports a Deny that hits nothing. One on aws:SecureTransport is a habit, and harmless: every call to KMS is encrypted.
func deadDeny(p *lint.Pass, st stated) {
	if slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool { return equalKey(c.Key, "aws:SecureTransport") }) {
		return
	}
	set := p.Engine.Denied(0, st.Index)
	about := lint.About{Set: set, Judged: "dead Deny"}
	switch a := p.Engine.Find(authz.Query{}, set); a.Verdict {
	case authz.Undecided:
		if undocumented(a) {
			return
		}
		f := p.Finding(a, about.Query, set)
		f.Level = lint.Note
		f.Message = fmt.Sprintf("it is not decided whether the Deny hits anything, since it depends on %s; write the policy without that", f.Undecided.Construct)
		p.Report(f, st.Statement, about, nil)
	case authz.No:
		why := reason(p, st, st.may)
		if saidElsewhere(p, st, why) || leftOpen(p, st, 0) {
			return
		}
		f := lint.Finding{Level: lint.Note, Message: fmt.Sprintf("the Deny hits no request: %s; remove it, or say what it means", why)}
		var fix *lint.Proposal
		if !p.Quiet() {
			fix = bury(p, st, nil, true)
		}
		p.Report(f, st.Statement, about, fix)
	}
}
