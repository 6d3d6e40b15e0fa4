package scan

import (
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// surroundings are what the templates of a repository say about each other's keys.
type surroundings struct {
	keys map[*cfn.Key]bool // without copies
	uses map[*cfn.Key][]cfn.Use
	// primaries are the keys that replicas copy, with their policies in the replicas' symbols.
	primaries map[*cfn.Key]primary
	failures  []lint.Failure // what could not be joined
}

type primary struct {
	key    *cfn.Key
	policy *policy.Policy
}

// join puts the files' templates together. The index and the symbol tables it fills are not for use by several workers, so everything is asked here, once.
func join(reads []read) surroundings {
	var all []*cfn.Template
	for _, r := range reads {
		all = append(all, r.templates...)
	}
	index := cfn.Join(all...)
	s := surroundings{keys: map[*cfn.Key]bool{}, uses: map[*cfn.Key][]cfn.Use{}, primaries: map[*cfn.Key]primary{}}
	for _, k := range index.Keys {
		s.keys[k] = true
		s.uses[k] = index.Uses(k)
		if key, policy := index.Primary(k); key != nil {
			s.primaries[k] = primary{key, policy}
		}
	}
	for _, e := range index.Errors() {
		s.failures = append(s.failures, failure(e.File, e, true))
	}
	return s
}
