package cfn

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Index joins the templates of a repository: which key is a copy of which, which template is nested in which, what exports
// and outputs mean, and which identities reach which key through their IAM policies. Rules and fixes ask it.
type Index struct {
	Templates []*Template // sorted by file and name
	// Keys are the keys of all templates without copies, sorted by file and offset.
	Keys []*Key

	// mu guards all below. The index works on shadows of the templates, with symbols of their own, so that asking about a key
	// touches no symbols but those of the key's template: files can be judged in parallel.
	mu      sync.Mutex
	shadows map[*Template]*Template
	byPlace map[string]*Template   // of whole files
	exports map[string]*meaning    // by what people see of the name
	byStack map[string][]*Template // by the name of the CDK stack
	parents map[*Template][]parentStack
	// originals are the templates by their shadows; order has the shadows of nested templates with parents, parents first, and
	// meanings what each of these is passed.
	originals map[*Template]*Template
	order     []*Template
	passedTo  map[*Template]bool
	meanings  map[*Template][]boundText
	moves     map[string]bool                    // names of symbols that say which template they are of
	children  map[*Template]map[string]*Template // by the logical id of the nested stack
	keyTexts  map[*Template]map[string]*Key      // what stands for a key in its own template: ARN and id
	uses      map[*Key][]use
	every     []use // statements on patterns that no single key is meant by
	ready     bool
	cut       map[*Key]bool                 // keys whose uses are over maxWideUses
	before    map[*Template][]*syntax.Error // the errors of reading

	foreignCache map[foreignKey]*population
}

type parentStack struct {
	t        *Template
	resource *resource
}

// meaning is a text with the template in whose symbols it is written.
type meaning struct {
	t    *Template
	text string
}

// use is a statement of an IAM policy before it is put in terms of a key.
type use struct {
	t         *Template
	identity  *Identity
	grant     *Grant
	statement *policy.Statement
	pattern   string // the resource, where it is a pattern
}

// Use is a statement of an IAM policy that reaches a key, in the symbols and with the own account of the key. Its principal
// is the identity.
type Use struct {
	Identity  *Identity
	Grant     *Grant
	Statement *policy.Statement
	// Every tells that the resource is a pattern, such as "*", that fits this key among others.
	Every bool
	// Local tells that the identity stands in the template of the key.
	Local bool
}

// Join joins templates. Their order does not matter. What a template passes to the parameters of its nested stacks becomes the
// value of these in the nested templates, whose keys are read again: so Join comes before anything asks about a key. The
// bindings stay in the [Repository] of the options and hold for whatever is opened with it afterwards.
func Join(templates ...*Template) *Index {
	x := &Index{Templates: slices.Clone(templates), shadows: map[*Template]*Template{}, byPlace: map[string]*Template{}, exports: map[string]*meaning{}, byStack: map[string][]*Template{},
		parents: map[*Template][]parentStack{}, children: map[*Template]map[string]*Template{}, keyTexts: map[*Template]map[string]*Key{}, uses: map[*Key][]use{},
		originals: map[*Template]*Template{}, passedTo: map[*Template]bool{}, meanings: map[*Template][]boundText{}, moves: map[string]bool{},
		cut: map[*Key]bool{}, before: map[*Template][]*syntax.Error{}}
	slices.SortStableFunc(x.Templates, func(a, b *Template) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Root.Span.Start, b.Root.Span.Start))
	})
	for _, original := range x.Templates {
		t := original.shadow()
		x.shadows[original], x.originals[t] = t, original
		x.before[original] = slices.Clone(original.Errors)
		if t.isWhole() {
			x.byPlace[t.place()] = t
		}
		if t.StackName != "" {
			x.byStack[t.StackName] = append(x.byStack[t.StackName], t)
		}
	}
	for _, t := range x.Templates {
		x.nest(x.shadows[t])
	}
	x.passDown()
	x.findCopies()
	return x
}

// shadow is the template read again with symbols and limits of its own, without its keys.
func (t *Template) shadow() *Template {
	opt := t.opt
	opt.Symbols = nil
	s := newTemplate(t.File, t.Root, opt)
	s.Name, s.StackName, s.embedded, s.outer, s.body, s.stack, s.nestedIn, s.generated, s.passing = t.Name, t.StackName, t.embedded, t.outer, t.body, t.stack, t.nestedIn, t.generated, t.passing
	if len(t.order) > 0 {
		s.readPlan()
	}
	return s
}

