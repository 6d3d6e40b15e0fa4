package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
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
	var q question
	var identity, context []string
	var policyFile, format string
	batch := false
	c := &cobra.Command{
		Use:   "simulate",
		Short: "decide one request against a key policy and IAM policies",
		Long:  simulateHelp(),
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if batch {
				return simulateBatch(s)
			}
			if policyFile == "" || q.Request.Principal == "" || q.Request.Action == "" {
				return errors.New("simulate needs --policy, --principal and --action, or --batch")
			}
			var err error
			if q.Policy, err = os.ReadFile(policyFile); err != nil {
				return err
			}
			for _, name := range identity {
				data, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				q.Identity = append(q.Identity, data)
			}
			q.Request.Context = map[string]values{}
			for _, pair := range context {
				key, value, ok := strings.Cut(pair, "=")
				if !ok {
					return fmt.Errorf("--context %q has no =; write KEY=VALUE", pair)
				}
				q.Request.Context[key] = append(q.Request.Context[key], value)
			}
			d, err := q.decide(policyFile)
			if err != nil {
				return err
			}
			if format == "json" {
				return encode(s.Out, answer{Decision: d.Decision, Reason: d.Reason, KeyPolicy: d.KeyPolicy, Statements: d.Statements})
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
	f.StringVar(&q.Account, "account", "", "`id` of the account that owns the key")
	f.StringVar(&q.Key, "key", "", "`ARN` of the key, where Resource elements name it")
	f.StringVar(&q.Request.Principal, "principal", "", "`ARN` of the caller, or the name of a service")
	f.StringVar(&q.Request.Action, "action", "", "`action`, such as kms:Decrypt")
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

// question is one line of a batch.
type question struct {
	ID       json.RawMessage   `json:"id"`
	Policy   json.RawMessage   `json:"policy"`
	Identity []json.RawMessage `json:"identity"`
	Account  string            `json:"account"`
	Key      string            `json:"key"`
	Request  struct {
		Principal string            `json:"principal"`
		Action    string            `json:"action"`
		Context   map[string]values `json:"context"`
	} `json:"request"`
}

// values is a list of strings; a string alone is a list of one.
type values []string

// UnmarshalJSON reads either form.
func (v *values) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*v = values{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("a context value is neither a string nor a list of strings")
	}
	*v = many
	return nil
}

// answer is one line of the output.
type answer struct {
	ID         json.RawMessage `json:"id"`
	Decision   string          `json:"decision"`
	Reason     string          `json:"reason"`
	KeyPolicy  string          `json:"key_policy"`
	Statements []int           `json:"statements"`
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
		if text := bytes.TrimSpace(line); len(text) > 0 || errors.Is(err, errLong) {
			if e := answerLine(out, text, n, err); e != nil {
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
	var q question
	if errors.Is(err, errLong) {
		return encode(w, failed{Error: fmt.Sprintf("line %d: %v", n, err)})
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return encode(w, failed{ID: idOf(line), Error: fmt.Sprintf("line %d: %v", n, err)})
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return encode(w, failed{ID: q.ID, Error: fmt.Sprintf("line %d: more than one value on the line", n)})
	}
	got, err := q.decide(fmt.Sprintf("line %d", n))
	if err != nil {
		return encode(w, failed{ID: q.ID, Error: err.Error()})
	}
	return encode(w, answer{q.ID, got.Decision, got.Reason, got.KeyPolicy, got.Statements})
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
func (q question) decide(name string) (eval.Decision, error) {
	if q.Account != "" && !policy.IsAccount(q.Account) {
		return eval.Decision{}, fmt.Errorf("%s: account %q is no account id; write twelve digits", name, q.Account)
	}
	key, err := readPolicy(name+": policy", q.Policy, q.Account)
	if err != nil {
		return eval.Decision{}, err
	}
	if key.Own == "" {
		return eval.Decision{}, fmt.Errorf("%s: the account that owns the key is not given; write account", name)
	}
	var identity []*policy.Policy
	for i, raw := range q.Identity {
		p, err := readPolicy(fmt.Sprintf("%s: identity %d", name, i), raw, q.Account)
		if err != nil {
			return eval.Decision{}, err
		}
		identity = append(identity, p)
	}
	r := policy.Request{Principal: q.Request.Principal, Action: q.Request.Action, Resource: q.Key, Context: map[string][]string{}}
	for k, v := range q.Request.Context {
		r.Context[policy.CleanText(k)] = v
	}
	if r, err = eval.Complete(key, r); err != nil {
		return eval.Decision{}, fmt.Errorf("%s: %w", name, err)
	}
	return eval.Decide(key, identity, r), nil
}

// readPolicy reads one policy; one that is no policy at all is an error with its position.
func readPolicy(name string, raw []byte, own string) (*policy.Policy, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, fmt.Errorf("%s is missing", name)
	}
	f, err := syntax.ParseJSON(name, raw)
	if err != nil {
		return nil, err
	}
	p := policy.Read(policy.FromSyntax(f.Root()), policy.Options{Own: own})
	if own == "" {
		if all := p.Accounts(); len(all) == 1 {
			p.SetOwn(all[0])
		}
	}
	for _, problem := range p.Problems {
		if problem.Kind == "no-policy" || problem.Kind == "no-statement" {
			return nil, &syntax.Error{File: name, Position: f.Position(problem.Node.Span.Start), Message: problem.Message}
		}
	}
	return p, nil
}
