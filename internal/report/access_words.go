package report

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// people are the callers that are no services.
var people = append([]kms.Caller{kms.RootUser}, authz.Identities...)

// What is shown of long lists, in text, Markdown and HTML; JSON has all.
const (
	maxShownWho    = 20
	maxShownValues = 6
)

// limits is what no access report sees.
const limits = "IAM policies, SCPs and RCPs are not seen, so this is an upper bound on what the key policy allows. Grants on the key are not seen either; they can let in more."

// accessRow is one row of the table: entries that differ in who alone.
type accessRow struct {
	who []string
	Entry
}

// rowsOf joins the entries that say the same of several principals.
func rowsOf(entries []Entry) []accessRow {
	var rows []accessRow
	at := map[string]int{}
	for _, e := range entries {
		same := e
		same.Who, same.Principal = "", ""
		key := fingerprintOf(same, nil)
		i, ok := at[key]
		if !ok {
			i = len(rows)
			at[key] = i
			rows = append(rows, accessRow{Entry: e})
		}
		if !slices.Contains(rows[i].who, e.Who) {
			rows[i].who = append(rows[i].who, e.Who)
		}
	}
	return rows
}

// fingerprintOf is a text that is equal for equal values.
func fingerprintOf(e Entry, because []string) string {
	b, err := json.Marshal(struct {
		E Entry
		B []string
	}{e, because})
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// whoLines are the principals of a row, a line each.
func (r *accessRow) whoLines() []string { return few(r.who, maxShownWho) }

// few keeps the first n and says how many more there are.
func few(list []string, n int) []string {
	if len(list) <= n+1 {
		return list
	}
	return append(slices.Clone(list[:n]), "and "+strconv.Itoa(len(list)-n)+" more")
}

// joined joins a list with a word or mark, and cuts long ones.
func joined(list []string, with string) string {
	shown := few(list, maxShownValues)
	if len(shown) == len(list) {
		return strings.Join(list, with)
	}
	return strings.Join(shown[:len(shown)-1], with) + " " + shown[len(shown)-1]
}

// bases are sets of actions that have a name, the widest first.
var bases = []struct {
	name string
	set  kms.ActionSet
}{
	{"kms:*", kms.Effective},
	{"kms:* across accounts", kms.Effective & kms.CrossAccount},
	{"all management", kms.Effective & kms.Manage},
}

// maxMissing is how many actions may be missing from a set that is named all the same.
const maxMissing = 6

// actionsText names a set of actions as shortly as possible, without wildcards of its own.
func actionsText(names []string) string {
	set := kms.Set(names...)
	best := bare(set)
	for _, b := range bases {
		missing := b.set &^ set
		if missing.Len() > maxMissing || missing.Len()*2 > b.set.Len() {
			continue
		}
		said := b.name
		if more := set &^ b.set; more != 0 {
			said += " and " + bare(more)
		}
		if missing != 0 {
			said += " but not " + bare(missing)
		}
		if len(said) < len(best) || missing == 0 {
			return said
		}
	}
	return best
}

// bare lists actions without the prefix that all have.
func bare(set kms.ActionSet) string {
	return strings.ReplaceAll(strings.Join(set.Names(), ", "), "kms:", "")
}

// classWords are the classes of actions that weigh more than others, with what they mean.
var classWords = []struct {
	name, meaning string
	set           kms.ActionSet
}{
	{"plaintext", "gets at data, or signs in the key's name", kms.Plaintext},
	{"takeover", "can let itself or others do more", kms.Takeover},
	{"destroy", "can make the key, and what it encrypts, unusable", kms.Destroy},
}

func classesOf(names []string) []string {
	set := kms.Set(names...)
	var words []string
	for _, c := range classWords {
		if set&c.set != 0 {
			words = append(words, c.name)
		}
	}
	return words
}

// boundLines are the conditions of a row, a line each: what must hold, what is kept out, and in which environments.
func boundLines(e Entry) []string {
	lines := e.Conditions.lines()
	for _, x := range e.Except {
		lines = append(lines, x.text())
	}
	if s := whenText(e.When); s != "" {
		lines = append(lines, s)
	}
	return lines
}

func whenText(when map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(when)) {
		parts = append(parts, k+" = "+when[k])
	}
	if len(parts) == 0 {
		return ""
	}
	return "when " + strings.Join(parts, ", ")
}

func (c Conditions) lines() []string {
	var lines []string
	for _, operator := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			lines = append(lines, conditionText(operator, key, c[operator][key]))
		}
	}
	return lines
}

