package authz_test

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// compare is one value of a request against all of a condition's.
func (x *encoding) compare(c policy.Condition, v string, info kms.Key, p string) string {
	var all []string
	for _, o := range c.Values {
		all = append(all, x.match(c.Operator.Base.Positive(), v, strings.ReplaceAll(o.Text, "${aws:ResourceAccount}", own), info, p))
	}
	if c.Operator.Base.Negated() {
		return "(not " + or(all) + ")"
	}
	return or(all)
}

func (x *encoding) match(op policy.Base, v, operand string, info kms.Key, p string) string {
	number, address := info.Type == "Numeric", info.Type == "IPAddress"
	if strings.Contains(operand, "${") || number != strings.HasPrefix(string(op), "Numeric") || address != (op == policy.IPAddress) ||
		number && strings.Trim(operand, "0123456789.") != "" {
		x.gaveUp = true
		return "false"
	}
	switch op {
	case policy.StringEquals:
		return "(= " + v + " " + quote(operand) + ")"
	case policy.StringEqualsIgnoreCase, policy.Bool:
		return "(str.in_re " + v + " " + folded(operand) + ")"
	case policy.StringLike:
		return "(str.in_re " + v + " " + expression(operand, "re.allchar") + ")"
	case policy.ArnEquals, policy.ArnLike:
		parts := strings.SplitN(operand, ":", 6)
		if len(parts) < 6 || info.Type != "ARN" {
			x.gaveUp = true
			return "false"
		}
		var all []string
		for _, part := range parts[:5] {
			all = append(all, expression(part, `(re.diff re.allchar (str.to_re ":"))`), `(str.to_re ":")`)
		}
		return "(str.in_re " + v + " (re.++ " + strings.Join(append(all, expression(parts[5], "re.allchar")), " ") + "))"
	case policy.IPAddress:
		return x.address(v, operand, p)
	case policy.NumericEquals, policy.NumericLessThan, policy.NumericLessThanEquals, policy.NumericGreaterThan, policy.NumericGreaterThanEquals:
		sign := map[policy.Base]string{policy.NumericEquals: "=", policy.NumericLessThan: "<", policy.NumericLessThanEquals: "<=", policy.NumericGreaterThan: ">", policy.NumericGreaterThanEquals: ">="}[op]
		if !strings.Contains(operand, ".") {
			operand += ".0"
		}
		return "(" + sign + " (to_real " + v + ") " + operand + ")"
	}
	x.gaveUp = true
	return "false"
}

func (x *encoding) address(v, operand, p string) string {
	net, err := netip.ParsePrefix(operand)
	if err != nil {
		a, err := netip.ParseAddr(operand)
		if err != nil {
			x.gaveUp = true
			return "false"
		}
		net = netip.PrefixFrom(a, a.BitLen())
	}
	first, size := "0", "1"
	number := func(b []byte) string {
		s := "0"
		for _, d := range b {
			s = fmt.Sprintf("(+ (* 256 %s) %d)", s, d)
		}
		return s
	}
	first = number(net.Masked().Addr().AsSlice())
	for range net.Addr().BitLen() - net.Bits() {
		size = "(* 2 " + size + ")"
	}
	six := "|six " + p + "|"
	if net.Addr().Is4() {
		six = "(not " + six + ")"
	}
	return fmt.Sprintf("(and %s (>= %s %s) (< %s (+ %s %s)))", six, v, first, v, first, size)
}

// expression is a pattern of * and ? as a regular expression.
func expression(pattern, one string) string {
	all := []string{`(str.to_re "")`}
	for _, r := range pattern {
		switch r {
		case '*':
			all = append(all, "(re.* "+one+")")
		case '?':
			all = append(all, one)
		default:
			all = append(all, "(str.to_re "+quote(string(r))+")")
		}
	}
	return join("re.++", "", all)
}

func folded(text string) string {
	all := []string{`(str.to_re "")`}
	for _, r := range text {
		s := string(r)
		all = append(all, "(re.union (str.to_re "+quote(strings.ToLower(s))+") (str.to_re "+quote(strings.ToUpper(s))+"))")
	}
	return join("re.++", "", all)
}
