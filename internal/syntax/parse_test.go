package syntax

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// show prints the nodes of a tree with the text of their spans: what a person would see selected.
func show(f *File) string {
	var b strings.Builder
	var walk func(n *Node, depth int)
	walk = func(n *Node, depth int) {
		fmt.Fprintf(&b, "%s%s%s %q", strings.Repeat(" ", depth), n.Tag, [...]string{"scalar", "map", "seq", "alias"}[n.Kind], f.Text(n.Span))
		if n.Kind == Scalar {
			fmt.Fprintf(&b, " = %s %q", [...]string{"string", "bool", "number", "null"}[n.Type], n.Value)
		}
		b.WriteByte('\n')
		for _, item := range n.Items {
			walk(item, depth+1)
		}
		for _, m := range n.Members {
			walk(m.Key, depth+1)
			walk(m.Value, depth+2)
		}
	}
	for _, root := range f.Roots {
		walk(root, 0)
	}
	return b.String()
}

func TestParseSpans(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"block literal, clip", "a: |\n  x\n\n  y\n\nb: 1\n", `
map "a: |\n  x\n\n  y\n\nb: 1"
 scalar "a" = string "a"
  scalar "|\n  x\n\n  y\n" = string "x\n\ny\n"
 scalar "b" = string "b"
  scalar "1" = number "1"`},
		{"block literal, strip, at the end", "a: |-\n  x\n   y", `
map "a: |-\n  x\n   y"
 scalar "a" = string "a"
  scalar "|-\n  x\n   y" = string "x\n y"`},
		{"folded, keep", "- >+ # why\n  x\n\n\n- b", `
seq "- >+ # why\n  x\n\n\n- b"
 scalar ">+ # why\n  x\n\n\n" = string "x\n\n\n"
 scalar "b" = string "b"`},
		{"indentation indicator", "a:\n  b: |2\n      x\n    y\n", `
map "a:\n  b: |2\n      x\n    y\n"
 scalar "a" = string "a"
  map "b: |2\n      x\n    y\n"
   scalar "b" = string "b"
    scalar "|2\n      x\n    y\n" = string "  x\ny\n"`},
		{"flow, trailing comma, implicit pair", "[a, {b: c, d,}, e: !Ref f,] # g", `
seq "[a, {b: c, d,}, e: !Ref f,]"
 scalar "a" = string "a"
 map "{b: c, d,}"
  scalar "b" = string "b"
   scalar "c" = string "c"
  scalar "d" = string "d"
   scalar "" = null ""
 map "e: !Ref f"
  scalar "e" = string "e"
   !Refscalar "!Ref f" = string "f"`},
		{"tags and anchors", "a: &x !Sub\n  - b\n  - ${c}\nd: *x\n", `
map "a: &x !Sub\n  - b\n  - ${c}\nd: *x"
 scalar "a" = string "a"
  !Subseq "&x !Sub\n  - b\n  - ${c}"
   scalar "b" = string "b"
   scalar "${c}" = string "${c}"
 scalar "d" = string "d"
  alias "*x"`},
		{"explicit keys", "? a\n: b\n? c\n? [d]\n: - e\n", `
map "? a\n: b\n? c\n? [d]\n: - e"
 scalar "a" = string "a"
  scalar "b" = string "b"
 scalar "c" = string "c"
  scalar "" = null ""
 seq "[d]"
  scalar "d" = string "d"
  seq "- e"
   scalar "e" = string "e"`},
		{"explicit key in an explicit key", "? ? a\n: b\n", `
map "? ? a\n: b"
 map "? a"
  scalar "a" = string "a"
   scalar "" = null ""
  scalar "b" = string "b"`},
		{"empty values", "a:\nb: # c\n\nd: !x\ne:\n-\n- f\n", `
map "a:\nb: # c\n\nd: !x\ne:\n-\n- f"
 scalar "a" = string "a"
  scalar "" = null ""
 scalar "b" = string "b"
  scalar "" = null ""
 scalar "d" = string "d"
  !xscalar "!x" = string ""
 scalar "e" = string "e"
  seq "-\n- f"
   scalar "" = null ""
   scalar "f" = string "f"`},
		{"many lines of plain and quoted text, CRLF", "a: b\r\n  c # d\r\ne: 'f\r\n\r\n  g''s'\r\nh: \"i \\\"\r\n  j\\\r\n  k\"\r\n", `
map "a: b\r\n  c # d\r\ne: 'f\r\n\r\n  g''s'\r\nh: \"i \\\"\r\n  j\\\r\n  k\""
 scalar "a" = string "a"
  scalar "b\r\n  c" = string "b c"
 scalar "e" = string "e"
  scalar "'f\r\n\r\n  g''s'" = string "f\ng's"
 scalar "h" = string "h"
  scalar "\"i \\\"\r\n  j\\\r\n  k\"" = string "i \" jk"`},
		{"byte order mark, non-ASCII, tabs", "\xef\xbb\xbfclé:\tñ\t# ü\n日本: {x:\t\"é\"}\n", `
map "clé:\tñ\t# ü\n日本: {x:\t\"é\"}"
 scalar "clé" = string "clé"
  scalar "ñ" = string "ñ"
 scalar "日本" = string "日本"
  map "{x:\t\"é\"}"
   scalar "x" = string "x"
    scalar "\"é\"" = string "é"`},
		{"documents", "%YAML 1.1\n---\na\n...\n# c\n--- |\n b\n---\n", `
scalar "a" = string "a"
scalar "|\n b\n" = string "b\n"
scalar "" = null ""`},
		{"nested compact collections", "- - a: 1\n    b:\n    - 2\n  - c\n", `
seq "- - a: 1\n    b:\n    - 2\n  - c"
 seq "- a: 1\n    b:\n    - 2\n  - c"
  map "a: 1\n    b:\n    - 2"
   scalar "a" = string "a"
    scalar "1" = number "1"
   scalar "b" = string "b"
    seq "- 2"
     scalar "2" = number "2"
  scalar "c" = string "c"`},
		{"JSON", "\xef\xbb\xbf {\"a\\/\" : [1, -2.5e3,\ttrue, null, \"\\ud83d\\ude00\"], \"a\": {}}\r\n", `
map "{\"a\\/\" : [1, -2.5e3,\ttrue, null, \"\\ud83d\\ude00\"], \"a\": {}}"
 scalar "\"a\\/\"" = string "a/"
  seq "[1, -2.5e3,\ttrue, null, \"\\ud83d\\ude00\"]"
   scalar "1" = number "1"
   scalar "-2.5e3" = number "-2.5e3"
   scalar "true" = bool "true"
   scalar "null" = null "null"
   scalar "\"\\ud83d\\ude00\"" = string "😀"
 scalar "\"a\"" = string "a"
  map "{}"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(name(tt.name), []byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := show(f), strings.TrimPrefix(tt.want, "\n")+"\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			checkLaws(t, f)
		})
	}
}

func name(test string) string {
	if test == "JSON" {
		return "x.json"
	}
	return "x.yaml"
}

func TestParseErrors(t *testing.T) {
	deep := strings.Repeat("[", 250) + strings.Repeat("]", 250)
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x,x]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d,*a%d]\n", i, i, i-1, i-1)
	}
	tests := []struct{ name, src, want string }{
		{"a.json", "{\"a\": 1 // b\n}", "a.json:1:9: JSON has no comments, and AWS rejects them; remove this one"},
		{"a.json", "{\"a\": [1,\n]}", "a.json:1:9: JSON allows no comma after the last element, and AWS rejects it; remove it"},
		{"a.json", "{\"a\":", "a.json:1:6: the JSON text ends too early; a value or a closing bracket is missing"},
		{"a.json", "{} {}", "a.json:1:4: a second value follows the first; a JSON file holds one"},
		{"a.json", "{\"a\": tru}", "a.json:1:10: this is no valid JSON: invalid character '}' in literal true (expecting 'e')"},
		{"a.json", "{\"a\": \"\xff\"}", "a.json:1:8: the text is not UTF-8 here and was not read; save it as UTF-8"},
		{"a.yaml", "é: 'x\xff'", "a.yaml:1:7: the text is not UTF-8 here and was not read; save it as UTF-8"},
		{"a.yaml", "a: b\nü: c: d\n", "a.yaml:2:6: this is no valid YAML: mapping values are not allowed in this context"},
		{"a.yaml", "a: *b\n", "a.yaml:1:4: this is no valid YAML: unknown anchor 'b' referenced"},
		{"a.yaml", "a: \x01\n", "a.yaml:1:4: this is no valid YAML: control characters are not allowed (value: 1)"},
		{"a.json", deep, "a.json:1:201: values nest deeper than 200 levels and were not read"},
		{"a.yaml", "x: " + deep, "a.yaml:1:204: this is no valid YAML: while increasing flow level, values nest deeper than 200 levels and were not read"},
		{"a.yaml", bomb.String(), "aliases expand to more than 2000000 values and were not followed; write the values out"},
		{"a.yaml", "a: &a x\nb: [" + strings.Repeat("*a,", maxAliases+1) + "]", "the file has more than 2000 aliases and was not read; write the values out"},
		{"a.json", strings.Repeat(" ", maxBytes+1), "a.json:1:1: the file is larger than 4 MiB and was not read; exclude it or split it"},
		{"a.json", "[" + strings.Repeat("1,", maxNodes) + "1]", "the file has more than 500000 values and was not read; exclude it or split it"},
		{"a.yaml", strings.Repeat("- 1\n", maxNodes), "the file has more than 500000 values and was not read; exclude it or split it"},
		{"a.yaml", "- " + strings.Repeat("{},", maxFlow+1), "the file has more than 100000 flow brackets and was not read as YAML; write it in block style or as JSON"},
	}
	for _, tt := range tests {
		_, err := Parse(tt.name, []byte(tt.src))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.40q: got %v, want an *Error", tt.src, err)
		} else if got := err.Error(); got != tt.want && !(strings.HasPrefix(tt.want, "a.") == false && strings.HasSuffix(got, ": "+tt.want)) {
			t.Errorf("%.40q:\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	tests := []struct {
		name, src string
		want      Format
	}{
		{"a.json", " {}", JSON},
		{"a.template", "\xef\xbb\xbf[]", JSON},
		{"a.template", "a: b", YAML},
		{"a.yaml", `{"a": "\ud83d\ude00"}`, JSON},
		{"A.YML", "{a: b}", YAML},
		{"a.yaml", "", YAML},
	}
	for _, tt := range tests {
		f, err := Parse(tt.name, []byte(tt.src))
		if err != nil {
			t.Errorf("%s %q: %v", tt.name, tt.src, err)
		} else if f.Format != tt.want {
			t.Errorf("%s %q: format %d, want %d", tt.name, tt.src, f.Format, tt.want)
		}
	}
	if f, err := Parse("x", []byte("# nothing\n")); err != nil || f.Root() != nil {
		t.Errorf("a file of comments: root %v, %v; want none", f.Root(), err)
	}
}

func TestDuplicatesAndAliases(t *testing.T) {
	f, err := ParseYAML("x", []byte("a: &a 1\nb: *a\na: 2\nc: &c {d: *c, e: *a}\n'a': 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range f.Duplicates {
		got = append(got, fmt.Sprintf("%d %s", f.Position(n.Span.Start).Line, f.Text(n.Span)))
	}
	if want := "[3 a 5 'a']"; fmt.Sprint(got) != want {
		t.Errorf("duplicates %v, want %s", got, want)
	}
	if n := f.Root().Get("b"); n == nil || n.Value != "1" {
		t.Errorf("b is %v, want the node of a", n)
	}
	if n := f.Root().Get("c").Member("d").Value; n.Kind != Alias || n.Target != nil || n.Value != "c" {
		t.Errorf("the cyclic alias has target %v, want none", n.Target)
	}
	if n := f.Root().Get("c").Get("e"); n == nil || n.Value != "1" {
		t.Errorf("c.e is %v, want the node of a", n)
	}
}

func TestPositionAndPointer(t *testing.T) {
	f, err := ParseYAML("x", []byte("a/~b:\r\n  - é: x\n---\ny: z\n"))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 { // the index is built once, whoever asks first
		group.Go(func() {
			for _, tt := range []struct {
				offset int
				want   string
			}{{-5, "0 1 1"}, {0, "0 1 1"}, {6, "6 1 7"}, {7, "7 2 1"}, {15, "15 2 9"}, {18, "18 4 3"}, {99, "26 5 1"}} {
				p := f.Position(tt.offset)
				if tt.offset == 18 {
					tt.want = "18 3 2"
				}
				if got := fmt.Sprint(p.Offset, p.Line, p.Column); got != tt.want {
					t.Errorf("position of %d is %s, want %s", tt.offset, got, tt.want)
				}
			}
		})
	}
	group.Wait()
	item := f.Root().Members[0].Value.Items[0]
	for n, want := range map[*Node]string{
		f.Root(): "", item: "/a~1~0b/0", item.Members[0].Value: "/a~1~0b/0/é", item.Members[0].Key: "/a~1~0b/0/é",
		f.Roots[1].Members[0].Value: "/y", NewString("x"): "",
	} {
		if got := f.Pointer(n); got != want {
			t.Errorf("pointer %q, want %q", got, want)
		}
	}
}
