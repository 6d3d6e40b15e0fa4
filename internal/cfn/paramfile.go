package cfn

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxParameterFiles is the number of files beside a template that are looked at for its parameters.
const maxParameterFiles = 50

// readParameterFiles gives parameters the values that parameter files beside the template have for them. A file counts where
// it is named after the template ("network.yaml": "network.params.json", "params/network-prod.json") and holds nothing but
// parameters of it. Its values are further possibilities: the template may be deployed without the file.
func (t *Template) readParameterFiles() {
	if t.opt.Files == nil || len(t.parameters) == 0 || !bytes.Contains(t.File.Source, []byte("AWS::KMS::")) {
		return
	}
	dir, base := path.Split(t.place())
	stem, _, _ := strings.Cut(base, ".")
	looked := 0
	for _, sub := range []string{".", "params", "parameters"} {
		folder := path.Join(dir, sub)
		entries, err := fs.ReadDir(t.opt.Files, folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			name := e.Name()
			if e.IsDir() || name == base || !strings.HasPrefix(name, stem) || sub == "." && !strings.Contains(strings.ToLower(name), "param") {
				continue
			}
			if looked++; looked > maxParameterFiles {
				return
			}
			t.readParameterFile(path.Join(folder, name))
		}
	}
}

func (t *Template) readParameterFile(name string) {
	src := readFile(t.opt.Files, name)
	f, err := syntax.Parse(name, src)
	if err != nil || f.Root().Resolved() == nil {
		return
	}
	values := parameterValues(f.Root().Resolved())
	for key := range values {
		if t.parameters[key] == nil {
			return
		}
	}
	for key, value := range values {
		t.widen(key, value)
	}
}

// parameterValues reads the shapes of a parameter file: of the AWS CLI, a list of ParameterKey and ParameterValue; of
// CodePipeline, {"Parameters": {…}}; of other tools, the names and values alone.
func parameterValues(root *syntax.Node) map[string]string {
	all := map[string]string{}
	if p := root.Get("Parameters"); p != nil {
		root = p
	}
	for _, item := range root.Items {
		key, value := item.Resolved().Get("ParameterKey"), item.Resolved().Get("ParameterValue")
		if key != nil && value != nil && value.Kind == syntax.Scalar {
			all[key.Value] = policy.CleanText(value.Value)
		}
	}
	for _, m := range root.Members {
		if v := m.Value.Resolved(); v != nil && v.Kind == syntax.Scalar {
			all[m.Key.Value] = policy.CleanText(v.Value)
		}
	}
	return all
}
