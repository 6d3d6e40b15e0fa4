package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxLine is the length of one line of a batch, in bytes: a key policy of 32 KB and some IAM policies fit many times.
const maxLine = 4 << 20

func simulateCommand(s Streams) *cobra.Command {
	q := question{context: map[string][]string{}}
	var identity, context []string
	var policyFile, format string
	batch := false
	c := &cobra.Command{
		Use:   "simulate",
		Short: "decide one request against a key policy and IAM policies",
		Long:  simulateHelp(),
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case format != "text" && format != "json":
				return fmt.Errorf("--format %q is not known; write text or json", format)
			case batch:
				return simulateBatch(s)
			case policyFile == "" || q.principal == "" || q.action == "":
				return errors.New("simulate needs --policy, --principal and --action, or --batch")
			}
			var err error
			if q.policy, err = openDocument(policyFile); err != nil {
				return err
			}
			for _, name := range identity {
				d, err := openDocument(name)
				if err != nil {
					return err
				}
				q.identity = append(q.identity, d)
			}
			for _, pair := range context {
				key, value, ok := strings.Cut(pair, "=")
				if !ok {
					return fmt.Errorf("--context %q has no =; write KEY=VALUE", pair)
				}
				q.context[key] = append(q.context[key], value)
			}
			d, err := q.decide()
			if err != nil {
				return err
			}
			if format == "json" {
				return encode(s.Out, verdictOf(d))
			}
			fmt.Fprintf(s.Out, "%s: %s\n", d.Decision, reasons[d.Reason])
			for _, why := range d.Because {
				fmt.Fprintf(s.Out, "  undecided: %s\n", report.Plain(why))
			}
			if len(d.Statements) > 0 {
				fmt.Fprintf(s.Out, "  key-policy statements: %s\n", strings.Trim(fmt.Sprint(d.Statements), "[]"))
			}
			return nil
		},
	}
	f := c.Flags()
	f.BoolVar(&batch, "batch", false, "read JSON Lines from standard input and answer each by a line")
	f.StringVar(&policyFile, "policy", "", "`file` with the key policy, as JSON")
	f.StringArrayVar(&identity, "identity", nil, "`file` with an IAM policy of the caller, as JSON; may be repeated")
	f.StringVar(&q.account, "account", "", "`id` of the account that owns the key")
	f.StringVar(&q.key, "key", "", "`ARN` of the key, where Resource elements name it")
	f.StringVar(&q.principal, "principal", "", "`ARN` of the caller, or the name of a service")
	f.StringVar(&q.action, "action", "", "`action`, such as kms:Decrypt")
	f.StringArrayVar(&context, "context", nil, "`KEY=VALUE` that the request carries; may be repeated")
	f.StringVar(&format, "format", "text", "output: text, json")
	return c
}

// reasons say a decision's reason in a sentence.
var reasons = map[string]string{
	"explicit-deny":           "a statement denies it",
	"direct":                  "the key policy lets the caller in",
	"delegated":               "the key policy leaves it to IAM, and an IAM policy allows it",
	"identity-policy-missing": "the key policy leaves it to IAM, and no IAM policy allows it",
	"not-delegated":           "an IAM policy allows it, but the key policy does not leave it to IAM",
	"implicit-deny":           "nothing allows it",
}

func simulateHelp() string {
	var b strings.Builder
	b.WriteString("simulate decides one request. A line of --batch is\n" +
		`  {"id": "1", "policy": {…}, "identity": [{…}], "account": "111122223333", "request": {"principal": "…", "action": "kms:Decrypt", "context": {"kms:ViaService": ["…"]}}}` +
		"\nContext keys that follow from the caller, its account and the action are filled in; a value that contradicts them is an error:\n")
	for _, key := range eval.DerivedKeys {
		fmt.Fprintf(&b, "  %s: %s\n", key, eval.DerivedRule(key))
	}
	b.WriteString("Every other key that is not given is absent.")
	return b.String()
}

// verdict is a decision as JSON.
type verdict struct {
	Decision   string `json:"decision"`
	Reason     string `json:"reason"`
	KeyPolicy  string `json:"key_policy"`
	Statements []int  `json:"statements"`
}

