package syntax

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// values are put into files by the law tests: strings that YAML would read otherwise, and trees.
func values(yaml bool) []*Node {
	all := []*Node{
		NewString("Account"), NewString("true"), NewString("111122223333"), NewString("012345678901"), NewString("2012-10-17"),
		NewString(""), NewString("~"), NewString("*"), NewString("- a"), NewString("a: b"), NewString("a #b"), NewString("it's \"so\""),
		NewString(" pad "), NewString("[x, y]"), NewString("é\u2028\x07\\\n\ttab"), NewString("😀"), NewString("a,b"), NewString("=y?"), NewString("-"), NewString("a:"), NewString("!x"), NewString("&x"), NewString("%x"), NewString("---"), NewString("arn:aws:iam::1:root"),
		NewBool(true), {Kind: Scalar, Type: Number, Value: "30"}, {Kind: Scalar, Type: Null, Value: "null"},
		NewMapping(), NewSequence(),
		NewMapping("StringEquals", NewMapping("aws:PrincipalType", NewString("Account"))),
		NewSequence(NewString("kms:*"), NewString("off"), NewSequence(NewString("x"), NewMapping("a", NewSequence()))),
		NewMapping("Sid", NewString("x"), "Principal", NewMapping("AWS", NewSequence(NewString("a"), NewString("b"))), "Action", NewString("kms:*")),
	}
	if yaml {
		all = append(all, NewTagged("!Sub", "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"), NewTagged("!Ref", "X"), NewTagged("!Sub", ""), NewTagged("!Sub", "1"),
			&Node{Kind: Sequence, Tag: "!Join", Items: []*Node{NewString(","), NewSequence(NewString("a"), NewTagged("!Ref", "b"))}},
			&Node{Kind: Mapping, Tag: "!Transform", Members: NewMapping("Name", NewString("x"), "P", NewMapping("a", NewString("b"))).Members},
			NewSequence(&Node{Kind: Mapping, Tag: "!T", Members: NewMapping("a", NewString("b"), "c", NewMapping("d", NewString("e"))).Members}))
	}
	return all
}

