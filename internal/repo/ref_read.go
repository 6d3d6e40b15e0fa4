package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// wish is a file that may be a candidate.
type wish struct {
	blob
	named bool // a PATH argument: read whatever the look says
}

// read reads wishes by several git cat-file, each with its share.
func (r *Ref) read(ctx context.Context, wishes []wish, jobs int) (files []File, failures []lint.Failure) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	const least = 64 // wishes that are worth a process
	jobs = max(1, min(jobs, len(wishes)/least))
	parts := make([]batchReader, jobs)
	var bytes atomic.Int64
	var wg sync.WaitGroup
	for i := range parts {
		parts[i] = batchReader{ref: r, wishes: wishes[i*len(wishes)/jobs : (i+1)*len(wishes)/jobs], bytes: &bytes}
		wg.Go(func() { parts[i].run(ctx) })
	}
	wg.Wait()
	if bytes.Load() > 2*r.limits.total {
		return nil, []lint.Failure{tooMuch(r.limits.total)}
	}
	for i := range parts {
		if err := parts[i].err; err != nil {
			return nil, []lint.Failure{{Message: fmt.Sprintf("files of commit %s cannot be read: %v", r.Commit, err), Counts: true}}
		}
		files = append(files, parts[i].files...)
		failures = append(failures, parts[i].failures...)
	}
	return files, failures
}

// batchReader reads its wishes by one git cat-file --batch.
type batchReader struct {
	ref      *Ref
	wishes   []wish
	bytes    *atomic.Int64 // of all readers
	files    []File
	failures []lint.Failure
	err      error
}

func (b *batchReader) run(ctx context.Context) {
	if len(b.wishes) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := b.ref.git.command(ctx, "cat-file", "--batch", "--buffer")
	var names strings.Builder
	for _, w := range b.wishes {
		names.WriteString(w.name + "\n")
	}
	cmd.Stdin = strings.NewReader(names.String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.err = gitError("cat-file", err, "")
		return
	}
	in := bufio.NewReaderSize(out, 64<<10)
	buffer := make([]byte, b.ref.limits.file+1)
	for _, w := range b.wishes {
		if err = b.one(in, w, buffer); err != nil || b.bytes.Load() > 2*b.ref.limits.total {
			cancel()
			cmd.Wait()
			if err != nil {
				b.err = errors.Join(err, context.Cause(ctx))
			}
			return
		}
	}
	if err := cmd.Wait(); err != nil {
		b.err = gitError("cat-file", err, stderr.String())
	}
}

// one reads an answer: "object blob size", the content, a line end; or "object missing".
func (b *batchReader) one(in *bufio.Reader, w wish, buffer []byte) error {
	head, err := in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("git cat-file ended early: %w", err)
	}
	f := strings.Fields(head)
	if len(f) == 2 && f[0] == w.name && f[1] == "missing" {
		b.failures = append(b.failures, lint.Failure{File: w.path, Message: "commit " + b.ref.Commit + " has it, but its content is not in this clone: fetch it with git", Counts: true})
		return nil
	}
	size := int64(-1)
	if len(f) == 3 && f[0] == w.name && f[1] == "blob" {
		size, err = strconv.ParseInt(f[2], 10, 64)
	}
	if size < 0 || err != nil {
		return fmt.Errorf("git cat-file gave %.100q for a file: run git fsck", head)
	}
	content := io.LimitReader(in, size)
	data := buffer[:min(size, int64(len(buffer)))]
	if _, err := io.ReadFull(content, data); err != nil {
		return err
	}
	switch {
	case size > int64(b.ref.limits.file):
		candidate, counts, err := lookFurther(content, data, w.named)
		if err != nil {
			return err
		}
		if candidate {
			b.failures = append(b.failures, overLimit(w.path, b.ref.limits.file, counts))
		}
	case w.named || Look(data):
		b.files = append(b.files, File{Path: w.path, Data: append(make([]byte, 0, len(data)), data...)})
		b.bytes.Add(size)
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	_, err = in.ReadByte()
	return err
}
