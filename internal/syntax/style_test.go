package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// TestHardenedPolicyInEveryLayout makes the article's change in documents of many layouts: the result must be what the same
// author would have written.
func TestHardenedPolicyInEveryLayout(t *testing.T) {
	_, hardened := article(t)
	open := with(hardened, func(root *Node) {
		first := root.Get("Statement").Items[0]
		first.Get("Sid").Value = "Enable IAM User Permissions"
		first.Members = first.Members[:len(first.Members)-1]
	})
	for name, w := range layouts() {
		t.Run(name, func(t *testing.T) {
			before, want := w.print(open), w.print(hardened)
			if name == "json article" && want != hardenedPolicy {
				t.Fatal("the test's printer does not print the article")
			}
			f := parse(t, name, before)
			first := f.Root().Get("Statement").Items[0]
			condition := NewMapping("StringEquals", NewMapping("aws:PrincipalType", NewString("Account")))
			edits := []Edit{
				f.Replace(first.Get("Sid"), NewString("EnableRootAccessAndPreventPermissionDelegation")),
				f.SetMember(first, "Condition", condition, "Resource"),
			}
			compare(t, apply(t, f, edits...), want)
			// again: nothing changes
			again := parse(t, name, want)
			compare(t, apply(t, again, again.SetMember(again.Root().Get("Statement").Items[0], "Condition", condition, "Resource")), want)
		})
	}
}

func TestInsertStatementInEveryLayout(t *testing.T) {
	_, full := article(t)
	for _, index := range []int{0, 1, 3} {
		short := with(full, func(root *Node) {
			list := root.Get("Statement")
			list.Items = append(list.Items[:index:index], list.Items[index+1:]...)
		})
		for name, w := range layouts() {
			if strings.Contains(name, "width") && index == 3 {
				continue // no list that is short enough is left to show the rule
			}
			t.Run(fmt.Sprint(name, " at ", index), func(t *testing.T) {
				f := parse(t, name, w.print(short))
				e := f.InsertItem(f.Root().Get("Statement"), index, full.Get("Statement").Items[index])
				compare(t, apply(t, f, e), w.print(full))
			})
		}
	}
}

func TestRemoveInEveryLayout(t *testing.T) {
	_, full := article(t)
	for name, w := range layouts() {
		t.Run(name, func(t *testing.T) {
			f := parse(t, name, w.print(full))
			list := f.Root().Get("Statement")
			for index := range list.Items {
				want := w.print(with(full, func(root *Node) {
					list := root.Get("Statement")
					list.Items = append(list.Items[:index:index], list.Items[index+1:]...)
				}))
				compare(t, apply(t, f, f.RemoveItem(list, index)), want)
			}
			for index, m := range list.Items[3].Members {
				want := w.print(with(full, func(root *Node) {
					s := root.Get("Statement").Items[3]
					s.Members = append(s.Members[:index:index], s.Members[index+1:]...)
				}))
				compare(t, apply(t, f, f.RemoveMember(list.Items[3], m.Key.Value)), want)
			}
		})
	}
}

func parse(t testing.TB, name, text string) *File {
	t.Helper()
	format := ParseJSON
	if strings.HasPrefix(name, "yaml") {
		format = ParseYAML
	}
	f, err := format(name, []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return f
}

// apply makes the edits and checks what must hold after any edit: it parses, and bytes outside the edits are as they were.
func apply(t testing.TB, f *File, edits ...Edit) string {
	t.Helper()
	out, err := Apply(f.Source, edits)
	if err != nil {
		t.Fatal(err)
	}
	parse(t, map[Format]string{JSON: "json", YAML: "yaml"}[f.Format], string(out))
	return string(out)
}

func compare(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s\n%s", got, want, firstDifference(got, want))
	}
}

func firstDifference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	return "first difference:\n got " + quoteAround(got, i) + "\nwant " + quoteAround(want, i)
}

func quoteAround(s string, i int) string {
	return strings.ReplaceAll(strings.ReplaceAll(s[max(0, i-40):min(len(s), i+80)], "\r", "␍"), "\n", "␊")
}
