package cfn

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Repository is what templates of one tree share: the CDK assemblies and source files that were read for an earlier template.
// Give one to all calls of [Open] for a tree, and another one to another version of it; it is safe for use by several
// goroutines. The zero value is empty and ready.
type Repository struct {
	mu         sync.Mutex
	assemblies map[string]*assembly
	sources    *sources
	passed     map[string]*passing // by the path of the template, see [Join]
}

// assembly is a folder with the manifest.json of a CDK cloud assembly (cdk.md §2).
type assembly struct {
	files  fs.FS
	dir    string
	stacks map[string]*stack // by the name of the template file
	nested func() map[string]*stack
	tree   func() *constructTree
}

// stack is a stack artifact of an assembly.
type stack struct {
	assembly *assembly
	account  string
	deployer string // cloudFormationExecutionRoleArn, as an Fn::Sub text
	name     string
	path     string // construct path of the stack
	template string
	metadata func() map[string][]metadataEntry // by construct path, with "/" in front
	assets   func() map[string]string          // nested template files by their hash
}

// metadataEntry is one entry of the manifest's or metadata file's lists.
type metadataEntry struct {
	Type  string          `json:"type"`
	Data  json.RawMessage `json:"data"`
	Trace []string        `json:"trace"`
}

// manifest is the part of manifest.json that is read. Versions 15 to 55 have it in common (cdk.md §2.1).
type manifest struct {
	Version   string `json:"version"`
	Artifacts map[string]struct {
		Type        string `json:"type"`
		Environment string `json:"environment"`
		DisplayName string `json:"displayName"`
		Properties  struct {
			TemplateFile   string `json:"templateFile"`
			StackName      string `json:"stackName"`
			Deployer       string `json:"cloudFormationExecutionRoleArn"`
			AdditionalFile string `json:"additionalMetadataFile"`
		} `json:"properties"`
		Metadata       map[string][]metadataEntry `json:"metadata"`
		AdditionalFile string                     `json:"additionalMetadataFile"`
	} `json:"artifacts"`
}

// assemblyIn reads the assembly in a folder, or nil where there is none.
func (r *Repository) assemblyIn(files fs.FS, dir string) *assembly {
	if r == nil || files == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.assemblies[dir]; ok {
		return a
	}
	if r.assemblies == nil {
		r.assemblies = map[string]*assembly{}
	}
	a := readAssembly(files, dir)
	r.assemblies[dir] = a
	return a
}

