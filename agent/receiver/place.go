package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// place makes the manifest's trees out of the store. A kit's folder appears at once and complete, after all that it
// needs; one that is there already is repaired file by file, since programs may run from it.
func (s store) place(m manifest, draft string) error {
	for _, t := range m.trees() {
		if err := s.placeTree(t, m, draft); err != nil {
			return err
		}
	}
	return nil
}

func (s store) placeTree(t tree, m manifest, draft string) error {
	folder := s.path(t.name)
	if isThere(folder) {
		return s.fillTree(t, m, folder, draft)
	}
	made := filepath.Join(draft, "tree")
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	if err := s.fillTree(t, m, made, draft); err != nil {
		return err
	}
	err := os.Rename(made, folder)
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
		return s.fillTree(t, m, folder, draft) // another receiver was faster
	}
	if err != nil {
		return err
	}
	return syncPath(filepath.Dir(folder))
}

func (s store) fillTree(t tree, m manifest, folder, draft string) error {
	folders := map[string]bool{folder: true}
	for inside, f := range t.files {
		target := filepath.Join(folder, inside)
		for parent := filepath.Dir(target); parent != folder; parent = filepath.Dir(parent) {
			folders[parent] = true
		}
		if err := linkAs(s.content(f), target, draft); err != nil {
			return err
		}
	}
	if t.name == m.digest {
		if err := writeOnce(filepath.Join(folder, manifestName), m.bytes, draft); err != nil {
			return err
		}
	}
	for each := range folders {
		if err := syncPath(each); err != nil {
			return err
		}
	}
	return nil
}

// linkAs puts a hard link in the place of whatever else has that name.
func linkAs(source, target, draft string) error {
	if isSameFile(source, target) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	link := filepath.Join(draft, "link")
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(source, link); err != nil {
		return err
	}
	return os.Rename(link, target)
}

func writeOnce(path string, content []byte, draft string) error {
	if found, err := os.ReadFile(path); err == nil && string(found) == string(content) {
		return nil
	}
	written := filepath.Join(draft, "written")
	if err := os.WriteFile(written, content, 0o644); err != nil {
		return err
	}
	if err := syncPath(written); err != nil {
		return err
	}
	return os.Rename(written, path)
}

func (s store) isPlaced(m manifest) bool {
	for _, t := range m.trees() {
		for inside, f := range t.files {
			if !isSameFile(s.content(f), s.path(t.name, inside)) {
				return false
			}
		}
	}
	found, err := os.ReadFile(s.path(m.digest, manifestName))
	return err == nil && digestOfBytes(found) == m.digest
}

func isSameFile(one, other string) bool {
	first, err := os.Lstat(one)
	if err != nil {
		return false
	}
	second, err := os.Lstat(other)
	return err == nil && os.SameFile(first, second)
}
