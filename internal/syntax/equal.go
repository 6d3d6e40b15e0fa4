package syntax

// Equal tells whether two nodes say the same: kind, type, tag, value, anchor, and children in order. How they are written
// (style, span, which word for null) does not count; the type of a scalar does.
func Equal(a, b *Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Type != b.Type || a.Tag != b.Tag || a.Value != b.Value && a.Type != Null || a.Anchor != b.Anchor ||
		len(a.Items) != len(b.Items) || len(a.Members) != len(b.Members) {
		return false
	}
	for i := range a.Items {
		if !Equal(a.Items[i], b.Items[i]) {
			return false
		}
	}
	for i := range a.Members {
		if !Equal(a.Members[i].Key, b.Members[i].Key) || !Equal(a.Members[i].Value, b.Members[i].Value) {
			return false
		}
	}
	return true
}
