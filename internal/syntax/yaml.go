package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// ParseYAML reads every document of the source as YAML. Nothing is decoded or expanded: scalars keep their text, aliases
// stay nodes, merge keys are members. The error, if any, is an [*Error].
func ParseYAML(name string, src []byte) (*File, error) {
	f, err := newFile(name, YAML, src)
	if err != nil {
		return nil, err
	}
	if at := flowLimit(src); at >= 0 {
		return nil, f.errorAt(at, "the file has more than %d flow brackets and was not read as YAML; write it in block style or as JSON", maxFlow)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(src), yaml.WithPlugin(loaderlimits.New(
		loaderlimits.AliasNone(), // nodes are not expanded; the walker counts
		loaderlimits.DepthFunc(func(depth int, _ *loaderlimits.DepthContext) error {
			if depth > maxDepth {
				return fmt.Errorf("values nest deeper than %d levels and were not read", maxDepth)
			}
			return nil
		}))))
	if err != nil {
		return nil, f.errorAt(0, "the YAML reader did not start: %v", err)
	}
	w := newWalker(f)
	for {
		var doc yaml.Node
		if err := loader.Load(&doc); errors.Is(err, io.EOF) {
			if err := w.end(); err != nil {
				return nil, err
			}
			return f, nil
		} else if err != nil {
			return nil, f.yamlError(err)
		}
		if err := w.document(&doc); err != nil {
			return nil, err
		}
	}
}

// flowLimit returns the offset of the first flow bracket over the limit, or -1. Brackets in strings count too: the limit
// is far above what texts hold.
func flowLimit(src []byte) int {
	count := 0
	for i, b := range src {
		if b == '[' || b == '{' {
			if count++; count > maxFlow {
				return i
			}
		}
	}
	return -1
}

// yamlError gives the loader's error its place in bytes. The loader counts runes from the mark of a line.
func (f *File) yamlError(err error) error {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return f.errorAt(0, "this is no valid YAML: %v", err)
	}
	message := load.Message
	if load.ContextMsg != "" {
		message = load.ContextMsg + ", " + message
	}
	at := load.Mark.Index // the reader's errors have only this, in bytes
	if load.Mark.Line > 0 {
		at = f.yamlOffset(load.Mark.Line, load.Mark.Column)
	}
	return f.errorAt(at, "this is no valid YAML: %s", message)
}

// yamlOffset returns the offset of a line and column as yaml counts them: runes, YAML 1.1 line breaks, no byte order mark.
func (f *File) yamlOffset(line, column int) int {
	src := f.Source
	at := 0
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		at = len(byteOrderMark)
	}
	for ; line > 1 && at < len(src); line-- {
		for at < len(src) && breakLen(src, at) == 0 {
			at++
		}
		at += breakLen(src, at)
	}
	for ; column > 1 && at < len(src) && breakLen(src, at) == 0; column-- {
		_, size := utf8.DecodeRune(src[at:])
		at += size
	}
	return at
}

// breakLen returns the length in bytes of the line break at the offset, or 0 where there is none. YAML 1.1 breaks lines at
// LF, CR, CR LF, NEL, LS and PS.
func breakLen(src []byte, at int) int {
	if at >= len(src) {
		return 0
	}
	switch src[at] {
	case '\n':
		return 1
	case '\r':
		if at+1 < len(src) && src[at+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if at+1 < len(src) && src[at+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if at+2 < len(src) && src[at+1] == 0x80 && (src[at+2] == 0xA8 || src[at+2] == 0xA9) {
			return 3
		}
	}
	return 0
}