// checkEdits makes edits of every kind at random places of f and reports those that do not give the intended tree.
func checkEdits(t testing.TB, f *File, random *rand.Rand, rounds int) {
	t.Helper()
	type spot struct {
		path []int // of child numbers, the first of the roots
		node *Node
	}
	var spots []spot
	var walk func(n *Node, path []int)
	walk = func(n *Node, path []int) {
		spots = append(spots, spot{path, n})
		i := 0
		for child := range n.children() {
			walk(child, append(path[:len(path):len(path)], i))
			i++
		}
	}
	for i, root := range f.Roots {
		walk(root, []int{i})
	}
	if len(spots) == 0 {
		return
	}
	pool := values(f.Format == YAML)
	wrong := 0
	for range rounds {
		at := spots[random.IntN(len(spots))]
		value := pool[random.IntN(len(pool))]
		n := at.node
		var e Edit
		var what string
		var change func(n *Node) *Node // of the copy of n
		kept := *value
		if n.Anchor != "" && n.Kind != Alias {
			kept.Anchor = n.Anchor
		}
		switch kind := random.IntN(6); {
		case kind == 0:
			e, what = f.Replace(n, value), "replace"
			change = func(*Node) *Node { return &kept }
		case kind == 1:
			e, what = f.WrapInSequence(n, value), "wrap"
			change = func(n *Node) *Node { return NewSequence(n, value) }
		case n.Kind == Mapping && kind <= 3:
			after := ""
			index := len(n.Members)
			if len(n.Members) > 0 && random.IntN(2) == 0 {
				i := random.IntN(len(n.Members))
				if key := n.Members[i].Key; key.Kind == Scalar && key.Value != "" && n.Member(key.Value) == &n.Members[i] {
					after, index = key.Value, i+1
				}
			}
			key := []string{"Condition", "aws:x", "on", "a key"}[random.IntN(4)]
			e, what = f.SetMember(n, key, value, after), fmt.Sprintf("set %q after %q", key, after)
			change = func(n *Node) *Node {
				if m := n.Member(key); m != nil {
					v := *value
					if m.Value.Anchor != "" && m.Value.Kind != Alias {
						v.Anchor = m.Value.Anchor
					}
					m.Value = &v
				} else {
					n.Members = append(n.Members[:index:index], append([]Member{{NewString(key), value}}, n.Members[index:]...)...)
				}
				return n
			}
		case n.Kind == Mapping && len(n.Members) > 0:
			i := random.IntN(len(n.Members))
			if n.Members[i].Key.Kind != Scalar || n.Member(n.Members[i].Key.Value) != &n.Members[i] {
				continue
			}
			e, what = f.RemoveMember(n, n.Members[i].Key.Value), "remove "+n.Members[i].Key.Value
			change = func(n *Node) *Node {
				n.Members = append(n.Members[:i:i], n.Members[i+1:]...)
				return n
			}
		case n.Kind == Sequence && kind <= 3:
			index := random.IntN(len(n.Items) + 1)
			e, what = f.InsertItem(n, index, value), fmt.Sprintf("insert at %d", index)
			change = func(n *Node) *Node {
				n.Items = append(n.Items[:index:index], append([]*Node{value}, n.Items[index:]...)...)
				return n
			}
		case n.Kind == Sequence && len(n.Items) > 0:
			index := random.IntN(len(n.Items))
			e, what = f.RemoveItem(n, index), fmt.Sprintf("remove item %d", index)
			change = func(n *Node) *Node {
				n.Items = append(n.Items[:index:index], n.Items[index+1:]...)
				return n
			}
		default:
			continue
		}
		out, err := Apply(f.Source, []Edit{e})
		if err != nil {
			t.Errorf("%s: %s: %v", f.Name, what, err)
			continue
		}
		problem := ""
		again := ParseJSON
		if f.Format == YAML {
			again = ParseYAML
		}
		if g, err := again(f.Name, out); err != nil {
			if strings.Contains(err.Error(), "unknown anchor") {
				continue // its anchor was taken out
			}
			problem = err.Error()
		} else if len(g.Roots) != len(f.Roots) {
			problem = "the number of documents changed"
		} else {
			for i, root := range f.Roots {
				want := root
				if i == at.path[0] {
					want = with(root, func(*Node) {})
					want = changeAt(want, at.path[1:], change)
				}
				if !Equal(g.Roots[i], want) {
					problem = "another tree:\n" + show(g)
				}
			}
		}
		if problem != "" {
			if wrong++; wrong <= 3 {
				p := f.Position(n.Span.Start)
				from, to := max(0, e.Start-100), min(len(f.Source), e.End+60)
				t.Errorf("%s:%d:%d: %s with %s %q: %s\n--- before\n%s\n--- after\n%s", f.Name, p.Line, p.Column, what, value.Tag, value.Value, problem, f.Source[from:to], out[from:min(len(out), e.Start+len(e.Text)+60)])
			}
		}
	}
}

// changeAt makes the change at the path below root, in place, and returns the root.
func changeAt(root *Node, path []int, change func(*Node) *Node) *Node {
	if len(path) == 0 {
		return change(root)
	}
	if root.Kind == Sequence {
		root.Items[path[0]] = changeAt(root.Items[path[0]], path[1:], change)
	} else {
		root.Members[path[0]].Value = changeAt(root.Members[path[0]].Value, path[1:], change)
	}
	return root
}

func TestCorpusEdits(t *testing.T) {
	rounds := 12
	if n, err := strconv.Atoi(os.Getenv("KMSGUARD_EDITS")); err == nil {
		rounds = n
	}
	for _, dir := range []string{"../../testdata/corpus", "../../../shared/corpus"} {
		if _, err := os.Stat(dir); err != nil {
			t.Logf("%s is not here", dir)
			continue
		}
		for _, path := range corpusFiles(t, dir) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if f, err := Parse(path, src); err == nil && len(src) < 40000 {
				checkEdits(t, f, rand.New(rand.NewPCG(1, 2)), rounds)
			}
		}
	}
}

func TestLayoutEdits(t *testing.T) {
	_, full := article(t)
	for name, w := range layouts() {
		checkEdits(t, parse(t, name, w.print(full)), rand.New(rand.NewPCG(3, 4)), 400)
	}
}
