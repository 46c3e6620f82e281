package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// draft is a folder for what is under way, locked as long as its receiver lives.
type draft struct {
	path string
	held *os.File
}

// openDraft also removes those of receivers that were killed.
func (s store) openDraft() (*draft, error) {
	removeAbandoned(s.path("drafts"))
	path, err := os.MkdirTemp(s.path("drafts"), "")
	if err != nil {
		return nil, err
	}
	held, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &draft{path, held}, syscall.Flock(int(held.Fd()), syscall.LOCK_EX)
}

func (d *draft) discard() {
	os.RemoveAll(d.path)
	d.held.Close()
}

// removeAbandoned leaves what it cannot remove for the next time. A draft that is just being made may go with the
// others: whoever makes it then fails, and is asked to send again.
func removeAbandoned(drafts string) {
	entries, err := os.ReadDir(drafts)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(drafts, entry.Name())
		held, err := os.Open(path)
		if err != nil {
			continue
		}
		if syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(path)
		}
		held.Close()
	}
}
