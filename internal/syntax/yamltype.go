package syntax

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// plainType returns the type that a plain scalar has by YAML 1.1 as CloudFormation reads it. Dates are strings to it.
func plainType(text string) Type {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE",
		"yes", "Yes", "YES", "no", "No", "NO",
		"on", "On", "ON", "off", "Off", "OFF":
		return Bool
	}
	if isInteger(text) || isFloat(text) {
		return Number
	}
	return String
}

// isInteger tells whether the text is an integer: decimal, 0b…, 0x…, octal with a leading 0, base 60 with colons; "_" may
// stand between digits. A leading 0 before 8 or 9 makes no octal, yet CloudFormation reads a number.
func isInteger(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 || digits == "" {
		return false
	}
	switch {
	case strings.HasPrefix(digits, "0b"):
		return consistsOf(digits[2:], "01_")
	case strings.HasPrefix(digits, "0x"):
		return consistsOf(digits[2:], "0123456789abcdefABCDEF_")
	case digits[0] == '_':
		return false
	}
	head, tail, sexagesimal := strings.Cut(digits, ":")
	if !consistsOf(head, "0123456789_") {
		return false
	}
	return !sexagesimal || head[0] != '0' && isBase60(tail)
}

// isBase60 tells whether the text is minutes and seconds: "30", "20:30".
func isBase60(text string) bool {
	for _, part := range strings.Split(text, ":") {
		if !consistsOf(part, "0123456789") || len(part) > 2 || len(part) == 2 && part[0] > '5' {
			return false
		}
	}
	return true
}

func isFloat(text string) bool {
	number := strings.TrimLeft(text, "+-")
	if len(text)-len(number) > 1 || number == "" {
		return false
	}
	switch number {
	case ".inf", ".Inf", ".INF":
		return true
	case ".nan", ".NaN", ".NAN":
		return number == text
	}
	if head, tail, ok := strings.Cut(number, ":"); ok {
		whole, fraction, dot := strings.Cut(tail, ".")
		return dot && consistsOf(head, "0123456789_") && isBase60(whole) && (fraction == "" || consistsOf(fraction, "0123456789_"))
	}
	mantissa, exponent := number, ""
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa, exponent = number[:i], number[i+1:]
		digits := exponent
		if digits != "" && (digits[0] == '+' || digits[0] == '-') {
			digits = digits[1:]
		}
		if !consistsOf(digits, "0123456789") {
			return false
		}
	}
	whole, fraction, dot := strings.Cut(mantissa, ".")
	if !dot && exponent == "" {
		return false
	}
	if whole == "" {
		return consistsOf(fraction, "0123456789_") && fraction[0] != '_'
	}
	return whole[0] != '_' && consistsOf(whole, "0123456789_") && (fraction == "" || consistsOf(fraction, "0123456789_"))
}

// consistsOf tells whether the text has at least one byte and only such as are in set.
func consistsOf(text, set string) bool {
	return text != "" && strings.Trim(text, set) == ""
}

// CanonicalNumber returns what CloudFormation makes of a plain YAML number, and whether that differs from what is written:
// 012345670123 is octal and becomes 1402433619; 012345678901 is no octal and becomes 1.2345678901E10. These two are
// documented by users of CloudFormation; the other forms (0x, 0b, base 60, "_", fractions) follow YAML 1.1 and the way Java
// prints a double. For what is not a Number it returns Value and false.
func (n *Node) CanonicalNumber() (string, bool) {
	if n == nil || n.Kind != Scalar || n.Type != Number || n.Style != Plain {
		if n == nil {
			return "", false
		}
		return n.Value, false
	}
	text := strings.ReplaceAll(n.Value, "_", "")
	sign, digits := "", strings.TrimPrefix(text, "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	canonical := n.Value
	if isInteger(n.Value) {
		canonical = sign + integerText(digits)
	} else if f, ok := floatValue(digits); ok {
		canonical = sign + doubleText(f)
	}
	return canonical, canonical != n.Value
}

// integerText returns the decimal form of an unsigned integer as YAML 1.1 writes it.
func integerText(digits string) string {
	base := 10
	switch {
	case strings.Contains(digits, ":"):
		sum := new(big.Int)
		for _, part := range strings.Split(digits, ":") {
			v, _ := new(big.Int).SetString(part, 10)
			if v == nil {
				return digits
			}
			sum.Add(sum.Mul(sum, big.NewInt(60)), v)
		}
		return sum.String()
	case strings.HasPrefix(digits, "0b"):
		base, digits = 2, digits[2:]
	case strings.HasPrefix(digits, "0x"):
		base, digits = 16, digits[2:]
	case len(digits) > 1 && digits[0] == '0' && consistsOf(digits, "01234567"):
		base = 8
	case len(digits) > 1 && digits[0] == '0':
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return digits
		}
		return doubleText(f)
	default:
		return digits // nothing changes, however long it is
	}
	v, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return digits
	}
	return v.String()
}

func floatValue(digits string) (float64, bool) {
	if strings.HasPrefix(digits, ".") && len(digits) > 1 && strings.IndexByte("iInN", digits[1]) >= 0 {
		return 0, false
	}
	var sum float64
	for _, part := range strings.Split(digits, ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, false
		}
		sum = sum*60 + v
	}
	return sum, true
}

// doubleText prints a number that is not negative as Java's Double.toString does: 1.2345678901E10, 0.5, 100.0.
func doubleText(f float64) string {
	if math.IsInf(f, 0) {
		return "Infinity"
	}
	if f == 0 || f >= 1e-3 && f < 1e7 {
		text := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	power, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(power)
}
