package syntax

import "testing"

func TestTypes(t *testing.T) {
	tests := []struct {
		text      string
		want      Type
		canonical string // "" where it is the text
	}{
		{"012345670123", Number, "1402433619"},
		{"012345678901", Number, "1.2345678901E10"},
		{"123456789012", Number, ""},
		{"111122223333", Number, ""},
		{"000000000000", Number, "0"},
		{"0x1F", Number, "31"}, {"0b101", Number, "5"}, {"1_000", Number, "1000"}, {"190:20:30", Number, "685230"},
		{"-012", Number, "-10"}, {"+1", Number, "1"}, {"0", Number, ""}, {"08", Number, "8.0"},
		{"1.10", Number, "1.1"}, {"1.5", Number, ""}, {"1e3", Number, "1000.0"}, {"12345678.5", Number, "1.23456785E7"}, {".5", Number, "0.5"}, {"1.", Number, "1.0"},
		{".inf", Number, ""}, {"-.INF", Number, ""}, {".nan", Number, ""}, {"-.nan", String, ""},
		{"true", Bool, ""}, {"True", Bool, ""}, {"yes", Bool, ""}, {"OFF", Bool, ""}, {"No", Bool, ""}, {"tRUE", String, ""}, {"y", String, ""},
		{"~", Null, ""}, {"null", Null, ""}, {"Null", Null, ""},
		{"2012-10-17", String, ""}, {"1.2.3.4", String, ""}, {"kms:*", String, ""}, {"12:ab", String, ""}, {"+", String, ""}, {"e5", String, ""}, {"1e", String, ""}, {"0x", String, ""}, {"--1", String, ""}, {"1:99", String, ""},
	}
	for _, tt := range tests {
		f, err := ParseYAML("x", []byte("k: "+tt.text+"\nq: '"+tt.text+"'\nt: !Ref "+tt.text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		n := f.Root().Get("k")
		if n.Type != tt.want || n.Value != tt.text {
			t.Errorf("%s: type %d, value %q; want type %d", tt.text, n.Type, n.Value, tt.want)
		}
		canonical, changed := n.CanonicalNumber()
		if want := tt.canonical; changed != (want != "") || changed && canonical != want {
			t.Errorf("%s: CloudFormation reads %q, %v; want %q", tt.text, canonical, changed, want)
		}
		for _, key := range []string{"q", "t"} {
			if n := f.Root().Get(key); n.Type != String || n.Value != tt.text {
				t.Errorf("%s: %s is type %d, value %q; want a string", tt.text, key, n.Type, n.Value)
			}
		}
	}
}
