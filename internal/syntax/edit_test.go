package syntax

import (
	"strings"
	"testing"
)

func TestApply(t *testing.T) {
	src := []byte("abcdef")
	tests := []struct {
		edits []Edit
		want  string
		err   string
	}{
		{nil, "abcdef", ""},
		{[]Edit{{4, 5, "E"}, {0, 1, "A"}}, "AbcdEf", ""},
		{[]Edit{{2, 2, "1"}, {2, 2, "2"}, {2, 3, "C"}}, "ab12Cdef", ""},
		{[]Edit{{6, 6, "!"}, {0, 0, "?"}}, "?abcdef!", ""},
		{[]Edit{{0, 3, ""}, {2, 4, ""}}, "", "the edits of bytes up to 3 and from 2 overlap; make them one after the other"},
		{[]Edit{{5, 7, ""}}, "", "the edit of bytes 5 to 7 is outside the source of 6 bytes; parse the file again"},
		{[]Edit{{3, 2, ""}}, "", "the edit of bytes 3 to 2 is outside the source of 6 bytes; parse the file again"},
	}
	for _, tt := range tests {
		got, err := Apply(src, tt.edits)
		if err != nil && err.Error() != tt.err || err == nil && (tt.err != "" || string(got) != tt.want) {
			t.Errorf("%v: %q, %v; want %q, %s", tt.edits, got, err, tt.want, tt.err)
		}
	}
	if string(src) != "abcdef" {
		t.Error("the source changed")
	}
}

// at returns the node at the keys, of which numbers are indexes.
func at(t testing.TB, f *File, path string) *Node {
	t.Helper()
	n := f.Root()
	for _, step := range strings.Fields(path) {
		if step[0] >= '0' && step[0] <= '9' {
			n = n.Items[step[0]-'0']
		} else {
			n = n.Get(step)
		}
		if n == nil {
			t.Fatalf("nothing at %s in %s", path, f.Source)
		}
	}
	return n
}

var condition = NewMapping("StringEquals", NewMapping("aws:PrincipalType", NewString("Account")))

