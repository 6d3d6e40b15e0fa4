package glob

import (
	"strings"
	"unicode/utf8"
)

// account is an AWS account of examples, and not the one that AWS's documents use most.
const account = "444455556666"

// filling writes a member from left to right, with strings that read well where it stands: in an ARN, a partition, a
// Region and an account in their places.
type filling struct {
	b      strings.Builder
	base   []token
	arn    bool
	colons int
	last   rune
	// block is the run of single wildcards that a position is in, from first to before.
	first, before int
}

func newFilling(base []token) *filling {
	f := &filling{base: base}
	f.b.Grow(len(base) + 16)
	return f
}

func (f *filling) put(r rune) {
	f.b.WriteRune(r)
	f.last = r
	if r == ':' {
		f.arn = f.arn || f.b.String() == "arn:"
		f.colons++
	}
}

func (f *filling) write(s string) {
	for _, r := range s {
		f.put(r)
	}
}

// word fills a run.
func (f *filling) word() {
	switch {
	case f.arn && f.last == ':' && f.colons == 1:
		f.write("aws")
	case f.arn && f.last == ':' && f.colons == 3:
		f.write("eu-west-1")
	case f.arn && f.last == ':' && f.colons == 4:
		f.write(account)
	case f.arn && f.colons == 4:
		f.write("0")
	default:
		f.write("any")
	}
}

// rune fills the single wildcard at index j of the base: twelve of them are an account.
func (f *filling) rune(j int, t token) {
	if j >= f.before {
		f.first, f.before = j, j
		for f.before < len(f.base) && f.base[f.before].kind == one {
			f.before++
		}
	}
	r := 'a'
	if f.before-f.first == utf8.RuneCountInString(account) {
		r = rune(account[j-f.first])
	}
	if !t.has(r) {
		r = 'x'
	}
	f.put(r)
}
