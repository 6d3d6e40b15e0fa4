package policy

import (
	"cmp"
	"strings"
)

// A key is of one partition, and so is everyone that its policy can name. A template for several partitions chooses
// between ARNs by conditions, so that each environment has those of its own. As nothing but the name tells partitions
// apart, the policy is read as of one: the ARNs of statements that only some environments have are written in it.

// settlePartition sets the policy's partition, and writes chosen ARNs of others in it.
func (p *Policy) settlePartition() {
	always, chosen := "", ""
	for _, s := range p.Statements {
		s.eachARN(func(text *string) {
			if len(s.When) == 0 {
				always = cmp.Or(always, arnPartition(*text))
			} else {
				chosen = cmp.Or(chosen, arnPartition(*text))
			}
		})
	}
	p.Partition = cmp.Or(always, chosen, "aws")
	for _, s := range p.Statements {
		if len(s.When) == 0 {
			continue
		}
		for i := range s.Principals {
			if q := &s.Principals[i]; arnPartition(q.Text) != p.Partition {
				q.Partition = arnPartition(q.Text)
			}
		}
		s.eachARN(func(text *string) {
			if other := arnPartition(*text); other != "" && other != p.Partition {
				p.Partitions = true
				*text = "arn:" + p.Partition + strings.TrimPrefix(*text, "arn:"+other)
			}
		})
	}
}

// eachARN calls f for every text of the statement that may be an ARN.
func (s *Statement) eachARN(f func(text *string)) {
	for i := range s.Principals {
		f(&s.Principals[i].Text)
	}
	for i := range s.Resources {
		f(&s.Resources[i].Text)
	}
	for i := range s.Conditions {
		for j := range s.Conditions[i].Values {
			f(&s.Conditions[i].Values[j].Text)
		}
	}
}

// arnPartition returns the partition that an ARN writes out, "" where there is none.
func arnPartition(text string) string {
	rest, ok := strings.CutPrefix(text, "arn:")
	partition, _, found := strings.Cut(rest, ":")
	if !ok || !found || strings.ContainsAny(partition, "*?$") {
		return ""
	}
	return partition
}
