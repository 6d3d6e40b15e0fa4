package cfn

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Options are what a reader of templates knows beside the file. The zero value reads the file alone.
type Options struct {
	// Account returns the account that the configuration gives to a file, with how it is known; "" where it gives none.
	Account func(path string) (id, how string)
	// Files is the repository, for included files, nested templates, parameter files, CDK assemblies and source maps. Nothing outside it is ever opened. May be nil.
	Files fs.FS
	// CDKRoot is the folder in which the CDK was run, as stack traces write it; "" lets it be found out.
	CDKRoot string
	// Repository holds what the files of one tree share; nil reads assemblies anew for every file.
	Repository *Repository
	// Symbols is the table of the symbols, so that two versions of a file can be compared; nil makes one for each file.
	Symbols *policy.Symbols
	// Only is the id of the one key that is asked for, "" for all: the others of a template are then not read.
	Only string
}

// Template is one template or policy document with what it holds. A file has one, or several: a snapshot, documents of YAML,
// templates inside strings.
type Template struct {
	File *syntax.File
	Root *syntax.Node
	// Name tells the templates of one file apart; "" for the only one.
	Name      string
	StackName string // where a CDK manifest tells it
	Symbols   *policy.Symbols
	Keys      []*Key
	// Errors are parts that could not be read at all and might hold a key.
	Errors []*syntax.Error

	opt        Options
	embedded   *syntax.Embedded // the string the template stands in
	outer      *syntax.File     // the file that holds the string
	body       *syntax.Node     // the string
	resources  map[string]*resource
	order      []*resource
	parameters map[string]*parameter
	domains    map[string]*domain
	conditions map[string]*condition
	// byDimension has the conditions by the names of their dimensions.
	byDimension map[string]*condition
	mappings    *syntax.Node
	outputs     []entry
	open        map[*policy.Value]string
	needs       map[string][]string
	stack       *stack
	passing     *passing // what parents of the nested stack give to the parameters, nil where there are none
	spent       int      // steps, see [work.spend]
	macroNames  []string // see [Template.macros]
	nestedIn    bool     // the template is of a nested stack of the CDK stack
	generated   bool

	included      map[string]*syntax.File
	identityCache map[string]*population
}

// resource is one entry of the Resources section, loops unrolled.
type resource struct {
	id         string
	typ        string
	node       *syntax.Node
	keyNode    *syntax.Node
	properties *syntax.Node // nil where there are none
	opaque     *syntax.Node // Properties that are no mapping, where they are such
	condition  string
	loops      map[string]string
	made       policy.Guard // the value of a list parameter whose loop makes it; nil where that does not matter
}

func newTemplate(f *syntax.File, root *syntax.Node, opt Options) *Template {
	t := &Template{File: f, Root: root, Symbols: opt.Symbols, opt: opt, resources: map[string]*resource{}, parameters: map[string]*parameter{},
		domains: map[string]*domain{}, conditions: map[string]*condition{}, byDimension: map[string]*condition{}, open: map[*policy.Value]string{}}
	if t.Symbols == nil {
		t.Symbols = &policy.Symbols{}
	}
	if t.opt.Repository == nil {
		t.opt.Repository = &Repository{}
	}
	return t
}

// isTemplate tells whether a tree is a template: its Resources have types such as AWS::KMS::Key. Wrapped templates, as
// rule tests and events hold them, are none: nobody deploys them.
func isTemplate(root *syntax.Node) bool {
	resources := root.Get("Resources")
	if resources == nil || resources.Kind != syntax.Mapping {
		return false
	}
	if root.Get("AWSTemplateFormatVersion") != nil {
		return true
	}
	for _, m := range resources.Members {
		if strings.HasPrefix(m.Key.Value, "Fn::ForEach::") {
			return true
		}
		if typ := m.Value.Resolved().Get("Type"); typ != nil && strings.Contains(typ.Value, "::") {
			return true
		}
	}
	return false
}

