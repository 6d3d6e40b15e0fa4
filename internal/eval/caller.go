package eval

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// callerKind tells what makes the request (columns of semantics.md §5.2).
type callerKind uint8

const (
	nobody    callerKind = iota // nothing that can call KMS
	rootUser                    // arn:P:iam::A:root
	user                        // arn:P:iam::A:user/path/N
	session                     // arn:P:sts::A:assumed-role/R/S
	role                        // arn:P:iam::A:role/path/R: a session whose name is not told
	federated                   // arn:P:sts::A:federated-user/F
	service                     // logs.eu-west-1.amazonaws.com
	opaque                      // an identity whose whole ARN is a symbol of the template
)

// caller is a Request.Principal taken apart. Principals of a policy are read by the same function.
type caller struct {
	kind      callerKind
	arn       string // the text
	partition string
	account   string
	name      string // of users and roles without the path
	role      string // ARN of the role, of sessions and roles
}

func parseCaller(text string) caller {
	c := caller{arn: text}
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		switch {
		case isServiceName(text):
			c.kind = service
		case policy.HasSymbol(text):
			c.kind = opaque
		}
		return c
	}
	if parts[1] == "" || parts[3] != "" || parts[4] == "" {
		return c
	}
	c.partition, c.account = parts[1], parts[4]
	head, tail, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "iam" && parts[5] == "root":
		c.kind = rootUser
	case parts[2] == "iam" && (head == "user" || head == "role"):
		if c.name = tail[strings.LastIndexByte(tail, '/')+1:]; c.name == "" {
			return c
		}
		c.kind = user
		if head == "role" {
			c.kind, c.role = role, text
		}
	case parts[2] == "sts" && head == "assumed-role":
		roleName, sessionName, ok := strings.Cut(tail, "/")
		if !ok || roleName == "" || sessionName == "" || strings.Contains(sessionName, "/") {
			return c
		}
		c.kind, c.name = session, roleName
		c.role = "arn:" + c.partition + ":iam::" + c.account + ":role/" + roleName
	case parts[2] == "sts" && head == "federated-user" && tail != "":
		c.kind, c.name = federated, tail
	}
	return c
}

// isServiceName tells whether the text has the form of a service principal: words with dots between them.
func isServiceName(text string) bool {
	return strings.Contains(text, ".") && !strings.ContainsAny(text, ":/ \t\n*")
}

// sameAccount compares account and partition: account ids do not tell the partition (semantics.md §1.3).
func (c caller) sameAccount(d caller) bool {
	return c.account != "" && c.account == d.account && c.partition == d.partition
}

// keyARN is the ARN of a key taken apart (semantics.md §1.5).
type keyARN struct{ partition, region, account, id string }

func parseKeyARN(text string) (keyARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "kms" {
		return keyARN{}, false
	}
	id, ok := strings.CutPrefix(parts[5], "key/")
	k := keyARN{parts[1], parts[3], parts[4], id}
	return k, ok && id != "" && k.partition != "" && k.region != "" && k.account != ""
}