// isName tells whether a file name of an assembly stays in its folder: nothing in it is trusted (cdk.md §3).
func isName(name string) bool {
	return name != "" && !strings.ContainsAny(name, `/\`) && name != ".." && name != "."
}

func readAssembly(files fs.FS, dir string) *assembly {
	src := readFile(files, path.Join(dir, "manifest.json"))
	if src == nil {
		return nil
	}
	var m manifest
	if json.Unmarshal(src, &m) != nil || m.Version == "" || m.Artifacts == nil {
		return nil
	}
	a := &assembly{files: files, dir: dir, stacks: map[string]*stack{}}
	for id, artifact := range m.Artifacts {
		file := artifact.Properties.TemplateFile
		if artifact.Type != "aws:cloudformation:stack" || !isName(file) {
			continue
		}
		s := &stack{assembly: a, deployer: artifact.Properties.Deployer, name: artifact.Properties.StackName, path: artifact.DisplayName, template: file}
		if s.name == "" {
			s.name = id
		}
		if s.path == "" {
			s.path = id
		}
		if env, ok := strings.CutPrefix(artifact.Environment, "aws://"); ok {
			s.account, _, _ = strings.Cut(env, "/")
			if !isDigits(s.account) {
				s.account = ""
			}
		}
		additional, inline := artifact.AdditionalFile, artifact.Metadata
		if additional == "" {
			additional = artifact.Properties.AdditionalFile
		}
		s.metadata = sync.OnceValue(func() map[string][]metadataEntry { return a.readMetadata(inline, additional) })
		s.assets = sync.OnceValue(func() map[string]string {
			return a.readAssets(strings.TrimSuffix(file, ".template.json") + ".assets.json")
		})
		a.stacks[file] = s
	}
	a.nested = sync.OnceValue(a.readNested)
	a.tree = sync.OnceValue(func() *constructTree { return readTree(files, dir) })
	return a
}

// readMetadata merges the metadata of the manifest and of the file beside it: since aws-cdk-lib 2.242.0 it is in the latter
// alone (cdk.md §1).
func (a *assembly) readMetadata(inline map[string][]metadataEntry, file string) map[string][]metadataEntry {
	all := map[string][]metadataEntry{}
	for p, entries := range inline {
		all[p] = entries
	}
	if isName(file) {
		var more map[string][]metadataEntry
		if json.Unmarshal(readFile(a.files, path.Join(a.dir, file)), &more) == nil {
			for p, entries := range more {
				all[p] = append(all[p], entries...)
			}
		}
	}
	return all
}

// readAssets lists the templates among the assets of a stack by their hash.
func (a *assembly) readAssets(file string) map[string]string {
	var manifest struct {
		Files map[string]struct {
			Source struct {
				Path string `json:"path"`
			} `json:"source"`
		} `json:"files"`
	}
	all := map[string]string{}
	if json.Unmarshal(readFile(a.files, path.Join(a.dir, file)), &manifest) != nil {
		return all
	}
	for hash, f := range manifest.Files {
		if isName(f.Source.Path) && strings.HasSuffix(f.Source.Path, ".json") && len(hash) >= 32 {
			all[hash] = f.Source.Path
		}
	}
	return all
}

// readNested finds the stack that each nested template belongs to, by the assets of the stacks.
func (a *assembly) readNested() map[string]*stack {
	all := map[string]*stack{}
	var files []string
	for file := range a.stacks {
		files = append(files, file)
	}
	slices.Sort(files)
	for _, file := range files {
		s := a.stacks[file]
		for _, name := range s.assets() {
			if a.stacks[name] == nil && all[name] == nil {
				all[name] = s
			}
		}
	}
	return all
}

// assetOf returns the nested template whose hash stands in a URL: without the CDK's own command line no template has
// aws:asset:path (cdk.md §3, step 1).
func (s *stack) assetOf(url string) string {
	if s == nil || url == "" {
		return ""
	}
	for hash, name := range s.assets() {
		if strings.Contains(url, hash) {
			return name
		}
	}
	return ""
}

// findAssembly finds the stack of a CDK assembly that the template is of.
func (t *Template) findAssembly() {
	if t.opt.Files == nil || t.outer != nil {
		return
	}
	a := t.opt.Repository.assemblyIn(t.opt.Files, path.Dir(t.place()))
	if a == nil {
		return
	}
	name := path.Base(t.place())
	if t.stack = a.stacks[name]; t.stack != nil {
		t.StackName = t.stack.name
	} else if t.stack = a.nested()[name]; t.stack != nil {
		t.nestedIn = true
	} else {
		return
	}
	t.generated = true
}

// constructTree is what is used of tree.json: the construct paths by logical id, and those of nested stacks.
type constructTree struct {
	byLogicalID map[string][]string
	nested      []string
}

// readTree reads tree.json; the assembly of a stage has none, the one around it does (cdk.md §2.2).
func readTree(files fs.FS, dir string) *constructTree {
	src := readFile(files, path.Join(dir, "tree.json"))
	if src == nil && strings.HasPrefix(path.Base(dir), "assembly-") {
		src = readFile(files, path.Join(path.Dir(dir), "tree.json"))
	}
	var file struct {
		Tree *treeNode `json:"tree"`
	}
	all := &constructTree{byLogicalID: map[string][]string{}}
	if json.Unmarshal(src, &file) == nil && file.Tree != nil {
		all.walk(file.Tree, 0)
	}
	return all
}

type treeNode struct {
	Path          string               `json:"path"`
	Children      map[string]*treeNode `json:"children"`
	ConstructInfo struct {
		FQN string `json:"fqn"`
	} `json:"constructInfo"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

func (t *constructTree) walk(n *treeNode, depth int) {
	if n == nil || depth > maxNesting {
		return
	}
	if strings.HasSuffix(n.ConstructInfo.FQN, ".NestedStack") {
		t.nested = append(t.nested, n.Path)
	}
	var id string
	if json.Unmarshal(n.Attributes["aws:cdk:cloudformation:logicalId"], &id) == nil && id != "" {
		t.byLogicalID[id] = append(t.byLogicalID[id], n.Path)
	}
	for _, c := range n.Children {
		t.walk(c, depth+1)
	}
}
