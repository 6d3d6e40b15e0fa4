package config

import (
	"regexp"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// What values look like. Schema holds the same patterns.
const (
	accountPattern      = `^[0-9]{12}$`
	organizationPattern = `^o-[a-z0-9]{10,32}$`
	principalPattern    = `^arn:(aws[a-z0-9-]*|\$\{AWS::Partition\}):(iam|sts)::([0-9]{12}|\$\{AWS::AccountId\}):(user|role|assumed-role|federated-user)/[!-)+->@-~]+$`
	rulePattern         = `^KMS[0-9]{3}$`
	datePattern         = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	fingerprintPattern  = `^[!-~]{1,128}$`
)

var (
	accountForm      = regexp.MustCompile(accountPattern)
	organizationForm = regexp.MustCompile(organizationPattern)
	principalForm    = regexp.MustCompile(principalPattern)
	fingerprintForm  = regexp.MustCompile(fingerprintPattern)
)

// Parse reads a configuration whose rules may be those of the ids. Each error is a [*syntax.Error]; with any, there is no
// configuration, so that a typing mistake can never loosen a check.
func Parse(name string, src []byte, rules []string) (*Config, []error) {
	f, err := syntax.Parse(name, src)
	if err != nil {
		return nil, []error{err}
	}
	r := &reader{file: f, known: rules}
	c := Default()
	switch {
	case f.Root() == nil:
		r.fail(&syntax.Node{}, "configuration is empty: write version: 1")
	case len(f.Roots) > 1:
		r.fail(f.Roots[1], "configuration has a second document, which would be ignored: remove it")
	default:
		r.config(f.Root(), c)
	}
	if len(r.errs) > 0 {
		return nil, r.errs
	}
	return c, nil
}

// names are the fields of the configuration, in the order of the documentation.
var names = []string{"version", "account", "accounts", "include", "exclude", "delegation", "administrators", "deployers", "trusted", "sources", "rules", "ignore"}

func (r *reader) config(n *syntax.Node, c *Config) {
	version := false
	ok := r.fields(n, "configuration", names, map[string]func(*syntax.Node){
		"version": func(n *syntax.Node) {
			version = true
			if n.Kind != syntax.Scalar || n.Type != syntax.Number || n.Value != "1" || n.Tag != "" {
				r.fail(n, "version is not 1, the only one that this kmsguard knows: write version: 1, or use a later release")
			}
		},
		"account": func(n *syntax.Node) { c.Account, _ = r.account(n, "account") },
		"accounts": func(n *syntax.Node) {
			r.list(n, "accounts", func(n *syntax.Node) { c.Accounts = append(c.Accounts, r.pathAccount(n)) })
		},
		"include": func(n *syntax.Node) { c.Include = r.globs(n, "include") },
		"exclude": func(n *syntax.Node) { c.Exclude = r.globs(n, "exclude") },
		"delegation": func(n *syntax.Node) {
			word, _ := r.choice(n, "delegation", string(Forbid), string(Administration), string(Allow))
			c.Delegation = Delegation(word)
		},
		"administrators": func(n *syntax.Node) { c.Administrators = r.principals(n, "administrators", "administrator") },
		"deployers":      func(n *syntax.Node) { c.Deployers = r.principals(n, "deployers", "deployer") },
		"trusted":        func(n *syntax.Node) { c.Trusted = r.outsiders(n, "trusted") },
		"sources":        func(n *syntax.Node) { c.Sources = r.outsiders(n, "sources") },
		"rules":          func(n *syntax.Node) { c.Rules = r.rules(n) },
		"ignore": func(n *syntax.Node) {
			c.Ignore = r.ignores(n, "ignore", ignoreNames)
		},
	})
	if ok && !version {
		r.fail(n, "configuration has no version: write version: 1")
	}
}

func (r *reader) account(n *syntax.Node, what string) (string, bool) {
	return r.matching(n, what, accountForm.MatchString, "no account id: write twelve digits in quotes")
}

func (r *reader) pathAccount(n *syntax.Node) (a Account) {
	r.fields(n, "entry of accounts", []string{"path", "account"}, map[string]func(*syntax.Node){
		"path":    func(n *syntax.Node) { a.Path, _ = r.glob(n, "path") },
		"account": func(n *syntax.Node) { a.Account, _ = r.account(n, "account") },
	})
	if n.Kind == syntax.Mapping && (n.Get("path") == nil || n.Get("account") == nil) {
		r.fail(n, "entry of accounts needs both path and account")
	}
	return a
}

func (r *reader) glob(n *syntax.Node, what string) (string, bool) {
	return r.matching(n, what, doublestar.ValidatePattern, "malformed as a glob: see the patterns of doublestar, such as stacks/**/*.yaml")
}

func (r *reader) globs(n *syntax.Node, what string) []string {
	list := []string{}
	r.list(n, what, func(n *syntax.Node) {
		if g, ok := r.glob(n, "glob of "+what); ok {
			list = append(list, g)
		}
	})
	return list
}

func (r *reader) principals(n *syntax.Node, what, one string) []string {
	var list []string
	r.list(n, what, func(n *syntax.Node) {
		p, ok := r.matching(n, one, principalForm.MatchString,
			"no ARN of one role or user: write it without wildcards, as arn:${AWS::Partition}:iam::${AWS::AccountId}:role/NAME")
		if ok {
			list = append(list, p)
		}
	})
	return list
}

func (r *reader) outsiders(n *syntax.Node, what string) (o Outsiders) {
	r.fields(n, what, []string{"accounts", "organizations"}, map[string]func(*syntax.Node){
		"accounts": func(n *syntax.Node) {
			r.list(n, "accounts of "+what, func(n *syntax.Node) {
				if a, ok := r.account(n, "account"); ok {
					o.Accounts = append(o.Accounts, a)
				}
			})
		},
		"organizations": func(n *syntax.Node) {
			r.list(n, "organizations of "+what, func(n *syntax.Node) {
				id, ok := r.matching(n, "organization", organizationForm.MatchString, "no organization id: write one such as o-a1b2c3d4e5")
				if ok {
					o.Organizations = append(o.Organizations, id)
				}
			})
		},
	})
	return o
}

func (r *reader) rules(n *syntax.Node) map[string]Level {
	levels := map[string]Level{}
	read := map[string]func(*syntax.Node){}
	for _, id := range r.known {
		read[id] = func(n *syntax.Node) {
			if n.Kind == syntax.Scalar {
				if n.Value != "off" || n.Tag != "" {
					r.fail(n, "rule %s has a bare value that is not off: write off or {level: note}", id)
				}
				levels[id] = Off
				return
			}
			r.fields(n, "rule "+id, []string{"level"}, map[string]func(*syntax.Node){
				"level": func(n *syntax.Node) {
					word, _ := r.choice(n, "level of "+id, "error", "warning", "note", "off")
					levels[id] = Level(word)
				},
			})
			if n.Kind == syntax.Mapping && n.Get("level") == nil {
				r.fail(n, "rule %s has no level: write {level: note} or off", id)
			}
		}
	}
	r.fields(n, "rules", r.known, read)
	return levels
}
