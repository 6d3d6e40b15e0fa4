package eval

import (
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/kmsguard/kmsguard/internal/policy"
)

const (
	whyNumberForm = "whether a number in this form is read as one is not documented"
	whyYear       = "whether four digits are a year or seconds is not documented"
	whyDateNumber = "in which form a date is compared as a number is not documented"
)

// maxDigits bounds the cost of a comparison; nobody writes longer numbers.
const maxDigits = 100

// matchNumber is the Numeric operators (semantics.md §4.2): integers and decimals.
func matchNumber(positive policy.Base, value, operand string) (v verdict, ok bool) {
	w, good := parseNumber(operand)
	u, also := parseNumber(value)
	switch {
	case oddNumber(operand) || oddNumber(value):
		return maybe(whyNumberForm), true
	case good && !also && len(parseDate(value)) > 0:
		return maybe(whyDateNumber), true // kms:ValidTo and aws:EpochTime take Numeric operators (§4.2 notes 4 and 5)
	case !good || !also:
		return no, false
	}
	return sure(ordered(positive, u.Cmp(w))), true
}

// matchDate is the Date operators (semantics.md §4.2): ISO 8601 or epoch seconds, on both sides.
func matchDate(positive policy.Base, value, operand string) (v verdict, ok bool) {
	us, ws := parseDate(value), parseDate(operand)
	if len(us) == 0 || len(ws) == 0 {
		return no, false
	}
	v = sure(ordered(positive, us[0].Cmp(ws[0])))
	for _, u := range us {
		for _, w := range ws {
			v = v.orElse(sure(ordered(positive, u.Cmp(w))), whyYear)
		}
	}
	return v, true
}

// ordered tells whether a request's value that compares so with the policy's satisfies the operator.
func ordered(positive policy.Base, cmp int) bool {
	switch positive {
	case policy.NumericLessThan, policy.DateLessThan:
		return cmp < 0
	case policy.NumericLessThanEquals, policy.DateLessThanEquals:
		return cmp <= 0
	case policy.NumericGreaterThan, policy.DateGreaterThan:
		return cmp > 0
	case policy.NumericGreaterThanEquals, policy.DateGreaterThanEquals:
		return cmp >= 0
	}
	return cmp == 0
}

func parseNumber(text string) (*big.Rat, bool) {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(text) > maxDigits || !digits(whole) || point && !digits(fraction) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// oddNumber tells whether the text is a number to some systems and not to others: with a plus sign, an exponent, spaces, or over-long.
func oddNumber(text string) bool {
	_, ok := parseNumber(text)
	return !ok && oddForm.MatchString(text)
}

var oddForm = regexp.MustCompile(`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$`)

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Layouts of ISO 8601 that are read; a fraction of a second may follow in all that have seconds. Times without a zone are UTC, and days without a time begin at midnight.
var layouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02", "2006-01",
}

// parseDate returns the moments, in seconds from 1970, that the text can mean: none, one, or two where it is four digits.
func parseDate(text string) []*big.Rat {
	var moments []*big.Rat
	if n, ok := parseNumber(text); ok {
		moments = append(moments, n)
		if t, err := time.Parse("2006", text); err == nil {
			moments = append(moments, seconds(t))
		}
		return moments
	}
	for _, layout := range layouts {
		// time.Parse takes hours of one digit; ISO 8601 does not.
		if t, err := time.Parse(layout, text); err == nil && (len(text) < 14 || text[13] == ':') {
			return append(moments, seconds(t))
		}
	}
	return moments
}

func seconds(t time.Time) *big.Rat {
	s := new(big.Rat).SetInt64(t.Unix())
	return s.Add(s, big.NewRat(int64(t.Nanosecond()), int64(time.Second)))
}
