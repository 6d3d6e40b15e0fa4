package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// operands compiles the values of a condition to the set that its positive operator matches; why says what hides it.
func (e *Engine) operands(p *policy.Policy, c policy.Condition, s situation) (set values, why string) {
	for _, v := range c.Values {
		value := v.Text
		var pieces []glob.Pattern
		if p.Variables() && strings.Contains(value, "${") {
			pieces, value, why = e.variables(c, value, s)
			if why != "" {
				return values{}, why
			}
			if pieces == nil && value == "" && v.Text != "" {
				continue // a variable without value: the operand matches nothing
			}
		}
		a, why := operand(c.Operator.Base.Positive(), value, pieces)
		if why != "" {
			return values{}, why
		}
		set.atoms = append(set.atoms, a)
	}
	return set, ""
}

// operand compiles one value. pieces, where there are any, are the value with its escapes worked out.
func operand(op policy.Base, value string, pieces []glob.Pattern) (atom, string) {
	switch op {
	case policy.StringEquals:
		return atom{glob: glob.Literal(value)}, ""
	case policy.StringEqualsIgnoreCase:
		if strings.ContainsFunc(value, func(r rune) bool { return r > 0x7F && !policy.IsSymbol(r) }) {
			return atom{}, "how letter case folds beyond ASCII (UNVERIFIED)"
		}
		return atom{glob: glob.Literal(value).Fold()}, ""
	case policy.StringLike:
		if pieces != nil {
			return atom{glob: glob.Concat(pieces...)}, ""
		}
		return atom{glob: glob.Wildcard(value)}, ""
	case policy.ArnEquals, policy.ArnLike:
		if pieces != nil {
			return atom{}, "a variable or an escape in an ARN"
		}
		g, ok := glob.ARN(value)
		if !ok {
			return atom{}, "what an ARN operator makes of a value that is no ARN (UNVERIFIED)"
		}
		return atom{glob: g}, ""
	case policy.Bool:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return atom{}, "what Bool makes of a value other than true and false"
		}
		return atom{glob: glob.Literal(value).Fold()}, ""
	case policy.BinaryEquals:
		b, ok := parseBinary(value)
		if !ok {
			return atom{}, "a binary value that is no base64"
		}
		return atom{glob: glob.Literal(b)}, ""
	case policy.IPAddress:
		n, ok := parseNet(value)
		if !ok {
			return atom{}, "a value of an address operator that is no address"
		}
		return atom{kind: address, net: n}, ""
	}
	name := string(op)
	a := atom{kind: number, order: order(name)}
	parse := parseNumber
	if strings.HasPrefix(name, "Date") {
		a.kind, parse = date, parseDate
	}
	n, ok := parse(value)
	if !ok {
		return atom{}, "a value of " + name + " that is no number or date"
	}
	a.number = n
	return a, ""
}

func order(op string) ordering {
	switch {
	case strings.HasSuffix(op, "LessThan"):
		return less
	case strings.HasSuffix(op, "LessThanEquals"):
		return lessOrEqual
	case strings.HasSuffix(op, "GreaterThan"):
		return greater
	case strings.HasSuffix(op, "GreaterThanEquals"):
		return greaterOrEqual
	}
	return equal
}

// variables works ${…} out (semantics.md §4.4): escapes, and variables whose value follows from the case. A variable over any
// other key ties two keys together, which is not decided. For operators with wildcards the result is pieces, else text. An absent variable without default gives no pieces and no text.
func (e *Engine) variables(c policy.Condition, value string, s situation) (pieces []glob.Pattern, plain, why string) {
	if op := c.Operator.Base.Positive(); !strings.HasPrefix(string(op), "String") && !strings.HasPrefix(string(op), "Arn") {
		return nil, "", "a policy variable under " + string(op)
	}
	pieces = []glob.Pattern{}
	var b strings.Builder
	for value != "" {
		before, rest, found := strings.Cut(value, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			pieces = append(pieces, glob.Wildcard(value))
			b.WriteString(value)
			break
		}
		pieces = append(pieces, glob.Wildcard(before))
		b.WriteString(before)
		value = after
		switch name {
		case "*", "?", "$":
			pieces = append(pieces, glob.Literal(name))
			b.WriteString(name)
			continue
		}
		name, fallback, hasDefault := strings.Cut(name, ",")
		known, ok := s.fixed[strings.ToLower(strings.TrimSpace(name))]
		if !ok {
			may, sure := e.carries(strings.ToLower(strings.TrimSpace(name)), s)
			if may != 0 || !sure || strings.EqualFold(name, "aws:username") {
				return nil, "", "the policy variable ${" + name + "}"
			}
			if !hasDefault {
				return nil, "", ""
			}
			known = strings.Trim(strings.TrimSpace(fallback), "'")
		}
		pieces = append(pieces, glob.Literal(known))
		b.WriteString(known)
	}
	return pieces, b.String(), ""
}
