package cfn

import (
	"io"
	"io/fs"
)

// maxFile is the size of a file that a template, an assembly or a source map names: the manifest and metadata of the
// largest assembly measured (300 stacks) have 12 MB.
const maxFile = 32 << 20

// readFile returns a file's bytes, or nil where it is missing, too large, no regular file or outside of the tree.
func readFile(files fs.FS, name string) []byte {
	if files == nil || !fs.ValidPath(name) {
		return nil
	}
	f, err := files.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil
	}
	src, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil
	}
	return src
}
