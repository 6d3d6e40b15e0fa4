package cfn

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// sources are the source files of a repository, for the frames of stack traces.
type sources struct {
	files  fs.FS
	byBase func() map[string][]string
	speak  func() []sourceFile // those that speak of KMS

	mu     sync.Mutex
	opened map[string][]byte
}

type sourceFile struct {
	name string
	text []byte
}

// Limits of the search for sources.
const (
	maxListed     = 400_000  // files of a repository: four times the tree of DESIGN section 10
	maxSourceFile = 2 << 20  // one source file
	maxSearched   = 64 << 20 // all source files that speak of KMS
)

func (r *Repository) sourcesOf(files fs.FS) *sources {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sources == nil {
		s := &sources{files: files, opened: map[string][]byte{}}
		s.byBase = sync.OnceValue(s.list)
		s.speak = sync.OnceValue(s.search)
		r.sources = s
	}
	return r.sources
}

// isSource tells a file that people write CDK apps in, or that was compiled from such.
func isSource(name string) bool {
	switch path.Ext(name) {
	case ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".py", ".java", ".kt", ".cs", ".go":
		return true
	}
	return false
}

// list maps the names of the repository's source files to their paths; what package managers install is left out.
func (s *sources) list() map[string][]string {
	all := map[string][]string{}
	n := 0
	_ = fs.WalkDir(s.files, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".venv" || d.Name() == "site-packages" || strings.HasPrefix(d.Name(), "cdk.out")):
			return fs.SkipDir
		case d.Type().IsRegular() && isSource(p):
			all[d.Name()] = append(all[d.Name()], p)
		}
		if n++; n > maxListed {
			return fs.SkipAll
		}
		return nil
	})
	return all
}

// find returns the repository's path of a file that a stack trace names: below root where that is known, else the file with
// the longest common end. It never chooses between two, and a bare name is not enough.
func (s *sources) find(file, root, near string) string {
	if root != "" {
		if rest, ok := strings.CutPrefix(file, strings.TrimSuffix(root, "/")+"/"); ok {
			for dir := near; ; dir = path.Dir(dir) {
				if p := path.Join(dir, rest); !strings.HasPrefix(p, "..") && s.open(p) != nil {
					return p
				}
				if dir == "." || dir == "/" || dir == "" {
					break
				}
			}
		}
	}
	parts := strings.Split(strings.Trim(file, "/"), "/")
	best, score, twice := "", 0, false
	for _, p := range s.byBase()[parts[len(parts)-1]] {
		have := strings.Split(p, "/")
		n := 0
		for n < len(parts) && n < len(have) && parts[len(parts)-1-n] == have[len(have)-1-n] {
			n++
		}
		if n < 2 && n < len(have) {
			continue
		}
		switch {
		case n > score:
			best, score, twice = p, n, false
		case n == score:
			twice = true
		}
	}
	if twice {
		return ""
	}
	return best
}

func (s *sources) open(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if src, ok := s.opened[name]; ok {
		return src
	}
	src := readFile(s.files, name)
	if len(src) > maxSourceFile {
		src = nil
	}
	s.opened[name] = src
	return src
}

// place finds the source line of a frame.
func (s *sources) place(f frame, root, near string) *Source {
	name := s.find(f.file, root, near)
	if name == "" {
		return nil
	}
	line := f.line
	if ext := path.Ext(name); ext == ".js" || ext == ".mjs" || ext == ".cjs" {
		if file, l, ok := s.original(name, s.open(name), f.line, f.column); ok && fs.ValidPath(file) && s.open(file) != nil {
			name, line = file, l
		}
	}
	if src := s.open(name); src == nil || bytes.Count(src, []byte("\n"))+1 < line {
		return nil // a trace of another version of the file
	}
	return &Source{File: name, Line: line, Kind: Exact}
}

// search reads the source files that speak of KMS.
func (s *sources) search() []sourceFile {
	var names []string
	for _, paths := range s.byBase() {
		names = append(names, paths...)
	}
	slices.Sort(names)
	var all []sourceFile
	total := 0
	for _, name := range names {
		if strings.HasSuffix(name, ".d.ts") {
			continue
		}
		src := readFile(s.files, name)
		if len(src) > maxSourceFile || !bytes.Contains(bytes.ToLower(src), []byte("kms")) {
			continue
		}
		if total += len(src); total > maxSearched {
			break
		}
		all = append(all, sourceFile{name, src})
	}
	return all
}

// byName finds the only line that has the construct's id as a string, for languages without stack traces (cdk.md §4); for the
// snapshot of a test, in that test.
func (s *sources) byName(constructPath, test string) *Source {
	id := path.Base(strings.TrimSuffix(constructPath, "/Resource"))
	if constructPath == "" || id == "Default" || id == "Resource" || id == "Key" || len(id) < 3 {
		return nil
	}
	var hits []Source
	for _, quote := range []string{`"`, `'`} {
		hits = append(hits, s.lines(quote+id+quote, ByName)...)
	}
	hits = slices.DeleteFunc(hits, func(h Source) bool { return !s.makesKey(h, id) })
	if test != "" {
		hits = slices.DeleteFunc(hits, func(h Source) bool {
			return !strings.HasPrefix(h.File, test+".") || strings.HasSuffix(h.File, ".js") && hasTyped(hits, h)
		})
	}
	if len(hits) != 1 {
		return nil
	}
	return &hits[0]
}

// makesKey tells whether a key is made where the hit is: "Key" stands on its line or on one of the three before it, the id
// apart.
func (s *sources) makesKey(h Source, id string) bool {
	lines := bytes.Split(s.open(h.File), []byte("\n"))
	if h.Line > len(lines) {
		return false
	}
	around := bytes.Join(lines[max(h.Line-4, 0):h.Line], []byte("\n"))
	return bytes.Contains(bytes.ReplaceAll(around, []byte(id), nil), []byte("Key"))
}

// hasTyped tells whether a compiled file's TypeScript is among the hits too.
func hasTyped(hits []Source, compiled Source) bool {
	return slices.ContainsFunc(hits, func(h Source) bool { return h.File == strings.TrimSuffix(compiled.File, ".js")+".ts" })
}

// lines lists the places of a text in the source files that speak of KMS; compiled files count only where no source is.
func (s *sources) lines(text, kind string) []Source {
	var all []Source
	for _, f := range s.speak() {
		if strings.HasSuffix(f.name, ".js") && bytes.Contains(f.text, []byte("//# sourceMappingURL=")) {
			continue
		}
		for at := 0; ; {
			i := bytes.Index(f.text[at:], []byte(text))
			if i < 0 {
				break
			}
			at += i
			all = append(all, Source{File: f.name, Line: bytes.Count(f.text[:at], []byte("\n")) + 1, Kind: kind})
			at += len(text)
		}
	}
	return all
}
