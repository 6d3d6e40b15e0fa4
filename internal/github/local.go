package github

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Seed takes the content of files from a work tree where it is the very content that the commit has: git names a blob by
// the hash of its bytes, so a file that hashes to the name need not be fetched. Which commit is checked out does not
// matter. It returns how many files were taken.
func (s *Snapshot) Seed(local fs.FS, want func(name string) bool) int {
	taken := 0
	for _, name := range s.names {
		if !want(name) {
			continue
		}
		data, err := fs.ReadFile(local, name)
		if err != nil || BlobName(data) != s.files[name].sha {
			continue
		}
		s.client.mu.Lock()
		s.client.blobs[s.files[name].sha] = data
		s.client.mu.Unlock()
		taken++
	}
	return taken
}

// BlobName returns the name that git gives to content: the SHA-1 of its header and bytes.
func BlobName(data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
