package cfn

import (
	"encoding/json"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// toJSONString is the text of a value where every part of it is known, symbols included. Source: "Fn::ToJsonString" of the
// CloudFormation User Guide.
func (w *work) toJSONString(c call) *policy.Value {
	var b strings.Builder
	v := w.argument(c)
	if construct := writeJSON(&b, v); construct != "" {
		return unknown(c.node, construct)
	}
	return text(c.node, b.String())
}

// writeJSON writes a value as JSON, or names what stops it.
func writeJSON(b *strings.Builder, v *policy.Value) string {
	if b.Len() > maxText {
		return "a JSON text over the limit"
	}
	first := true
	comma := func() {
		if !first {
			b.WriteByte(',')
		}
		first = false
	}
	switch v.Kind {
	case policy.Text:
		if v.Type != syntax.String {
			b.WriteString(deployed(v))
			return ""
		}
		b.WriteString(quote(v.Text))
	case policy.List:
		b.WriteByte('[')
		for _, item := range v.Items {
			if item.Kind == policy.Absent {
				continue
			}
			comma()
			if construct := writeJSON(b, item); construct != "" {
				return construct
			}
		}
		b.WriteByte(']')
	case policy.Object:
		b.WriteByte('{')
		for _, m := range v.Members {
			if m.Value.Kind == policy.Absent {
				continue
			}
			comma()
			b.WriteString(quote(m.Key) + ":")
			if construct := writeJSON(b, m.Value); construct != "" {
				return construct
			}
		}
		b.WriteByte('}')
	case policy.Unknown:
		return v.Construct
	default:
		return "Fn::ToJsonString of a choice"
	}
	return ""
}

func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(q)
}
