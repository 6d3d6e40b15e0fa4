package report

import (
	_ "embed"
	"html"
	"io"
	"strings"
)

// Pages are written without html/template: it calls methods by name, so the linker could drop no exported method of the
// whole program, which made the binary 5 MB larger (see TestNoTemplates).

//go:embed page.css
var pageStyle string

// Names of elements and attributes are of types of their own, so that a string that was read somewhere cannot become one.
type (
	tagName       string
	attributeName string
)

// element is an element of a page, or a text where it has no name.
type element struct {
	name       tagName
	text       string
	attributes []attribute
	children   []element
}

type attribute struct {
	name  attributeName
	value string
}

func tag(name tagName, children ...element) element { return element{name: name, children: children} }

func text(s string) element { return element{text: s} }

// words is an element that holds one text.
func words(name tagName, s string) element { return tag(name, text(s)) }

// with adds an attribute.
func (e element) with(name attributeName, value string) element {
	e.attributes = append(e.attributes[:len(e.attributes):len(e.attributes)], attribute{name, value})
	return e
}

// class adds a class, and nothing where the name is "".
func (e element) class(name string) element {
	if name == "" {
		return e
	}
	return e.with("class", name)
}

// add appends children.
func (e *element) add(children ...element) { e.children = append(e.children, children...) }

// write writes the element. Every text and every attribute of every page passes through escapeMarkup here.
func (e element) write(b *strings.Builder) {
	if e.name == "" {
		b.WriteString(escapeMarkup(e.text))
		return
	}
	if ownLine[e.name] {
		b.WriteByte('\n')
	}
	b.WriteString("<" + string(e.name))
	for _, a := range e.attributes {
		b.WriteString(" " + string(a.name) + `="` + escapeMarkup(a.value) + `"`)
	}
	if void[e.name] {
		b.WriteString("/>") // so that the page is XML too, which tests read strictly
		return
	}
	b.WriteByte('>')
	for _, c := range e.children {
		c.write(b)
	}
	b.WriteString("</" + string(e.name) + ">")
}

// ownLine are the elements before which blanks do not show.
var ownLine = map[tagName]bool{"head": true, "body": true, "meta": true, "title": true, "header": true, "main": true, "h1": true, "h2": true, "h3": true,
	"p": true, "article": true, "pre": true, "dl": true, "details": true, "table": true, "thead": true, "tbody": true, "tr": true, "ul": true, "li": true}

// void are the elements without an end.
var void = map[tagName]bool{"meta": true}

// escapeMarkup makes text safe between tags and between double quotes, and shows what is hidden.
func escapeMarkup(s string) string { return html.EscapeString(reveal(s, "\n\t")) }

// writePage writes a page without scripts and without anything from elsewhere. The style is the only part that is no
// escaped text, and it is our own.
func writePage(w io.Writer, title string, body ...element) error {
	meta := func(name attributeName, value, content string) element {
		return tag("meta").with(name, value).with("content", content)
	}
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\">")
	head := []element{
		tag("meta").with("charset", "utf-8"),
		meta("name", "viewport", "width=device-width, initial-scale=1"),
		meta("http-equiv", "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
		meta("name", "referrer", "no-referrer"),
		words("title", title),
	}
	b.WriteString("\n<head>")
	for _, e := range head {
		e.write(&b)
	}
	b.WriteString("\n<style>\n" + pageStyle + "</style>\n</head>")
	tag("body", body...).write(&b)
	b.WriteString("\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// names is a list of terms and what is said of each, those without text left out.
func names(list ...note) element {
	dl := tag("dl")
	for _, n := range list {
		if n.text != "" {
			dl.add(words("dt", n.name), words("dd", n.text))
		}
	}
	return dl
}
