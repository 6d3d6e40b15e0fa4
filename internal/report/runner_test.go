package report

import (
	"strings"
	"unicode"
)

// runnerCommands returns the workflow commands that GitHub's runner would find in a log, by the rules of github.md
// §10.1 and stricter than it: every name is taken for a command, invisible runes are skipped as the culture's
// comparison skips them, and a lone carriage return ends a line.
func runnerCommands(log string) []string {
	var found []string
	for _, line := range strings.FieldsFunc(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		seen := strings.Map(func(r rune) rune {
			if r != '\t' && unicode.In(r, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Mn) {
				return -1
			}
			return r
		}, line)
		trimmed := strings.TrimLeftFunc(seen, unicode.IsSpace)
		if rest, ok := strings.CutPrefix(trimmed, "::"); ok && strings.Contains(rest, "::") {
			found = append(found, trimmed)
		} else if _, rest, ok := strings.Cut(seen, "##["); ok && strings.Contains(rest, "]") {
			found = append(found, seen)
		}
	}
	return found
}

// annotation is what the runner makes of a workflow command.
type annotation struct {
	command, message string
	props            map[string]string
}

func parseAnnotation(line string) annotation {
	head, message, _ := strings.Cut(strings.TrimPrefix(line, "::"), "::")
	command, list, _ := strings.Cut(head, " ")
	a := annotation{command: command, message: strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(message), props: map[string]string{}}
	for p := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(p, "=")
		if name != "" {
			a.props[name] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
		}
	}
	return a
}

// evils are texts that want to be something else.
var evils = []string{
	"a\n::set-output name=blocked::false\n::stop-commands::x",
	"::error::x",
	"   \t\u00a0::add-mask::root",
	"x ##[add-mask]root ##[command]",
	"#\u00ad#[error]x\u200b::y::",
	"\r##[error]x\r::warning::y::",
	"\u2028::error::x\u0085::error::y\x0b::error::z",
	"\x1b]0;title\x07\x1b[31mred\x9b31m",
	"@octocat @org/team #123 octo/repo#1 GH-12 https://evil.example www.evil.example mailto:a@b.example :shipit: :+1:",
	"[link](https://evil.example) ![picture](https://evil.example/x.png) <img src=x onerror=alert(1)> <!-- marker -->",
	"<script>alert(1)</script></pre></span></details>\"' onload='x",
	"``` \n```\n````suggestion\nx\n`````",
	"a|b|c\\|d`e|f`\\`",
	"# heading\n- list\n1. one\n> quote\n***\n| a | b |\n|---|---|\n$x$ $$y$$",
	"\u202etxt.exe\u2066 \U000e0041\ufe0f\u3164",
	"\xff\xfe\x00 not UTF-8 \xed\xa0\x80",
	"%0A::error::x%25",
	"{0} ](x) [a](0)",
	strings.Repeat("x", 5000),
}
