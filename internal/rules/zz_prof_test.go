package rules_test
import ("testing";"os";"github.com/rogpeppe/go-internal/txtar";"github.com/kmsguard/kmsguard/internal/config";"github.com/kmsguard/kmsguard/internal/lint";"github.com/kmsguard/kmsguard/internal/rules";"github.com/kmsguard/kmsguard/internal/scan";"github.com/kmsguard/kmsguard/internal/repo";"time";"fmt")
func TestZZ(t *testing.T) {
 _ = txtar.File{}
 for _, f := range []string{"a","b"} {
 data,_ := os.ReadFile("/tmp/perf/"+f+".json")
 cfg := config.Default(); cfg.Account="111122223333"
 for _, r := range []*lint.Rule{rules.RedundantStatement, rules.AccountWideAccess, rules.UnknownName, rules.AttestationGap} {
 at := time.Now()
 rep := scan.Scan([]repo.File{{Path:"a.json",Data:data}}, nil, scan.Options{Config: cfg, Rules: []*lint.Rule{r}, Jobs:1}).Report
 fmt.Println(f, r.ID, time.Since(at), len(rep.Findings))
 }}
}
