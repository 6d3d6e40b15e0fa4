package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

func day(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

func TestCovers(t *testing.T) {
	finding := Subject{Rule: "KMS003", File: "stacks/legacy/a.yaml", Key: "stacks/legacy/a.yaml#SharedKey", Sid: "Partner", Fingerprint: "a1b2", FirstLine: 10, LastLine: 15}
	for _, test := range []struct {
		ignore Ignore
		want   bool
	}{
		{Ignore{Rule: "KMS003", Path: "stacks/**"}, true},
		{Ignore{Rule: "KMS001", Path: "stacks/**"}, false},
		{Ignore{Rule: "KMS003", Path: "stacks/*"}, false},
		{Ignore{Rule: "KMS003", Key: "SharedKey"}, true},
		{Ignore{Rule: "KMS003", Key: "stacks/legacy/a.yaml#SharedKey"}, true},
		{Ignore{Rule: "KMS003", Key: "Shared"}, false},
		{Ignore{Rule: "KMS003", Sid: "Partner", Fingerprint: "a1b2"}, true},
		{Ignore{Rule: "KMS003", Sid: "Partner", Fingerprint: "a1b3"}, false},
		{Ignore{Rule: "KMS003", Sid: "partner"}, false},
	} {
		if got := test.ignore.Covers(finding); got != test.want {
			t.Errorf("%+v: got %v", test.ignore, got)
		}
	}
}

func TestSuppressor(t *testing.T) {
	entries := []Ignore{
		{Rule: "KMS001", Sid: "a", Until: "2026-11-24"},
		{Rule: "KMS001", Sid: "b", Until: "2026-11-25"},
		{Rule: "KMS001", Sid: "c"},
	}
	s := NewSuppressor(day("2026-11-25"), entries[:1], entries[1:])
	if s.Find(Subject{Rule: "KMS001", Sid: "a"}) != nil {
		t.Error("an expired entry suppresses")
	}
	if got := s.Find(Subject{Rule: "KMS001", Sid: "b"}); got == nil || got.Until != "2026-11-25" {
		t.Errorf("got %+v on the last day", got)
	}
	got := fmt.Sprint(s.Stale())
	want := "[{ {0 0 0} suppression of KMS001 expired on 2026-11-24: remove it, or review and renew it} { {0 0 0} suppression of KMS001 matches no finding: remove it}]"
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestInline(t *testing.T) {
	src := `Statement:
  # kmsguard:ignore KMS003 partner, SEC-12
  # said by the owner

  - Sid: Partner
    Effect: Allow # kmsguard:ignore KMS001,KMS006 known
  - Sid: "# kmsguard:ignore KMS001 in a string"
  - Sid: x# kmsguard:ignore KMS001 no comment
  - |
    # kmsguard:ignore KMS001 in a block
  - a #kmsguard:ignore KMS099 unknown
`
	f, err := syntax.Parse("a.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	list, errs := Inline(f, known)
	var b strings.Builder
	for _, i := range list {
		fmt.Fprintf(&b, "%s %q %d:%d lines %d %d\n", i.Rule, i.Reason, i.Position.Line, i.Position.Column, i.first, i.last)
	}
	want := `KMS003 "partner, SEC-12" 2:3 lines 2 5
KMS001 "known" 6:19 lines 6 0
KMS006 "known" 6:19 lines 6 0
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	if len(errs) != 1 || errs[0].Error() != `a.yaml:11:7: rule "KMS099" is unknown: did you mean "KMS019"?` {
		t.Errorf("got %v", errs)
	}
	partner := Subject{Rule: "KMS003", File: "a.yaml", FirstLine: 5, LastLine: 6}
	next := Subject{Rule: "KMS003", File: "a.yaml", FirstLine: 7, LastLine: 7}
	other := Subject{Rule: "KMS003", File: "b.yaml", FirstLine: 5, LastLine: 6}
	if !list[0].Covers(partner) || list[0].Covers(next) || list[0].Covers(other) {
		t.Error("the comment above does not cover its statement alone")
	}
	if !list[1].Covers(Subject{Rule: "KMS001", File: "a.yaml", FirstLine: 5, LastLine: 6}) || list[1].Covers(Subject{Rule: "KMS001", File: "a.yaml", FirstLine: 7, LastLine: 7}) {
		t.Error("the comment within does not cover its statement alone")
	}
}

func TestMetadata(t *testing.T) {
	src := `{"Metadata": {"kmsguard": {"ignore": [
 {"rule": "KMS003", "sid": "Partner", "reason": "SEC-12", "until": "2027-06-30"},
 {"rule": "KMS003", "path": "x"},
 {"rule": "KMS001"}
]}}}`
	f, err := syntax.Parse("a[1].json", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	list, errs := Metadata(f, f.Root().Get("Metadata"), "Key", known)
	if len(list) != 2 || list[0].Until != "2027-06-30" || list[1].Rule != "KMS001" {
		t.Errorf("got %+v", list)
	}
	if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), `a[1].json:3:21: entry of ignore has no field "path"`) {
		t.Errorf("got %v", errs)
	}
	for s, want := range map[Subject]bool{
		{Rule: "KMS001", File: "a[1].json", Key: "a[1].json#Key"}:   true,
		{Rule: "KMS001", File: "a[1].json", Key: "a[1].json#Other"}: false,
		{Rule: "KMS001", File: "b.json", Key: "b.json#Key"}:         false,
	} {
		if got := list[1].Covers(s); got != want {
			t.Errorf("%+v: got %v", s, got)
		}
	}
	list, _ = Metadata(f, f.Root().Get("Metadata"), "", known)
	if !list[1].Covers(Subject{Rule: "KMS001", File: "a[1].json", Key: "a[1].json#Other"}) || list[1].Covers(Subject{Rule: "KMS001", File: "a1.json"}) {
		t.Error("the template's metadata does not cover its file alone")
	}
}

// A file of nothing but markers is read up to the limit of entries.
func TestInlineIsBounded(t *testing.T) {
	src := "a: b\n" + strings.Repeat("# kmsguard:ignore KMS001 x\n", 60_000) + strings.Repeat("c: '# kmsguard:ignore KMS001 x'\n", 10_000)
	f, err := syntax.Parse("a.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := Inline(f, known); len(list) != maxEntries {
		t.Errorf("%d entries, want %d", len(list), maxEntries)
	}
}
