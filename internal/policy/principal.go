package policy

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// uniqueID is the residue of a deleted user, role, key and their like (semantics.md §1.3).
var uniqueID = regexp.MustCompile(`^A(IDA|ROA|KIA|SIA|GPA|IPA|NPA|NVA|PKA|BIA|CCA)[A-Z0-9]{12,}$`)

// IsAccount tells whether the text is an account id: twelve digits, or one symbol.
func IsAccount(text string) bool {
	if loneSymbol(text) {
		return true
	}
	if len(text) != 12 {
		return false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func loneSymbol(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size > 0 && size == len(text) && IsSymbol(r)
}

// awsPrincipal reads one value of {"AWS": …} (semantics.md §1.3).
func (r *reader) awsPrincipal(text string, node *syntax.Node) Principal {
	p := Principal{Kind: InvalidARN, Text: text, Node: node}
	switch {
	case text == "*":
		p.Kind = AWSEveryone
		return p
	case loneSymbol(text) && r.p.Symbols.Show(text) != AccountSymbol:
		// An ARN that a parameter or another resource holds: SetOwn completes it.
		p.Kind, p.Name = Role, text
		return p
	case IsAccount(text):
		p.Kind, p.Account, p.Text = AccountRoot, text, "" // written out once the partition is known
		return p
	case uniqueID.MatchString(text):
		p.Kind = UniqueID
		return p
	}
	kind, account, name, session := ParsePrincipal(text)
	if kind == InvalidARN || strings.ContainsAny(text, "*?") || strings.Contains(text, "${") {
		return p
	}
	p.Kind, p.Account, p.Name, p.Session = kind, account, name, session
	return p
}

// ParsePrincipal takes the ARN of a caller apart: an account's root, a user, role, role session or federated user. The kind is InvalidARN where it is none of these.
func ParsePrincipal(arn string) (kind PrincipalKind, account, name, session string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[3] != "" || !IsAccount(parts[4]) {
		return InvalidARN, "", "", ""
	}
	account = parts[4]
	form, rest, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "iam" && parts[5] == "root":
		return AccountRoot, account, "", ""
	case parts[2] == "iam" && form == "user" && named(rest):
		return User, account, rest, ""
	case parts[2] == "iam" && form == "role" && named(rest):
		return Role, account, rest, ""
	case parts[2] == "sts" && form == "assumed-role":
		role, session, _ := strings.Cut(rest, "/")
		if role != "" && session != "" && !strings.Contains(session, "/") {
			return RoleSession, account, role, session
		}
	case parts[2] == "sts" && form == "federated-user" && named(rest):
		return FederatedUser, account, rest, ""
	}
	return InvalidARN, "", "", ""
}

// named tells whether a path and name end in a name.
func named(rest string) bool { return rest != "" && !strings.HasSuffix(rest, "/") }

// BaseName returns the last part of a path and name: "Admin" of "team/Admin".
func BaseName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
