package cfn

import (
	"os"
	"testing"
)

// TestPrimary finds the primary of a replica and reads its policy in the replica's symbols.
func TestPrimary(t *testing.T) {
	src, err := os.ReadFile("../../testdata/cfn/replica.json")
	if err != nil {
		t.Fatal(err)
	}
	templates, err := Open("replica.json", src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := Join(templates...)
	replica := keyNamed(t, x, "replica.json#Replica")
	primary, p := x.Primary(replica)
	if primary == nil || primary.LogicalID != "Primary" || len(p.Statements) != 2 {
		t.Fatalf("primary %v", primary)
	}
	if p.Statements[0].Principals[0].Text != replica.Policy.Statements[0].Principals[0].Text {
		t.Error("the accounts of replica and primary differ")
	}
	if other, _ := x.Primary(primary); other != nil {
		t.Error("a primary has a primary")
	}
}
