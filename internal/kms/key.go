package kms

import (
	"slices"
	"strconv"
	"strings"
)

// Key is a condition key. Source: data/condition-keys.json (semantics.md §3.2, §3.3).
type Key struct {
	// Name is in the documented spelling; of prefix keys the part after the prefix is as it was asked for. Names are compared without letter case.
	Name string
	// Type is String, ARN, Bool, Numeric, Date or IPAddress.
	Type string
	// Multi: the key can have several values, so that its condition needs ForAllValues or ForAnyValue.
	Multi bool
	// Actions are those whose requests can carry the key; of keys that do not depend on the action, all.
	Actions ActionSet
	// AllowedInKeyPolicy is false of the keys for which PutKeyPolicy refuses the policy (semantics.md §1.6).
	AllowedInKeyPolicy bool
	// Known are the values that AWS documents, where it documents them all; else empty.
	Known []string
	// Sensitive: AWS says that wildcards in its value have no valid use (semantics.md §3.3).
	Sensitive bool
	// Deprecated: another key says the same and should be used.
	Deprecated bool
	// Global: the key is not KMS's own.
	Global bool
	// Rule says in a sentence when a request carries the key.
	Rule string

	base   string // the name up to and with the prefix's last sign: how the presence table knows the key
	always bool   // carried by every request of its Actions
	// registers is the highest number that completes the name, of PCR keys; else 0.
	registers int
}

// keyTable is data/condition-keys.json.
type keyTable struct {
	Generated     string
	SensitiveKeys []string
	Keys          []struct {
		Key                string
		Type               string
		Multivalued        bool
		Presence           string
		PresenceRule       string
		AllowedInKeyPolicy bool
		Actions            actionList
		KnownValues        []string
		Deprecated         bool
		IndexRange         string
	}
}

// actionList is a list of actions without their prefix, or "*".
type actionList struct{ set ActionSet }

// UnmarshalJSON reads either form.
func (l *actionList) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), "[]")
	if strings.Trim(text, `"`) == "*" {
		l.set = All
		return nil
	}
	for _, name := range strings.Split(text, ",") {
		l.set |= Set("kms:" + strings.Trim(name, "\" \n"))
	}
	return nil
}

var (
	keys     = readKeys()
	keyIndex = indexKeys() // by base in lower case
)

func readKeys() []Key {
	var t keyTable
	mustRead("condition-keys.json", &t)
	var ks []Key
	for _, row := range t.Keys {
		base := row.Key
		if i := strings.IndexAny(base, "$<"); i >= 0 {
			base = base[:i]
		}
		k := Key{
			Name: row.Key, base: base, Type: row.Type, Multi: row.Multivalued, Actions: row.Actions.set,
			AllowedInKeyPolicy: row.AllowedInKeyPolicy, Known: row.KnownValues, Deprecated: row.Deprecated,
			Sensitive: slices.Contains(t.SensitiveKeys, row.Key), Global: !strings.HasPrefix(row.Key, "kms:"),
			Rule: row.PresenceRule, always: row.Presence == "always",
		}
		if only, ok := onlyWith[base]; ok {
			k.Actions = only
		}
		if i := strings.LastIndexByte(row.IndexRange, '-'); i >= 0 {
			k.registers, _ = strconv.Atoi(row.IndexRange[i+1:])
		}
		ks = append(ks, k)
	}
	return ks
}

func indexKeys() map[string]int {
	index := map[string]int{}
	for i, k := range keys {
		index[strings.ToLower(k.base)] = i
	}
	return index
}

// onlyWith corrects the table where a global key comes with some actions only. Tags are passed by operations that tag
// (semantics.md §3.1, extra keys); that ReplicateKey, whose API takes tags, is not among them is not confirmed, see
// doubtful. Tags of the key itself come with every action on a key.
var onlyWith = map[string]ActionSet{
	"aws:RequestTag/":  Set("kms:CreateKey", "kms:TagResource", "kms:ReplicateKey"),
	"aws:TagKeys":      Set("kms:CreateKey", "kms:TagResource", "kms:UntagResource", "kms:ReplicateKey"),
	"aws:ResourceTag/": All&^IAMOnly | Set("kms:CreateKey"),
}

// Keys returns every condition key; of prefix keys the name shows the part to fill in, as "${TagKey}". The slice is the caller's.
func Keys() []Key { return slices.Clone(keys) }

// ConditionKey finds a condition key by its name, without letter case: also keys with a prefix, such as
// kms:EncryptionContext:Department, aws:PrincipalTag/team and kms:RecipientAttestation:PCR3.
func ConditionKey(name string) (Key, bool) {
	lower := strings.ToLower(name)
	if i, ok := keyIndex[lower]; ok && !keys[i].prefix() {
		return keys[i], true
	}
	for _, end := range []int{cutAfter(lower, "/"), cutAfter(lower, "kms:encryptioncontext:"), cutAfter(lower, "pcr")} {
		if end < 0 || end == len(name) {
			continue
		}
		i, ok := keyIndex[lower[:end]]
		if !ok || !keys[i].prefix() {
			continue
		}
		k := keys[i]
		if k.registers > 0 {
			n, err := strconv.Atoi(name[end:])
			if err != nil || n < 0 || n > k.registers || strconv.Itoa(n) != name[end:] {
				continue
			}
		}
		k.Name = k.base + name[end:]
		return k, true
	}
	return Key{}, false
}

// prefix tells whether the key's name is completed by what a policy writes.
func (k Key) prefix() bool {
	return strings.HasSuffix(k.base, "/") || strings.HasSuffix(k.base, ":") || strings.HasSuffix(k.base, "PCR")
}

// cutAfter returns the place after the first occurrence of mark, or -1.
func cutAfter(s, mark string) int {
	i := strings.Index(s, mark)
	if i < 0 {
		return -1
	}
	return i + len(mark)
}
