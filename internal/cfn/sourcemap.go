package cfn

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path"
	"strings"
)

// original maps a place of compiled JavaScript to its source by the source map that the file names: inline, or a file of the
// repository (cdk.md §3, step 5). at is the repository path of the JavaScript.
func (s *sources) original(at string, src []byte, line, column int) (file string, sourceLine int, ok bool) {
	const mark = "//# sourceMappingURL="
	i := strings.LastIndex(string(src), mark)
	if i < 0 {
		return "", 0, false
	}
	target, _, _ := strings.Cut(string(src[i+len(mark):]), "\n")
	target = strings.TrimSpace(target)
	dir, raw := path.Dir(at), []byte(nil)
	if data, found := strings.CutPrefix(target, "data:"); found {
		if _, encoded, found := strings.Cut(data, ";base64,"); found {
			raw, _ = base64.StdEncoding.DecodeString(encoded)
		}
	} else if name, err := url.PathUnescape(target); err == nil && !strings.Contains(name, "://") && !strings.HasPrefix(name, "/") {
		name = path.Join(dir, name)
		raw, dir = readFile(s.files, name), path.Dir(name)
	}
	var m struct {
		Version    int      `json:"version"`
		Sources    []string `json:"sources"`
		SourceRoot string   `json:"sourceRoot"`
		Mappings   string   `json:"mappings"`
	}
	if json.Unmarshal(raw, &m) != nil || m.Version != 3 {
		return "", 0, false
	}
	index, sourceLine, ok := lookUpMapping(m.Mappings, line, column)
	if !ok || index < 0 || index >= len(m.Sources) {
		return "", 0, false
	}
	name := m.Sources[index]
	if strings.Contains(name, "://") || strings.HasPrefix(name, "/") || strings.HasPrefix(m.SourceRoot, "/") || strings.Contains(m.SourceRoot, "://") {
		return "", 0, false
	}
	return path.Join(dir, m.SourceRoot, name), sourceLine, true
}

// lookUpMapping finds the nearest segment at or before the column of a line (both from 1), else the first of the line: a
// frame of an anonymous function may have lost digits of its column.
func lookUpMapping(mappings string, line, column int) (source, sourceLine int, ok bool) {
	var src, srcLine int
	for i := 1; ; i++ {
		group, rest, more := strings.Cut(mappings, ";")
		at := 0
		for _, segment := range strings.Split(group, ",") {
			fields := vlq(segment)
			if len(fields) == 0 {
				continue
			}
			at += fields[0]
			if len(fields) >= 4 {
				src += fields[1]
				srcLine += fields[2]
				if i == line && (!ok || at+1 <= column) {
					source, sourceLine, ok = src, srcLine+1, true
				}
			}
		}
		if i == line || !more {
			return source, sourceLine, ok
		}
		mappings = rest
	}
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// vlq decodes the base 64 variable-length numbers of a segment (source map revision 3).
func vlq(s string) []int {
	var all []int
	value, shift := 0, 0
	for i := 0; i < len(s); i++ {
		d := strings.IndexByte(base64Digits, s[i])
		if d < 0 || shift > 30 {
			return nil
		}
		value += (d & 31) << shift
		if d&32 != 0 {
			shift += 5
			continue
		}
		if value&1 == 1 {
			value = -(value >> 1)
		} else {
			value >>= 1
		}
		all = append(all, value)
		value, shift = 0, 0
	}
	return all
}
