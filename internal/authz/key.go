package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Dimensions that are no condition keys: the name of a calling service, the parameters and conditions of the template
// (environment + name), and facts that nobody knows (doubt + what), which hold or do not.
const (
	serviceKey  = "@service"
	environment = "$"
	doubt       = "?"
)

const (
	arnKey    = "aws:principalarn"
	useridKey = "aws:userid"
)

// keyID numbers the dimensions of the space of requests.
type keyID int32

// key is one dimension: a condition key, in lower case, or one of those above.
type key struct {
	id        keyID
	name      string
	info      kms.Key // zero of what is no condition key that AWS documents
	written   string  // the spelling that the policies use
	domain    values  // all values that it can have
	why       string  // of a doubt: what is not known, for people
	root      *outcome
	mentioned bool
}

// aliases are keys that say the same as another (semantics.md §3.2).
var aliases = map[string]string{
	"kms:customermasterkeyspec":  "kms:keyspec",
	"kms:customermasterkeyusage": "kms:keyusage",
}

// canonical returns the key under which a lower-case name is known.
func canonical(name string) string {
	if other, ok := aliases[name]; ok {
		return other
	}
	return name
}

// key returns the dimension with the name, making it where it is new.
func (ts *tests) key(name string) *key {
	if id, ok := ts.ids[name]; ok {
		return ts.keys[id]
	}
	k := &key{id: keyID(len(ts.keys)), name: name}
	k.info, _ = kms.ConditionKey(name)
	switch {
	case strings.HasPrefix(name, doubt):
		k.domain = oneOf([]string{"true", "false"})
	case name == serviceKey:
		k.domain = anyValue
	default:
		k.domain = domain(name, k.info)
	}
	k.root = &outcome{key: k, absent: true, present: true, assumed: true}
	ts.ids[name] = k.id
	ts.keys = append(ts.keys, k)
	return k
}

// domain returns the values that a condition key can have by its type (semantics.md §3.2, §3.3).
func domain(name string, k kms.Key) values {
	switch {
	case k.Name == "":
		return anyValue
	case countsSeconds(name):
		a, _ := operand(policy.NumericGreaterThanEquals, "0", nil)
		return values{atoms: []atom{a}}
	case name == "kms:viaservice":
		word := glob.WildcardExcept("?*", '.')
		return patterns(glob.Concat(word, glob.Literal("."), word, glob.Literal(".amazonaws.com")))
	case strings.HasSuffix(name, "orgid"):
		return patterns(glob.WildcardExcept("o-*", '/'))
	case strings.HasSuffix(name, "orgpaths"):
		return patterns(glob.Concat(glob.WildcardExcept("o-*", '/'), glob.Wildcard("/r-*")))
	}
	switch k.Type {
	case "Bool":
		return oneOf([]string{"true", "false"})
	case "Numeric":
		a, _ := operand(policy.NumericGreaterThanEquals, "0", nil)
		return values{atoms: []atom{a}}
	case "Date":
		a, _ := operand(policy.DateGreaterThanEquals, "0", nil)
		return values{atoms: []atom{a}}
	case "IPAddress":
		four, _ := operand(policy.IPAddress, "0.0.0.0/0", nil)
		six, _ := operand(policy.IPAddress, "::/0", nil)
		return values{atoms: []atom{four, six}}
	case "ARN":
		p, _ := glob.ARN("arn:?*:?*:*:*:?*")
		return patterns(p)
	}
	return anyValue
}

// countsSeconds tells whether a key of type Date holds seconds since 1970, so that numeric operators work on it (semantics.md §4.2 notes 4 and 5).
func countsSeconds(name string) bool { return name == "aws:epochtime" || name == "kms:validto" }

// whole tells whether the key's values are whole numbers.
func (k *key) whole() bool { return k.info.Type == "Numeric" }

// shown returns the spelling of a condition key for a request; ok is false of inner dimensions.
func (k *key) shown() (string, bool) {
	if k.written != "" {
		return k.written, true
	}
	return k.info.Name, k.info.Name != ""
}

// carriage is which actions' requests can carry a key, which can lack it, and for which nobody says.
type carriage struct {
	may, mayNot, unverified kms.ActionSet
	known                   bool
}

// carriage looks a key's presence up (semantics.md §3.2, §3.3). What nobody says is both; the request that is found
// must do in both ways then, see [Engine.presenceDoubts].
func (s *situation) carriage(k *key) carriage {
	if int(k.id) < len(s.carriages) && s.carriages[k.id].known {
		return s.carriages[k.id]
	}
	c := carriage{known: true}
	switch {
	case k.name != "" && strings.ContainsAny(k.name[:1], serviceKey[:1]+environment+doubt) || k.name == arnKey && s.caller != kms.ServiceCaller:
		c.may = kms.All
	case k.info.Name == "":
		c.mayNot = kms.All // an unknown key is in no request (semantics.md §1.6)
	default:
		for _, a := range actions {
			bit := kms.ActionSet(1) << a.Index
			p := k.info.Presence(s.caller, s.via, a.Index)
			if p != kms.Never {
				c.may |= bit
			}
			if p != kms.Always {
				c.mayNot |= bit
			}
			if p == kms.Unverified {
				c.unverified |= bit
			}
		}
	}
	for len(s.carriages) <= int(k.id) {
		s.carriages = append(s.carriages, carriage{})
	}
	s.carriages[k.id] = c
	return c
}

var actions = kms.Actions()
