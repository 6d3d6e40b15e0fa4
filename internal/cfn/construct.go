package cfn

import (
	"encoding/json"
	"slices"
	"strings"
)

// constructPath is the path of the construct that made a resource, "" where nothing tells it (cdk.md §3, step 3): from the
// template, else from the metadata of the stack, else from tree.json. It is a key to look things up by and never trusted.
func (t *Template) constructPath(r *resource) string {
	if p := r.node.Get("Metadata").Get("aws:cdk:path"); p != nil {
		return p.Value
	}
	if t.stack == nil {
		return ""
	}
	var found []string
	for p, entries := range t.stack.metadata() {
		for _, e := range entries {
			if e.Type == "aws:cdk:logicalId" && dataText(e.Data) == r.id {
				found = append(found, strings.TrimPrefix(p, "/"))
			}
		}
	}
	if len(found) == 0 {
		for _, p := range t.stack.assembly.tree().byLogicalID[r.id] {
			if p == t.stack.path || strings.HasPrefix(p, t.stack.path+"/") {
				found = append(found, p)
			}
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) > 1 {
		found = t.ownPaths(found)
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

func dataText(data json.RawMessage) string {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return ""
	}
	return s
}

// ownPaths keeps the paths of the template itself: logical ids repeat in nested stacks. The file of a nested template is
// named by the path of its stack, letters and digits alone, and a hash.
func (t *Template) ownPaths(paths []string) []string {
	own := ""
	nested := t.stack.assembly.tree().nested
	if t.nestedIn {
		file, _, _ := strings.Cut(t.place()[strings.LastIndexByte(t.place(), '/')+1:], ".")
		for _, p := range nested {
			if len(file) > 8 && alphanumeric(p) == file[:len(file)-8] {
				own = p
			}
		}
		if own == "" {
			return nil
		}
	}
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		if own != "" && !strings.HasPrefix(p, own+"/") {
			return true
		}
		for _, n := range nested { // a nested stack further in has its own template
			if len(n) > len(own) && strings.HasPrefix(p, n+"/") {
				return true
			}
		}
		return false
	})
}

// frames are the stack frames of the construct at a path, innermost first: of the old trace or the new creation stack
// (cdk.md §3, step 4).
func (s *stack) frames(path string) []string {
	entries := s.metadata()["/"+path]
	for _, e := range entries {
		if e.Type == "aws:cdk:logicalId" && len(e.Trace) > 0 {
			return e.Trace
		}
	}
	for _, e := range entries {
		if e.Type == "aws:cdk:creationStack" {
			var lines []string
			if json.Unmarshal(e.Data, &lines) == nil {
				return lines
			}
		}
	}
	return nil
}

// overrides are the frames that set the property KeyPolicy after the construct was made, as "cdk synth --debug" records them.
func (s *stack) overrides(path string) []string {
	for _, e := range slices.Backward(s.metadata()["/"+path]) {
		var data struct {
			PropertyName string   `json:"propertyName"`
			StackTrace   []string `json:"stackTrace"`
		}
		if e.Type == "aws:cdk:propertyAssignment" && json.Unmarshal(e.Data, &data) == nil && strings.EqualFold(data.PropertyName, "KeyPolicy") {
			return data.StackTrace
		}
	}
	return nil
}