// Uses lists the statements of IAM policies that reach the key, in the order of files and offsets: first those that mean it,
// then those on patterns that fit it. It may be called from several goroutines, for keys of one template from one at a time.
func (x *Index) Uses(k *Key) []Use {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.build()
	var all []Use
	for _, u := range x.uses[k] {
		all = append(all, x.render(k, u, false)...)
	}
	wide := 0
	for _, u := range x.every {
		if a, _ := u.t.knownAccount(); a != "" && a != k.Account.ID {
			continue // an identity of another account
		}
		if x.fits(u, k) {
			if wide++; wide > maxWideUses {
				x.cut[k] = true
				break
			}
			all = append(all, x.render(k, u, true)...)
		}
	}
	return all
}

// fits tells whether the pattern of a statement can mean a key.
func (x *Index) fits(u use, k *Key) bool {
	return u.pattern == "*" || glob.Wildcard(x.patternFor(u, k)).Match(k.arn())
}

// patternFor writes the pattern of a statement for a key: what the statement's template calls its own account and partition
// are the key's.
func (x *Index) patternFor(u use, k *Key) string {
	s := x.moved(u.t, k.In, u.pattern)
	s = strings.ReplaceAll(s, k.In.Symbols.Rune(policy.AccountSymbol), k.Account.ID)
	if rest, ok := strings.CutPrefix(s, "arn:aws:"); ok {
		s = "arn:" + k.Policy.Partition + ":" + rest
	}
	return s
}

// arn is the key's ARN in the symbols of its template.
func (k *Key) arn() string {
	w := k.In.newWork(k.Account.ID, k.Policy.Partition)
	id := k.LogicalID
	if id == "" {
		id = "key"
	}
	return w.arn("kms", k.In.Symbols.Rune("${AWS::Region}"), "key/"+k.In.Symbols.Rune("${"+id+"}"))
}

// build works out once which statements mean which key.
func (x *Index) build() {
	if x.ready {
		return
	}
	x.ready = true
	for _, original := range x.Templates {
		t := x.shadows[original]
		x.readExports(t)
		texts := map[string]*Key{}
		for _, k := range original.Keys {
			if k.LogicalID != "" {
				texts[t.newWork(t.account(), "aws").arn("kms", t.Symbols.Rune("${AWS::Region}"), "key/"+t.Symbols.Rune("${"+k.LogicalID+"}"))] = k
			}
		}
		x.keyTexts[t] = texts
	}
	x.readPassedKeys()
	for _, original := range x.Templates {
		t := x.shadows[original]
		for _, id := range t.Identities() {
			for _, g := range id.Grants {
				if g.Policy == nil {
					continue
				}
				for _, s := range g.Policy.Statements {
					x.file(use{t: t, identity: id, grant: g, statement: s}, s)
				}
			}
		}
	}
}

// file puts a statement under the keys that its resources mean.
func (x *Index) file(u use, s *policy.Statement) {
	if !aboutKMS(s) {
		return
	}
	if s.NotResource {
		u.pattern = "*"
		x.every = append(x.every, u)
		return
	}
	seen := map[*Key]bool{}
	for _, r := range s.Resources {
		if r.Unknown != "" {
			continue
		}
		m := x.resolve(meaning{u.t, r.Text})
		if k := x.keyTexts[m.t][m.text]; k != nil {
			if !seen[k] {
				seen[k] = true
				x.uses[k] = append(x.uses[k], u)
			}
		} else if strings.ContainsAny(m.text, "*?") {
			u.pattern = r.Text
			x.every = append(x.every, u)
		}
	}
}

// aboutKMS tells whether a statement allows or denies any KMS action.
func aboutKMS(s *policy.Statement) bool {
	if s.NotAction {
		return true
	}
	for _, a := range s.Actions {
		service, _, found := strings.Cut(a.Text, ":")
		if a.Text == "*" || found && strings.EqualFold(service, "kms") {
			return true
		}
	}
	return false
}

// render puts a statement in terms of the key: the identities are worked out with the key's account and symbols, and the
// statement is found again by where it is written.
func (x *Index) render(k *Key, u use, every bool) []Use {
	local := u.t == x.shadows[k.In]
	people := x.foreign
	if local {
		people = func(*Template, *Key) *population { return k.In.population(k.Account.ID, k.Policy.Partition) }
	}
	id := people(u.t, k).by[u.identity.key()]
	if id == nil {
		return nil
	}
	for _, g := range id.Grants {
		if orEmpty(g.Node) != orEmpty(u.grant.Node) || g.LogicalID != u.grant.LogicalID || g.Policy == nil {
			continue
		}
		for _, s := range g.Policy.Statements {
			if orEmpty(s.Node) == orEmpty(u.statement.Node) && s.Index == u.statement.Index && guardText(s.When) == guardText(u.statement.When) {
				return []Use{{Identity: id, Grant: g, Statement: s, Every: every, Local: local}}
			}
		}
	}
	return nil
}