// TestEditsInOddHands shows single edits in files that people write.
func TestEditsInOddHands(t *testing.T) {
	set := func(path, key, after string, v *Node) func(*testing.T, *File) Edit {
		return func(t *testing.T, f *File) Edit { return f.SetMember(at(t, f, path), key, v, after) }
	}
	insert := func(path string, i int, v *Node) func(*testing.T, *File) Edit {
		return func(t *testing.T, f *File) Edit { return f.InsertItem(at(t, f, path), i, v) }
	}
	remove := func(path string, i int) func(*testing.T, *File) Edit {
		return func(t *testing.T, f *File) Edit { return f.RemoveItem(at(t, f, path), i) }
	}
	wrap := func(path string, more ...*Node) func(*testing.T, *File) Edit {
		return func(t *testing.T, f *File) Edit { return f.WrapInSequence(at(t, f, path), more...) }
	}
	replace := func(path string, v *Node) func(*testing.T, *File) Edit {
		return func(t *testing.T, f *File) Edit { return f.Replace(at(t, f, path), v) }
	}
	small := NewMapping("Sid", NewString("B"), "Action", NewString("kms:*"))
	tests := []struct {
		name, before string
		edit         func(*testing.T, *File) Edit
		after        string
	}{
		{"json: brackets that hug", `{
  "Statement": [{
    "Sid": "A",
    "Action": "kms:*"
  }]
}
`, insert("Statement", 1, small), `{
  "Statement": [{
    "Sid": "A",
    "Action": "kms:*"
  }, {
    "Sid": "B",
    "Action": "kms:*"
  }]
}
`},
		{"json: commas that lead", `{ "Sid": "A"
, "Effect": "Allow"
, "Resource": "*"
}`, set("", "Action", "Effect", NewString("kms:*")), `{ "Sid": "A"
, "Effect": "Allow"
, "Action": "kms:*"
, "Resource": "*"
}`},
		{"json: aligned list", `{
  "Action": ["kms:A",
             "kms:B"]
}`, insert("Action", 2, NewString("kms:C")), `{
  "Action": ["kms:A",
             "kms:B",
             "kms:C"]
}`},
		{"json: empty object", `{"a": {}, "b": {"c": 1}}`, set("a", "x", "", NewString("y")), `{"a": {"x": "y"}, "b": {"c": 1}}`},
		{"json: statement alone, Allman", `{
    "Version": "2012-10-17",
    "Statement":
    {
        "Sid": "A",
        "Action": "kms:*"
    }
}
`, wrap("Statement", small), `{
    "Version": "2012-10-17",
    "Statement":
    [
        {
            "Sid": "A",
            "Action": "kms:*"
        },
        {
            "Sid": "B",
            "Action": "kms:*"
        }
    ]
}
`},
		{"json: statement alone, tabs", "{\n\t\"Statement\": {\n\t\t\"Sid\": \"A\",\n\t\t\"Action\": [\"kms:*\"]\n\t}\n}\n", wrap("Statement", small),
			"{\n\t\"Statement\": [\n\t\t{\n\t\t\t\"Sid\": \"A\",\n\t\t\t\"Action\": [\"kms:*\"]\n\t\t},\n\t\t{\n\t\t\t\"Sid\": \"B\",\n\t\t\t\"Action\": \"kms:*\"\n\t\t}\n\t]\n}\n"},
		{"json: one principal becomes two", `{"Principal": {"AWS":"a"}}`, wrap("Principal AWS", NewString("b")), `{"Principal": {"AWS":["a","b"]}}`},
		{"json: list to scalar, Allman", "{\n    \"Action\":\n    [\n        \"kms:*\"\n    ]\n}", replace("Action", NewString("kms:Get*")), "{\n    \"Action\": \"kms:Get*\"\n}"},
		{"json: the only statement of a template with references", `{
  "Account": { "Ref": "AWS::AccountId" },
  "Other": { "Fn::Sub": "x" },
  "Statement": {
    "Principal": {
      "AWS": [
        "a"
      ]
    }
  }
}`, set("Statement", "Condition", "", condition), `{
  "Account": { "Ref": "AWS::AccountId" },
  "Other": { "Fn::Sub": "x" },
  "Statement": {
    "Principal": {
      "AWS": [
        "a"
      ]
    },
    "Condition": {
      "StringEquals": {
        "aws:PrincipalType": "Account"
      }
    }
  }
}`},
		{"yaml: comments stay", `Statement:
  # the account
  - Sid: A # root
    Action: kms:*
    # - kms:Old
    Resource: '*' # all

  # the admins
  - Sid: C
`, insert("Statement", 1, small), `Statement:
  # the account
  - Sid: A # root
    Action: kms:*
    # - kms:Old
    Resource: '*' # all
  - Sid: B
    Action: kms:*

  # the admins
  - Sid: C
`},
		{"yaml: member after a comment", `Statement:
  - Sid: A
    Action:
      - kms:*
      # - kms:Old
    # what
    Resource: '*' # all
    # end
`, set("Statement 0", "Condition", "Action", condition), `Statement:
  - Sid: A
    Action:
      - kms:*
      # - kms:Old
    Condition:
      StringEquals:
        aws:PrincipalType: Account
    # what
    Resource: '*' # all
    # end
`},
		{"yaml: a removed statement takes its comments", `Statement:
  # the account
  - Sid: A # root
    Resource: '*' # all
    # end of it
  # the admins
  - Sid: C
`, remove("Statement", 0), `Statement:
  # the admins
  - Sid: C
`},
		{"yaml: what looks like a comment at the end of a block scalar stays", `Statement:
  - Code: |
      #!/bin/sh
      # done
  # the admins
  - Sid: C
Other: d
`, remove("Statement", 1), `Statement:
  - Code: |
      #!/bin/sh
      # done
Other: d
`},
		{"yaml: statement alone", `Key:
  Statement:
    Sid: A # a
    # b
    Action: kms:*
  Other: [x]
`, wrap("Key Statement", small), `Key:
  Statement:
    - Sid: A # a
      # b
      Action: kms:*
    - Sid: B
      Action: kms:*
  Other: [x]
`},
		{"yaml: statement alone, lists under their keys", `Statement:
  Sid: A
  Action:
  - kms:*
`, wrap("Statement", small), `Statement:
- Sid: A
  Action:
  - kms:*
- Sid: B
  Action: kms:*
`},
		{"yaml: wide dashes", `Statement:
-   Sid: A
    Action: kms:*
`, insert("Statement", 0, small), `Statement:
-   Sid: B
    Action: kms:*
-   Sid: A
    Action: kms:*
`},
		{"yaml: dash alone", `Statement:
  -
    Sid: 'A'
    Action:
      - 'kms:*'
`, insert("Statement", 1, small), `Statement:
  -
    Sid: 'A'
    Action:
      - 'kms:*'
  -
    Sid: 'B'
    Action: 'kms:*'
`},
		{"yaml: no last line end", "a:\n  - b", insert("a", 1, NewString("c")), "a:\n  - b\n  - c"},
		{"yaml: after a block scalar", "a:\n  - |\n    x\n\nb: 1\n", insert("a", 1, NewString("c")), "a:\n  - |\n    x\n  - c\n\nb: 1\n"},
		{"yaml: after an unfinished block scalar", "a:\n  - |\n    x", insert("a", 1, NewString("c")), "a:\n  - |-\n    x\n  - c"},
		{"yaml: flow list with comments", "a: [\n  b, # of b\n  # of c\n  c # last\n]\n", insert("a", 2, NewString("d")), "a: [\n  b, # of b\n  # of c\n  c, # last\n  d\n]\n"},
		{"yaml: flow list with comments, inside", "a: [\n  b, # of b\n  # of c\n  c # last\n]\n", insert("a", 1, NewString("d")), "a: [\n  b, # of b\n  d,\n  # of c\n  c # last\n]\n"},
		{"yaml: flow list with a trailing comma", "a: [\n  b,\n  c,\n]\n", insert("a", 2, NewString("d")), "a: [\n  b,\n  c,\n  d,\n]\n"},
		{"yaml: what would be read as another type is quoted", "a: [b]\n", insert("a", 1, NewString("012345678901")), "a: [b, \"012345678901\"]\n"},
		{"yaml: a boolean is not", "a: 'b'\n", set("", "c", "", NewBool(true)), "a: 'b'\nc: true\n"},
		{"yaml: scalar to mapping and its comment", "a: b # c\nd: e\n", replace("a", NewMapping("x", NewString("z"))), "a:\n  x: z # c\nd: e\n"},
		{"yaml: mapping to scalar", "a: # c\n  x: y\nd: e\n", replace("a", NewString("b")), "a: # c\n  b\nd: e\n"},
		{"yaml: mapping to scalar without a comment", "a:\n  x: y\nd: e\n", replace("a", NewString("b")), "a: b\nd: e\n"},
		{"yaml: empty value", "a:\nd: e\n", replace("a", NewString("b")), "a: b\nd: e\n"},
		{"yaml: the last item leaves an empty list", "a:\n  - x\nd: e\n", remove("a", 0), "a: []\nd: e\n"},
		{"yaml: an anchor stays", "a: &x b\nd: *x\n", replace("a", NewString("c")), "a: &x c\nd: *x\n"},
		{"yaml: intrinsic", "AWS:\n  - !Sub 'arn:${X}'\n", insert("AWS", 1, NewTagged("!GetAtt", "Role.Arn")), "AWS:\n  - !Sub 'arn:${X}'\n  - !GetAtt Role.Arn\n"},
		{"yaml: brackets are padded as in the same statement", `Statement:
  - Sid: A
    Principal: { AWS: a }
    Resource: '*'
Outputs: {Id: {Value: b}, Arn: {Value: c}}
`, set("Statement 0", "Condition", "Resource", condition), `Statement:
  - Sid: A
    Principal: { AWS: a }
    Resource: '*'
    Condition: { StringEquals: { aws:PrincipalType: Account } }
Outputs: {Id: {Value: b}, Arn: {Value: c}}
`},
		{"yaml: brackets are padded as in the next statement", `Statement:
  - Sid: A
    Principal: '*'
    Resource: '*'
  - Sid: B
    Principal: { AWS: a }
    Action: [ x,y ]
Outputs: {Id: {Value: b}, Arn: {Value: c}, List: [d, e], Other: [f, g]}
`, set("Statement 0", "Condition", "Resource", NewMapping("StringEquals", NewMapping("aws:PrincipalType", NewSequence(NewString("Account"), NewString("User"))))), `Statement:
  - Sid: A
    Principal: '*'
    Resource: '*'
    Condition: { StringEquals: { aws:PrincipalType: [ Account,User ] } }
  - Sid: B
    Principal: { AWS: a }
    Action: [ x,y ]
Outputs: {Id: {Value: b}, Arn: {Value: c}, List: [d, e], Other: [f, g]}
`},
		{"yaml: brackets are not padded beside one that is not", `Statement:
  - Sid: A
    Principal: {AWS: a}
Outputs: { Id: { Value: b }, Arn: { Value: c } }
`, set("Statement 0", "Condition", "", condition), `Statement:
  - Sid: A
    Principal: {AWS: a}
    Condition: {StringEquals: {aws:PrincipalType: Account}}
Outputs: { Id: { Value: b }, Arn: { Value: c } }
`},
		{"json: brackets are padded as in the same statement", `{
  "Statement": [
    {"Principal": { "AWS": "a" },
     "Action": "b"}
  ],
  "Outputs": {"Id": {"Value": "c"}, "Arn": {"Value": "d"}}
}`, set("Statement 0", "Condition", "", condition), `{
  "Statement": [
    {"Principal": { "AWS": "a" },
     "Action": "b",
     "Condition": { "StringEquals": { "aws:PrincipalType": "Account" } }}
  ],
  "Outputs": {"Id": {"Value": "c"}, "Arn": {"Value": "d"}}
}`},
		{"yaml: mapping in a list becomes flow as its neighbours", "a:\n- {x: 1}\n", insert("a", 1, NewMapping("x", NewString("z"))), "a:\n- {x: 1}\n- {x: z}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.name, tt.before)
			compare(t, apply(t, f, tt.edit(t, f)), tt.after)
			crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
			f = parse(t, tt.name, crlf(tt.before))
			if strings.Count(tt.before, "\n") > 0 {
				compare(t, apply(t, f, tt.edit(t, f)), crlf(tt.after))
			}
		})
	}
}
