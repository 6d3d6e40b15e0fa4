package scan_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

const allKeys = `Resources:
  App:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: use
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "kms:Decrypt", Resource: "*"}
`

// TestIntroducedTemplateFindings checks that a finding about no key is introduced where the file as it was has none of its meaning, wherever it stood.
func TestIntroducedTemplateFindings(t *testing.T) {
	for _, c := range []struct {
		name string
		base *scan.Base
		want string
	}{
		{"no base", nil, "absent"},
		{"unchanged", &scan.Base{}, "false"},
		{"new file", &scan.Base{Changed: map[string]scan.Before{"t.yaml": {}}}, "true"},
		{"moved in the file", &scan.Base{Changed: map[string]scan.Before{"t.yaml": {Name: "t.yaml", Data: []byte("# old\n" + allKeys)}}}, "false"},
		{"renamed", &scan.Base{Changed: map[string]scan.Before{"t.yaml": {Name: "old.yaml", Data: []byte(allKeys)}}}, "false"},
		{"widened", &scan.Base{Changed: map[string]scan.Before{"t.yaml": {Name: "t.yaml", Data: []byte(strings.Replace(allKeys, `"*"`, `"arn:aws:kms:eu-west-1:111122223333:key/1"`, 1))}}}, "true"},
		{"did not parse", &scan.Base{Changed: map[string]scan.Before{"t.yaml": {Name: "t.yaml", Data: []byte("{")}}}, "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := scan.Scan([]repo.File{{Path: "t.yaml", Data: []byte(allKeys)}}, nil,
				scan.Options{Config: config.Default(), Rules: rules.All, Base: c.base, Jobs: 1}).Report
			if len(rep.Findings) != 1 || rep.Findings[0].Rule != "KMS020" || rep.Findings[0].Key != "" {
				t.Fatalf("findings %+v, want one of KMS020 without a key", rep.Findings)
			}
			got := "absent"
			if is := rep.Findings[0].Introduced; is != nil {
				got = map[bool]string{true: "true", false: "false"}[*is]
			}
			if got != c.want {
				t.Errorf("introduced is %s, want %s", got, c.want)
			}
		})
	}
}
