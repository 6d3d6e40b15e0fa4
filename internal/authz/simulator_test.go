package authz_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

var (
	exportLines = flag.String("export-lines", "", "file for the lines that testdata/decisions/iam-simulate.sh puts to the simulator")
	lines       = flag.Int("lines", 25_000, "number of those lines")
)

const recorded = "../../testdata/decisions/iam-simulate.txt"

// aLine is a policy and a request as the simulator takes them.
type aLine struct {
	Policy  json.RawMessage `json:"policy"`
	Request struct {
		Principal string         `json:"principal"`
		Action    string         `json:"action"`
		Resource  string         `json:"resource"`
		Account   string         `json:"account"`
		Context   map[string]any `json:"context"`
	} `json:"request"`
	statements []*policy.Value
	request    policy.Request
}

const keyARN = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"

// simulatorLines makes the lines, always the same.
func simulatorLines(n int) []aLine {
	var all []aLine
	for i := uint64(0); len(all) < n; i++ {
		d := roll(5_000_000 + i)
		statements := d.statements(4)
		text, ok := toJSON(object("Version", text("2012-10-17"), "Statement", &policy.Value{Kind: policy.List, Items: statements, Node: node}))
		if !ok {
			continue
		}
		p := policyOf(statements)
		mentioned := mentionedKeys(p)
		for range 5 {
			r := d.request(mentioned)
			r.Resource = keyARN
			r, err := eval.Complete(p, r)
			if err != nil {
				panic(err)
			}
			l := aLine{Policy: json.RawMessage(text), statements: statements, request: r}
			l.Request.Principal, l.Request.Action, l.Request.Resource, l.Request.Account = r.Principal, r.Action, keyARN, own
			l.Request.Context = map[string]any{}
			for k, v := range r.Context {
				l.Request.Context[k] = v[0]
				if info, _ := kms.ConditionKey(k); info.Multi {
					l.Request.Context[k] = v
				}
			}
			all = append(all, l)
		}
	}
	return all[:n]
}

// toJSON writes a value of plain JSON.
func toJSON(v *policy.Value) (string, bool) {
	var all []string
	switch v.Kind {
	case policy.Text:
		b, err := json.Marshal(v.Text)
		return string(b), err == nil
	case policy.List:
		for _, i := range v.Items {
			s, ok := toJSON(i)
			if !ok {
				return "", false
			}
			all = append(all, s)
		}
		return "[" + strings.Join(all, ",") + "]", true
	case policy.Object:
		for _, m := range v.Members {
			s, ok := toJSON(m.Value)
			if !ok {
				return "", false
			}
			k, _ := json.Marshal(m.Key)
			all = append(all, string(k)+":"+s)
		}
		return "{" + strings.Join(all, ",") + "}", true
	}
	return "", false
}

