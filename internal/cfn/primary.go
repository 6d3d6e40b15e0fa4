package cfn

import (
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Primary is the key that a replica copies, where its PrimaryKeyArn leads to a key of the repository, with the primary's
// policy in the replica's symbols; else nil.
func (x *Index) Primary(k *Key) (*Key, *policy.Policy) {
	if k.Kind != ReplicaResource {
		return nil, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.build()
	t := x.shadows[k.In]
	r := t.resources[k.LogicalID]
	n := r.properties.Get("PrimaryKeyArn")
	if n == nil {
		return nil, nil
	}
	v := t.newWork(t.account(), "aws").in(r.loops).value(n)
	if v.Kind != policy.Text {
		return nil, nil
	}
	m := x.resolve(meaning{t, v.Text})
	primary := x.keyTexts[m.t][m.text]
	if primary == nil {
		return nil, nil
	}
	return primary, x.policyFor(primary, k)
}

// policyFor reads the policy of one key in the symbols of another, without touching the symbols of the first.
func (x *Index) policyFor(of, k *Key) *policy.Policy {
	t := x.shadows[of.In]
	own := of.Account.ID
	if !isDigits(own) {
		own = t.account()
	}
	opt := policy.Options{Own: x.moved(t, k.In, own), Symbols: k.In.Symbols}
	r := t.resources[of.LogicalID]
	var v *policy.Value
	if r.properties != nil {
		v, _ = t.newWork(own, of.Policy.Partition).in(r.loops).properties(r, &Key{})
	}
	if v == nil {
		return policy.Default(opt)
	}
	var names []string
	guardNames(v, &names)
	opt.Dimensions, opt.Impossible = t.dimensions(names...)
	return policy.Read(rewrite(v, func(s string) string { return x.moved(t, k.In, s) }), opt)
}
