package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// store is the root folder:
//
//	files/SHA256    content, named by what it is
//	runtime/NAME/   loader and libraries, shared by kits; hard links
//	DIGEST/         a kit; hard links and its manifest
//	drafts/         what is under way
//	lock            held shared while receiving, alone while removing
type store struct{ root string }

func (s store) path(parts ...string) string {
	return filepath.Join(append([]string{s.root}, parts...)...)
}

func (s store) content(f file) string { return s.path("files", f.Sha256) }

func (s store) create() error {
	for _, folder := range []string{"files", "runtime", "drafts"} {
		if err := os.MkdirAll(s.path(folder), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// lock is released by the process's end at the latest. `how` is that of flock(2).
func (s store) lock(how int) (func(), error) {
	held, err := os.OpenFile(s.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(held.Fd()), how); err != nil {
		held.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another receiver is at work; try again when it has ended")
		}
		return nil, err
	}
	return func() { held.Close() }, nil
}

// holds reads the content: what a crash or a disk has damaged is missing, and gets sent again.
func (s store) holds(f file) bool {
	info, err := os.Lstat(s.content(f))
	if err != nil || !info.Mode().IsRegular() || info.Size() != f.Size || info.Mode().Perm() != f.mode() {
		return false
	}
	found, err := digestOf(s.content(f))
	return err == nil && found == f.Sha256
}

// lacks lists the digests that the store does not hold, in the manifest's order.
func (s store) lacks(m manifest) []string {
	wanted := m.byDigest()
	held := map[string]bool{}
	var guard sync.Mutex
	inParallel(values(wanted), func(f file) error {
		if s.holds(f) {
			guard.Lock()
			held[f.Sha256] = true
			guard.Unlock()
		}
		return nil
	})
	lacking := []string{}
	for _, f := range m.Files {
		if !held[f.Sha256] {
			held[f.Sha256] = true // named once
			lacking = append(lacking, f.Sha256)
		}
	}
	return lacking
}

// makeDurable returns when the content would survive a loss of power. What is on the disk already costs nothing.
func (s store) makeDurable(m manifest) error {
	if err := inParallel(values(m.byDigest()), func(f file) error { return syncPath(s.content(f)) }); err != nil {
		return err
	}
	return syncPath(s.path("files"))
}

func syncPath(path string) error {
	opened, err := os.Open(path)
	if err != nil {
		return err
	}
	defer opened.Close()
	return opened.Sync()
}

func digestOf(path string) (string, error) {
	opened, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, opened); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func digestOfBytes(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func values(files map[string]file) []file {
	list := make([]file, 0, len(files))
	for _, f := range files {
		list = append(list, f)
	}
	return list
}

// inParallel does all, a few at a time, and returns one of the errors.
func inParallel(files []file, do func(file) error) error {
	queue := make(chan file)
	failures := make(chan error, len(files))
	var workers sync.WaitGroup
	for range min(len(files), 2*runtime.NumCPU()) {
		workers.Go(func() {
			for f := range queue {
				if err := do(f); err != nil {
					failures <- err
				}
			}
		})
	}
	for _, f := range files {
		queue <- f
	}
	close(queue)
	workers.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func failed(action string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: %w; make room and send it again", action, err)
	}
	return fmt.Errorf("%s: %w", action, err)
}
