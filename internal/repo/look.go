package repo

import "bytes"

// Look tells whether a file may hold a key, its policy or an IAM policy: its text has kms, AWS::IAM:: or
// AWS::Serverless in any case. Letters and colons that are written as escapes (\u006b, \x6b, a line that is
// continued with a backslash) could spell any of them, so a file that has one is a candidate too.
//
// It is the only code that touches every byte of a tree. It leaps from one rare byte to the next instead of matching
// at each.
func Look(data []byte) bool {
	return hasKMS(data) || hasType(data) || hasHiddenLetter(data)
}

// Counts tells whether a candidate that cannot be read makes exit status 3 (DESIGN section 4): its text has AWS::KMS::
// or an action of KMS. "kms: value" of some other YAML file and the service of an ARN are no actions.
func Counts(data []byte) bool {
	return eachKMS(data, func(i int) bool {
		if i >= 5 && equalFold(data[i-5:i], "aws::") && hasPrefixFold(data[i+3:], "::") {
			return true
		}
		if i > 0 && (isLetter(data[i-1]) || data[i-1] == ':' || data[i-1] == '-' || data[i-1] == '_') {
			return false
		}
		rest := data[i+3:]
		return len(rest) > 1 && rest[0] == ':' && (isLetter(rest[1]) || rest[1] == '*' || rest[1] == '?')
	})
}

func hasKMS(data []byte) bool { return eachKMS(data, func(int) bool { return true }) }

// eachKMS calls found with the place of each kms until it returns true, and tells whether it did.
func eachKMS(data []byte, found func(int) bool) bool {
	for _, k := range []byte("kK") {
		for from := 0; ; {
			i := bytes.IndexByte(data[from:], k)
			if i < 0 || from+i+3 > len(data) {
				break
			}
			i += from
			from = i + 1
			if data[i+1]|0x20 == 'm' && data[i+2]|0x20 == 's' && found(i) {
				return true
			}
		}
	}
	return false
}

var colons = []byte("::")

// hasType finds AWS::IAM:: and AWS::Serverless by their first "::".
func hasType(data []byte) bool {
	for from := 0; ; {
		i := bytes.Index(data[from:], colons)
		if i < 0 {
			return false
		}
		i += from
		from = i + 1
		if i < 3 || !equalFold(data[i-3:i], "aws") {
			continue
		}
		rest := data[i+2:]
		if hasPrefixFold(rest, "iam::") || hasPrefixFold(rest, "serverless") {
			return true
		}
	}
}

// hasHiddenLetter finds an ASCII letter or colon that is written as an escape, and a word that a backslash at the end
// of a line continues on the next.
func hasHiddenLetter(data []byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(data[from:], '\\')
		if i < 0 || from+i+1 >= len(data) {
			return false
		}
		i += from
		from = i + 2 // a second backslash is the escaped one
		switch c := data[i+1]; c {
		case 'x':
			if hidesLetter(data[i+2:], 2) {
				return true
			}
		case 'u':
			if hidesLetter(data[i+2:], 4) {
				return true
			}
		case 'U':
			if hidesLetter(data[i+2:], 8) {
				return true
			}
		case '\n', '\r':
			rest := bytes.TrimLeft(data[i+1:], "\r\n \t")
			if i > 0 && isWord(data[i-1]) && len(rest) > 0 && (isWord(rest[0]) || rest[0] == '\\') {
				return true
			}
		}
	}
}

// hidesLetter tells whether the first n bytes are the hexadecimal number of an ASCII letter or a colon.
func hidesLetter(data []byte, n int) bool {
	if len(data) < n {
		return false
	}
	v := 0
	for _, c := range data[:n] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return false
		}
		if v = v<<4 | int(c); v > 0x7f {
			return false
		}
	}
	return isWord(byte(v))
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isWord(c byte) bool { return isLetter(c) || c == ':' }

// equalFold compares with a lower-case word of ASCII letters and colons.
func equalFold(data []byte, word string) bool {
	if len(data) != len(word) {
		return false
	}
	for i, c := range data {
		if c != word[i] && (!isLetter(c) || c|0x20 != word[i]) {
			return false
		}
	}
	return true
}

func hasPrefixFold(data []byte, word string) bool {
	return len(data) >= len(word) && equalFold(data[:len(word)], word)
}
