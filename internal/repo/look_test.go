package repo

import (
	"bytes"
	"regexp"
	"testing"
)

func TestLook(t *testing.T) {
	for text, want := range map[string][2]bool{ // candidate, counts
		`"Action": "kms:Decrypt"`:          {true, true},
		`"kms:*"`:                          {true, true},
		`Type: AWS::KMS::Key`:              {true, true},
		`Type: aws::kms::alias`:            {true, true},
		`kms: {key: x}`:                    {true, false},
		`arn:aws:kms:eu-west-1:1:key/x`:    {true, false},
		`my-kms:thing`:                     {true, false},
		`KMS`:                              {true, false},
		`AWS::IAM::Role`:                   {true, false},
		`AWS::Serverless::Function`:        {true, false},
		`AWS::S3::Bucket and AWS::IA::M::`: {false, false},
		`k ms km sk`:                       {false, false},
		`"\x6bms"`:                         {true, false},
		`"k\U0000006ds"`:                   {true, false},
		`"AWS\u003a:KMS"`:                  {true, false},
		`"\u00e9\u0026\u003c"`:             {false, false},
		`C:\\u006b`:                        {false, false},
		"\"AWS::K\\\n  \\\n   MS::Key\"":   {true, false},
		"run: foo \\\n  --bar":             {false, false},
		`\`:                                {false, false},
		`\u006`:                            {false, false},
		``:                                 {false, false},
	} {
		if got := [2]bool{Look([]byte(text)), Counts([]byte(text))}; got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// The look may say yes too often, but never no where the three words of DESIGN section 4 stand.
func FuzzLook(f *testing.F) {
	f.Add([]byte("xkKmsAWS::IAM::"))
	f.Add([]byte("aws::serverless"))
	words := regexp.MustCompile(`(?i)kms|AWS::IAM::|AWS::Serverless`)
	f.Fuzz(func(t *testing.T, data []byte) {
		if ascii := !bytes.ContainsRune(data, 'ſ') && !bytes.ContainsRune(data, 'K'); !ascii {
			return // (?i) folds the long s and the Kelvin sign too
		}
		if got := hasKMS(data) || hasType(data); got != words.Match(data) {
			t.Errorf("got %v", got)
		}
		if Counts(data) && !Look(data) {
			t.Error("counts without being a candidate")
		}
	})
}

func BenchmarkLook(b *testing.B) {
	data := bytes.Repeat([]byte(`    "Type": "AWS::S3::Bucket", "Description": "the quick brown fox",`+"\n"), 10_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Look(data)
	}
}
