package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// paths says where one agent keeps what it owns; contract/paths.ts has the same rule, and
// contract/paths.vectors.json holds both to it.
type paths struct {
	root, id, stateDir, runDir string
}

func agentPaths(given string) paths {
	root := normalRoot(given)
	if root == "/" {
		return paths{root, "constellation", "/var/lib/constellation", "/run/constellation"}
	}
	sum := sha256.Sum256([]byte(root))
	return paths{
		root,
		"constellation-" + hex.EncodeToString(sum[:])[:6],
		filepath.Join(root, "lib"),
		filepath.Join(root, "run"),
	}
}

// normalRoot gives a folder one name alone; a relative one starts at the working folder.
func normalRoot(given string) string {
	if given == "" {
		return "/"
	}
	root, err := filepath.Abs(given)
	if err != nil { // the working folder is gone
		return filepath.Clean(given)
	}
	return root
}

func (p paths) log() string       { return filepath.Join(p.stateDir, "agent.log") }
func (p paths) agentLock() string { return filepath.Join(p.runDir, "agent.lock") }
func (p paths) lock() string      { return filepath.Join(p.runDir, "guard.lock") }
func (p paths) record() string    { return filepath.Join(p.runDir, "guard.json") }
func (p paths) socket() string    { return filepath.Join(p.runDir, "agent.sock") }
func (p paths) handOver() string  { return filepath.Join(p.runDir, "handover.json") }
func (p paths) fence() string     { return filepath.Join(p.runDir, "fence.json") }
func (p paths) pins() string      { return filepath.Join(p.runDir, "pins") }
func (p paths) pin() string       { return filepath.Join(p.runDir, "pins", "mnt") }

// markerName is the file that makes a folder ours: only folders with it are ever written to or deleted.
const markerName = ".constellation"

// claim makes the agent's folders and marks them; a folder that holds something else already is refused.
func claim(p paths) error {
	// Other users may look a file up in the state folder (the name server runs as one), but not list it.
	for dir, mode := range map[string]os.FileMode{p.stateDir: 0o711, p.runDir: 0o755} {
		if err := os.MkdirAll(dir, mode); err != nil {
			return fmt.Errorf("create folder %s: %w", dir, err)
		}
		if err := mark(dir, p.id); err != nil {
			return err
		}
	}
	return nil
}

func mark(dir, id string) error {
	marker := filepath.Join(dir, markerName)
	content, err := os.ReadFile(marker)
	if err == nil && strings.TrimSpace(string(content)) == id {
		return nil
	}
	if err == nil {
		return fmt.Errorf("use folder %s: it belongs to %s; choose another root", dir, strings.TrimSpace(string(content)))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read %s: %w", marker, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read folder %s: %w", dir, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("use folder %s: it holds files of somebody else (%s); choose another root", dir, entries[0].Name())
	}
	return os.WriteFile(marker, []byte(id+"\n"), 0o644)
}
