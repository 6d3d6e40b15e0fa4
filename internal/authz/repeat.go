package authz

import (
	"encoding/binary"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// longSearch is the number of visits from which a search is worth remembering.
const longSearch = 2000

// remembered is [Engine.avoid], which it asks once for searches of one question that are alike. The cases of callers
// who differ in nothing that the boxes look at are alike, and a proof for one is a proof for all.
func (e *Engine) remembered(st state, boxes []box) (found state, ok, over bool) {
	id := ""
	if e.empty != nil {
		if id = searchID(e, st, boxes); e.empty[id] {
			return st, false, false
		}
	}
	before := e.visits
	found, ok, over = e.avoid(st, boxes)
	if !ok && !over && before-e.visits > longSearch {
		if e.empty == nil {
			e.empty = map[string]bool{}
			id = searchID(e, st, boxes)
		}
		e.empty[id] = true
	}
	return found, ok, over
}

// searchID is the same for searches that are alike: the same boxes over keys of which the state asks the same, and
// which requests carry alike.
func searchID(e *Engine, st state, boxes []box) string {
	var id []byte
	number := func(n uint64) { id = binary.AppendUvarint(id, n) }
	number(uint64(st.actions))
	seen := map[keyID]bool{}
	for _, b := range boxes {
		number(uint64(b.actions))
		for _, ls := range [2][]literal{b.literals, b.doubts} {
			number(uint64(len(ls)))
			for _, l := range ls {
				number(uint64(uint32(l)))
				k := e.tests.keyOf(l)
				if seen[k.id] {
					continue
				}
				seen[k.id] = true
				c := st.s.carriage(k)
				for _, set := range []kms.ActionSet{c.may, c.mayNot} {
					number(uint64(set & st.actions))
				}
				o := st.of(k)
				number(uint64(len(o.literals)))
				for _, l := range o.literals {
					number(uint64(uint32(l)))
				}
			}
		}
	}
	return string(id)
}
