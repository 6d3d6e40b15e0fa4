package eval

import "github.com/kmsguard/kmsguard/internal/policy"

const (
	whySomeKeys      = "a Resource pattern fits some keys of the account but not all"
	whyEarlyVariable = "policy variables before the fifth colon of a Resource are not documented"
	whyNoKeyARN      = "the resource of the request is no key ARN"
)

// resource matches Resource or NotResource with the key (semantics.md §1.5).
func (a *ask) resource(s *policy.Statement) verdict {
	v := no
	for _, p := range s.Resources {
		v = v.or(a.matchResource(p))
	}
	if s.NotResource {
		return v.not()
	}
	return v
}

// matchResource: "*" is the key; everything else is compared with the ARN of the key. Requests are about key ARNs
// always, so what fits only ARNs of aliases never matches.
func (a *ask) matchResource(p policy.Pattern) verdict {
	if p.Unknown != "" {
		return maybe("a resource is hidden by " + p.Unknown)
	}
	if p.Text == "*" {
		return yes
	}
	x := a.expand(p.Text)
	switch {
	case x.doubt != "":
		return maybe(x.doubt)
	case x.null:
		return no
	}
	v := a.matchKey(x.glob, a.symbols.Region(p.Text))
	if x.early && v.truth != No {
		return maybe(whyEarlyVariable)
	}
	return v
}

func (a *ask) matchKey(g glob, region string) verdict {
	if a.request.Resource == "" {
		v := fits(g, a.keys(region))
		if widened, changed := g.widened(); changed {
			return v.orElse(fits(widened, a.keys(region)), whyDataWildcard)
		}
		return v
	}
	if _, ok := parseKeyARN(a.request.Resource); !ok {
		return maybe(whyNoKeyARN)
	}
	return g.like(a.request.Resource)
}
