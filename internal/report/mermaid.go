package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// Sizes of a picture. GitHub draws no diagram over 50,000 characters or 500 edges; a person reads far less.
const (
	maxCallers      = 30     // of all keys together
	maxPictureKeys  = 20     //
	maxPictureLabel = 60     // bytes of a name
	maxPicture      = 40_000 // bytes
)

// Mermaid returns a flowchart of who reaches the keys, without a fence around it: direct access by a solid arrow,
// delegated access by a dashed one. What would make it too large is left out, the narrowest access first, and counted.
func Mermaid(keys ...*Access) string {
	p := picture{nodes: map[string]int{}}
	p.b.WriteString("flowchart LR\n")
	for i, a := range keys {
		if i == maxPictureKeys {
			fmt.Fprintf(&p.b, "  more[\"and %d more keys\"]\n", len(keys)-i)
			break
		}
		p.key(i, a)
	}
	if len(p.open) > 0 {
		p.b.WriteString("  classDef open stroke:#b3261e,stroke-width:3px\n  class " + strings.Join(p.open, ",") + " open\n")
	}
	return p.b.String()
}

type picture struct {
	b     strings.Builder
	nodes map[string]int // callers by what they are
	open  []string       // those that stand for more than one named principal
}

// edge is one arrow: what one caller can do with one key in one way.
type edge struct {
	who, principal, way   string
	actions               kms.ActionSet
	bounded, free, unsure bool
}

func (p *picture) key(n int, a *Access) {
	fmt.Fprintf(&p.b, "  k%d[(\"key %s\")]\n", n, MermaidText(a.Key))
	left := map[string]bool{}
	for _, r := range edges(a) {
		id := r.who + "\x00" + r.principal
		node, known := p.nodes[id]
		if !known && (len(p.nodes) == maxCallers || p.b.Len() > maxPicture) {
			left[id] = true
			continue
		}
		if !known {
			node = len(p.nodes)
			p.nodes[id] = node
			fmt.Fprintf(&p.b, "  n%d([\"%s\"])\n", node, MermaidText(r.who))
			if strings.HasPrefix(r.who, "any") || strings.HasPrefix(r.who, "IAM of ") || strings.HasPrefix(r.who, "someone") {
				p.open = append(p.open, fmt.Sprintf("n%d", node))
			}
		}
		if p.b.Len() > maxPicture+maxPicture/8 {
			left[id] = true
			continue
		}
		arrow := "-->"
		switch {
		case r.unsure:
			arrow = "--x"
		case r.way == "delegated":
			arrow = "-.->"
		}
		fmt.Fprintf(&p.b, "  n%d %s|\"%s\"| k%d\n", node, arrow, MermaidText(r.label()), n)
	}
	if len(left) > 0 {
		fmt.Fprintf(&p.b, "  m%d[\"and %d more\"] --- k%d\n", n, len(left), n)
	}
}

// edges joins the entries of each caller and way.
func edges(a *Access) []edge {
	var all []edge
	add := func(e Entry, unsure bool) {
		i := slices.IndexFunc(all, func(r edge) bool {
			return r.who == e.Who && r.principal == e.Principal && r.way == e.Access && r.unsure == unsure
		})
		if i < 0 {
			i = len(all)
			all = append(all, edge{who: e.Who, principal: e.Principal, way: e.Access, unsure: unsure})
		}
		r := &all[i]
		r.actions |= kms.Set(e.Actions...)
		if len(boundLines(e)) > 0 {
			r.bounded = true
		} else {
			r.free = true
		}
	}
	for _, e := range a.Entries {
		add(e, false)
	}
	for _, d := range a.Undecided {
		if d.Entry != nil {
			add(*d.Entry, true)
		}
	}
	return all
}

func (r *edge) label() string {
	names := r.actions.Names()
	text := actionsText(names)
	if len(text) > maxPictureLabel/2 {
		text = count(len(names), "action")
		if classes := classesOf(names); classes != nil {
			text = strings.Join(classes, ", ") + ": " + text
		}
	}
	switch {
	case r.unsure:
		text += ", undecided"
	case r.bounded && r.free:
		text += ", some on conditions"
	case r.bounded:
		text += ", on conditions"
	}
	return text
}

// MermaidText makes text safe between the quotes of a label: all but letters and digits of ASCII, and a few marks, are
// character codes, so that nothing is a quote, markup, an icon ("fa:") or a code of Mermaid's own.
func MermaidText(s string) string {
	var b strings.Builder
	for _, r := range reveal(cut(s, maxPictureLabel), "") {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == ' ', r == '.', r == ',', r == '/', r == '-':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
