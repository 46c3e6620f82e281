package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// keep removes all kits but those named, and the runtimes and content that only they used. What runs from them goes
// on: its files are open.
func keep(s store, digests []string) error {
	unlock, err := s.lock(syscall.LOCK_EX | syscall.LOCK_NB)
	if err != nil {
		return failed("remove kits", err)
	}
	defer unlock()
	kept := map[string]bool{"files": true, "runtime": true, "drafts": true, "lock": true}
	contents, runtimes := map[string]bool{}, map[string]bool{}
	for _, digest := range digests {
		content, err := os.ReadFile(s.path(digest, manifestName))
		if err != nil {
			return fmt.Errorf("remove kits: kit %s is to stay, but is not here; name one that is", digest)
		}
		m, err := parseManifest(content)
		if err != nil {
			return fmt.Errorf("remove kits: kit %s is to stay: %w", digest, err)
		}
		kept[digest] = true
		for _, f := range m.Files {
			contents[f.Sha256] = true
			if name, _, isShared := splitShared(f.Path); isShared {
				runtimes[name[len("runtime/"):]] = true
			}
		}
	}
	return errors.Join(removeOthers(s.root, kept), removeOthers(s.path("runtime"), runtimes),
		removeOthers(s.path("files"), contents))
}

func removeOthers(folder string, kept map[string]bool) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !kept[entry.Name()] {
			err = errors.Join(err, os.RemoveAll(folder+"/"+entry.Name()))
		}
	}
	return err
}