func (x Except) text() string {
	var parts []string
	if len(x.Principals) > 0 {
		parts = append(parts, joined(x.Principals, ", "))
	}
	if len(x.NotPrincipals) > 0 {
		parts = append(parts, "all but "+joined(x.NotPrincipals, ", "))
	}
	if lines := x.Conditions.lines(); len(lines) > 0 {
		parts = append(parts, "when "+strings.Join(lines, " and "))
	}
	if len(parts) == 0 {
		parts = []string{"what it denies"}
	}
	return "except " + strings.Join(parts, " ") + " (statement " + strconv.Itoa(x.Statement) + ")"
}

// relations are the operators as a person reads them; of negated ones, what they negate.
var relations = map[policy.Base]string{
	policy.StringEquals: "=", policy.StringEqualsIgnoreCase: "=", policy.NumericEquals: "=", policy.DateEquals: "=", policy.Bool: "=", policy.BinaryEquals: "=",
	policy.StringLike: "like", policy.ArnLike: "like", policy.ArnEquals: "like", policy.IPAddress: "in",
	policy.NumericLessThan: "<", policy.NumericLessThanEquals: "≤", policy.NumericGreaterThan: ">", policy.NumericGreaterThanEquals: "≥",
	policy.DateLessThan: "<", policy.DateLessThanEquals: "≤", policy.DateGreaterThan: ">", policy.DateGreaterThanEquals: "≥",
}

// comparison is a relation with its values: "= a or b", "≠ a", "none of a, b".
func comparison(op policy.Operator, values []string) string {
	relation := relations[op.Base.Positive()]
	if relation == "like" && !strings.ContainsAny(strings.Join(values, ""), "*?") {
		relation = "="
	}
	switch {
	case len(values) == 0:
		return relation + " nothing"
	case !op.Base.Negated():
		return relation + " " + joined(values, " or ")
	case relation == "=" && len(values) == 1:
		return "≠ " + values[0]
	case relation == "=":
		return "none of " + joined(values, ", ")
	case len(values) == 1:
		return "not " + relation + " " + values[0]
	}
	return relation + " none of " + joined(values, ", ")
}

// conditionText puts one condition in words. It says where the condition holds of requests that lack the key, since that
// is where conditions mislead (semantics.md §4.2).
func conditionText(operator, key string, values []string) string {
	op := policy.ParseOperator(operator)
	switch {
	case op.Base == policy.NullTest && len(values) == 1 && strings.EqualFold(values[0], "true"):
		return key + " absent"
	case op.Base == policy.NullTest && len(values) == 1 && strings.EqualFold(values[0], "false"):
		return key + " present"
	case relations[op.Base.Positive()] == "":
		return operator + " " + key + " " + joined(values, ", ")
	}
	switch op.Quantifier {
	case policy.ForAnyValue:
		key = "any of " + key
	case policy.ForAllValues:
		key = "all of " + key
	}
	text := key + " " + comparison(op, values)
	if op.IfExists || op.Quantifier == policy.ForAllValues || op.Base.Negated() && op.Quantifier == policy.NoQuantifier {
		text += " (or absent)"
	}
	return text
}

// legend explains the words that the rows use.
func legend(rows []accessRow) []note {
	var list []note
	used := map[string]bool{}
	for _, r := range rows {
		used[r.Access] = true
		for _, c := range classesOf(r.Actions) {
			used[c] = true
		}
	}
	if used["direct"] {
		list = append(list, note{"direct", "the key policy alone lets the caller in; one of another account also needs an IAM policy there"})
	}
	if used["delegated"] {
		list = append(list, note{"delegated", "IAM policies of that account decide whom to let in"})
	}
	for _, c := range classWords {
		if used[c.name] {
			list = append(list, note{c.name, c.meaning})
		}
	}
	return list
}

// accessHead is the key and what is known of it.
func accessHead(a *Access) string {
	text := plainName(a.Key)
	if a.Account != "" {
		text += ", owned by account " + plainName(a.Account)
	}
	if s := whenText(a.When); s != "" {
		text += ", made " + plainName(s)
	}
	return text
}

// doubtText says what is not known.
func doubtText(d Doubt) string {
	text := "the policy could not be read"
	if e := d.Entry; e != nil {
		text = e.Who + " may have " + e.Access + " access: " + actionsText(e.Actions)
		if lines := boundLines(*e); len(lines) > 0 {
			text += " (" + strings.Join(lines, "; ") + ")"
		}
	}
	text += "; not decided: " + d.Construct
	if d.Line > 0 {
		text += " on line " + strconv.Itoa(d.Line)
	}
	return text
}

func statementsText(list []int) string {
	var parts []string
	for _, i := range list {
		parts = append(parts, strconv.Itoa(i))
	}
	return strings.Join(few(parts, maxShownWho), ", ")
}