func verdictOf(d eval.Decision) verdict {
	return verdict{d.Decision, d.Reason, d.KeyPolicy, d.Statements}
}

// answer is one line of the output.
type answer struct {
	ID json.RawMessage `json:"id"`
	verdict
}

type failed struct {
	ID    json.RawMessage `json:"id"`
	Error string          `json:"error"`
}

// simulateBatch answers line by line; a bad line is answered by its error, and the next is read.
func simulateBatch(s Streams) error {
	in := bufio.NewReaderSize(s.In, 64<<10)
	out := bufio.NewWriter(s.Out)
	defer out.Flush()
	for n := 1; ; n++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return out.Flush()
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLong) {
			return err
		}
		if len(bytes.TrimSpace(line)) > 0 || errors.Is(err, errLong) {
			if e := answerLine(out, line, n, err); e != nil {
				return e
			}
		}
	}
}

var errLong = fmt.Errorf("the line is over %d MiB", maxLine>>20)

// readLine reads one line of any length and keeps no more than the limit of it.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			long = true
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case long:
			return nil, errLong
		default:
			return line, err
		}
	}
}

func answerLine(w io.Writer, line []byte, n int, err error) error {
	if errors.Is(err, errLong) {
		return encode(w, failed{Error: fmt.Sprintf("line %d: %v", n, err)})
	}
	q, err := readQuestion(line)
	if err != nil {
		return encode(w, failed{idOf(line), sayLine(n, err)})
	}
	got, err := q.decide()
	if err != nil {
		return encode(w, failed{q.id, sayLine(n, err)})
	}
	return encode(w, answer{q.id, verdictOf(got)})
}

// sayLine puts the line before what is wrong on it, and the column where one is known.
func sayLine(n int, err error) string {
	var at *syntax.Error
	if errors.As(err, &at) {
		return fmt.Sprintf("line %d, column %d: %s", n, at.Position.Column, at.Message)
	}
	return fmt.Sprintf("line %d: %v", n, err)
}

// idOf finds the id of a line that is otherwise wrong: a member of the object that stands before the fault, or anywhere where the line is JSON after all.
func idOf(line []byte) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil
		}
		if key == "id" {
			return value
		}
	}
	return nil
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// decide reads the policies and evaluates the request.
func (q *question) decide() (eval.Decision, error) {
	if q.account != "" && !policy.IsAccount(q.account) {
		return eval.Decision{}, fmt.Errorf("account %q is no account id; write twelve digits", q.account)
	}
	key, err := readPolicy("the key policy", q.policy, q.account)
	if err != nil {
		return eval.Decision{}, err
	}
	if key.Own == "" {
		return eval.Decision{}, errors.New("the account that owns the key is not given; write account")
	}
	var identity []*policy.Policy
	for i, d := range q.identity {
		p, err := readPolicy(fmt.Sprintf("identity policy %d", i+1), d, q.account)
		if err != nil {
			return eval.Decision{}, err
		}
		identity = append(identity, p)
	}
	r := policy.Request{Principal: q.principal, Action: q.action, Resource: q.key, Context: map[string][]string{}}
	for k, v := range q.context {
		r.Context[policy.CleanText(k)] = v
	}
	if r, err = eval.Complete(key, r); err != nil {
		return eval.Decision{}, err
	}
	return eval.Decide(key, identity, r), nil
}

// readPolicy reads one policy; one that is no policy at all is an error with its position.
func readPolicy(what string, d document, own string) (*policy.Policy, error) {
	if d.node == nil {
		return nil, fmt.Errorf("%s is missing", what)
	}
	p := policy.Read(policy.FromSyntax(d.node), policy.Options{Own: own})
	if own == "" {
		if all := p.Accounts(); len(all) == 1 {
			p.SetOwn(all[0])
		}
	}
	for _, problem := range p.Problems {
		if problem.Kind == "no-policy" || problem.Kind == "no-statement" {
			return nil, d.wrong(problem.Node, "%s: %s", what, problem.Message)
		}
	}
	return p, nil
}