// TestSimulatorVerdicts compares evaluator and boxes with the recorded verdicts of iam-simulate.
func TestSimulatorVerdicts(t *testing.T) {
	all := simulatorLines(*lines)
	var b bytes.Buffer
	for _, l := range all {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	if *exportLines != "" {
		if err := os.WriteFile(*exportLines, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	header, letters, _ := strings.Cut(string(data), "\n")
	letters = strings.ReplaceAll(letters, "\n", "")
	if sum := fmt.Sprintf("%x", sha256.Sum256(b.Bytes())); !strings.Contains(header, sum) || len(letters) != len(all) {
		t.Fatalf("the recorded verdicts are of other lines: run testdata/decisions/iam-simulate.sh (%s, want %s)", header, sum)
	}
	reasons := map[string]int{}
	agreed, doubtful, unexplained := 0, 0, 0
	for i, l := range all {
		p := policyOf(l.statements)
		got := eval.KeyPolicy(p, l.request)
		ours, sure := letter(got)
		e := authz.New(p)
		if boxes, ok := boxLetter(e, l.request); ok && sure && boxes != ours {
			t.Errorf("the boxes say %c, the evaluator %c: %+v%s", boxes, ours, l.request, showAll(l.statements))
		}
		if !sure {
			doubtful++
		}
		if sure && ours == letters[i] {
			agreed++
			continue
		}
		if !sure {
			continue
		}
		if why := exception(p, l, ours, letters[i]); why != "" {
			reasons[why]++
			continue
		}
		if unexplained++; unexplained < 12 {
			t.Errorf("line %d: we say %c, the simulator %c: %s %s %v%s", i, ours, letters[i], l.request.Principal, l.request.Action, l.request.Context, showAll(l.statements))
		}
	}
	t.Logf("%d lines: %d agree, %d in doubt, %d unexplained differences", len(all), agreed, doubtful, unexplained)
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%6d explained: %s", reasons[why], why)
	}
}

// letter is what the evaluator says, in the simulator's words.
func letter(r eval.Result) (byte, bool) {
	switch {
	case r.Denied == eval.Yes:
		return 'D', true
	case r.Denied == eval.Maybe:
		return 'D', false
	case r.Direct == eval.Yes:
		return 'A', true
	case r.Direct == eval.Maybe:
		return 'A', false
	case r.Delegated == eval.Yes:
		return 'L', true
	case r.Delegated == eval.Maybe:
		return 'L', false
	}
	return 'N', true
}

func boxLetter(e *authz.Engine, r policy.Request) (byte, bool) {
	for _, part := range []struct {
		letter byte
		set    authz.Set
	}{{'D', e.Denied(0, -1)}, {'A', e.Direct(0)}, {'L', e.Delegated(0)}} {
		switch e.At(part.set, r) {
		case authz.True:
			return part.letter, true
		case authz.Doubt:
			return part.letter, false
		}
	}
	return 'N', true
}

// exception names the known behaviour of the simulator that explains a difference, or "" (decision-procedure.md §8.2,
// and testdata/decisions/README.md).
func exception(p *policy.Policy, l aLine, ours, theirs byte) string {
	action, _ := kms.Lookup(l.request.Action)
	_, account, _, _ := policy.ParsePrincipal(l.request.Principal)
	foreign := account != "" && account != own
	switch {
	case action.IAMOnly:
		return "an action that takes no key: key policies are not asked about it"
	case ours == 'N' && (theirs == 'A' || theirs == 'L') && (!action.Effective || foreign && !action.CrossAccount):
		return "an action that a key policy cannot give, or not across accounts"
	case strings.HasSuffix(l.request.Principal, ":root") && ours == 'A' && theirs == 'L':
		return "the root user, whom the simulator lets in by its account only"
	case otherPath(p, l.request):
		return "a role with a path, whose sessions the simulator knows by the role's name alone"
	case anyCondition(p, func(c policy.Condition) bool {
		return strings.HasPrefix(string(c.Operator.Base), "Date") && (strings.EqualFold(c.Key, "aws:EpochTime") || slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return strings.Trim(v.Text, "0123456789") == "" }))
	}):
		return "seconds against a date"
	case anyCondition(p, func(c policy.Condition) bool {
		return c.Operator.Base == policy.NullTest && c.Operator.Quantifier != policy.NoQuantifier
	}):
		return "a set operator before Null"
	case anyCondition(p, func(c policy.Condition) bool { return c.Empty }):
		return "an empty list of values"
	case anyCondition(p, func(c policy.Condition) bool {
		return strings.HasPrefix(string(c.Operator.Base), "Arn") && slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return strings.Contains(v.Text, "${") })
	}):
		return "a variable in an ARN, at whose colon the simulator splits"
	case addresses(p, func(operand string) bool { return strings.HasSuffix(operand, "/0") }):
		return "the range /0, in which the simulator finds no address"
	case addresses(p, func(string) bool { return strings.Contains(strings.Join(l.request.Context["aws:SourceIp"], ""), ":") }):
		return "an IPv6 address"
	case anyCondition(p, func(c policy.Condition) bool {
		return strings.HasPrefix(string(c.Operator.Base), "Numeric") && slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return strings.Trim(v.Text, "0123456789.") != "" })
	}):
		return "text after a number, which the simulator cuts off"
	}
	return ""
}

// addresses tells whether an address operator of the policy has such an operand.
func addresses(p *policy.Policy, is func(operand string) bool) bool {
	return anyCondition(p, func(c policy.Condition) bool {
		return c.Operator.Base.Positive() == policy.IPAddress && slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return is(v.Text) })
	})
}

// otherPath tells whether the policy names another role than the caller's of the same name.
func otherPath(p *policy.Policy, r policy.Request) bool {
	role := r.Context["aws:PrincipalArn"]
	return len(role) == 1 && slices.ContainsFunc(p.Statements, func(s *policy.Statement) bool {
		return slices.ContainsFunc(s.Principals, func(q policy.Principal) bool {
			return q.Kind == policy.Role && q.Text != role[0] && policy.BaseName(q.Name) == policy.BaseName(role[0])
		})
	})
}

func anyCondition(p *policy.Policy, is func(policy.Condition) bool) bool {
	return slices.ContainsFunc(p.Statements, func(s *policy.Statement) bool { return slices.ContainsFunc(s.Conditions, is) })
}
