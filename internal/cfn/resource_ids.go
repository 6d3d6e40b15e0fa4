package cfn

// ResourceIDs returns the logical ids of the template's resources in source order, loops unrolled.
func (t *Template) ResourceIDs() []string {
	ids := make([]string, len(t.order))
	for i, r := range t.order {
		ids[i] = r.id
	}
	return ids
}