// read reads a template and its keys.
func (t *Template) read() {
	t.generated = isGenerated(t.Root)
	t.readPlan()
	times := map[string]int{}
	for _, r := range t.order {
		switch Kind(r.typ) {
		case KeyResource, ReplicaResource:
			id := t.id(r.id)
			if times[r.id]++; times[r.id] > 1 { // a logical id that stands twice: ids stay apart
				id += fmt.Sprintf(" (%d)", times[r.id])
			}
			if t.opt.Only == "" || t.opt.Only == id {
				k := t.key(r)
				k.ID = id
				t.Keys = append(t.Keys, k)
			}
		}
	}
}

// readPlan reads the sections of a template, or of the content of a Resources section alone.
func (t *Template) readPlan() {
	root := t.Root
	resources := root.Get("Resources")
	if !isTemplate(root) {
		resources = root
	}
	t.findAssembly()
	t.readParameters(root.Get("Parameters"))
	t.readParameterFiles()
	t.takePassed()
	t.macroNames = t.macros()
	t.mappings = root.Get("Mappings")
	for _, section := range []*syntax.Node{root.Get("Conditions"), resources, root.Get("Outputs")} {
		t.survey(section, 0)
	}
	t.readConditions(root.Get("Conditions"))
	t.readResources(resources)
	if outputs := root.Get("Outputs"); outputs != nil && outputs.Kind == syntax.Mapping {
		t.outputs = t.entries(outputs)
	}
}

// isGenerated tells a template that the CDK wrote (cdk.md §5).
func isGenerated(root *syntax.Node) bool {
	if root.Get("Parameters").Get("BootstrapVersion") != nil || root.Get("Rules").Get("CheckBootstrapVersion") != nil {
		return true
	}
	resources := root.Get("Resources")
	if resources == nil {
		return false
	}
	for _, m := range resources.Members {
		r := m.Value.Resolved()
		if r.Get("Metadata").Get("aws:cdk:path") != nil || r.Get("Type") != nil && r.Get("Type").Value == "AWS::CDK::Metadata" {
			return true
		}
	}
	return false
}

func (t *Template) readResources(section *syntax.Node) {
	if section == nil || section.Kind != syntax.Mapping {
		return
	}
	for _, e := range t.entries(section) {
		if e.value == nil || e.value.Kind != syntax.Mapping {
			continue
		}
		node := flat(t.File, e.value)
		r := &resource{id: e.key, node: node, keyNode: e.keyNode, properties: flat(t.File, node.Get("Properties")), loops: e.loops, made: e.when}
		if typ := node.Get("Type"); typ != nil {
			r.typ = typ.Value
		}
		if c := node.Get("Condition"); c != nil && c.Kind == syntax.Scalar {
			r.condition = t.Symbols.Show(t.newWork("", "aws").in(e.loops).unloop(c.Value))
		}
		if r.properties != nil && !isPlainMapping(r.properties) {
			r.properties, r.opaque = nil, r.properties
		}
		if t.resources[r.id] == nil {
			t.resources[r.id] = r
		}
		t.order = append(t.order, r)
	}
}

// isPlainMapping tells a mapping from a function that makes one, which CloudFormation does not take for Properties.
func isPlainMapping(n *syntax.Node) bool {
	_, isCall := callOf(n)
	return n.Kind == syntax.Mapping && n.Tag == "" && !isCall
}

// unread notes a part that was not read, where its text has a key.
func (t *Template) unread(n *syntax.Node, construct string) {
	if strings.Contains(t.File.Text(n.Span), "AWS::KMS::") {
		t.fail(n, "%s: the keys that it makes were not read", construct)
	}
}

// fail notes an error at a node.
func (t *Template) fail(n *syntax.Node, format string, args ...any) {
	f := t.File
	e := &syntax.Error{File: f.Name, Position: f.Position(n.Span.Start), Message: fmt.Sprintf(format, args...)}
	if t.outer != nil {
		e.File, e.Position = t.outer.Name, t.outer.Position(t.embedded.Span(n.Span).Start)
	}
	t.report(e)
}

func (t *Template) report(e *syntax.Error) {
	if !slices.ContainsFunc(t.Errors, func(o *syntax.Error) bool { return *o == *e }) {
		t.Errors = append(t.Errors, e)
	}
}

// account is the own account of the whole template: the environment of its CDK stack, else what the configuration says,
// else the symbol.
func (t *Template) account() string {
	if a, _ := t.knownAccount(); a != "" {
		return a
	}
	return t.Symbols.Rune(policy.AccountSymbol)
}
