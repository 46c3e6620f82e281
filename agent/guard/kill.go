package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// killRounds is how often a cgroup is emptied before the next look at its deadline does it again: what forks
	// faster than it is killed, or ends slowly.
	killRounds = 20
	killPause  = 10 * time.Millisecond
)

// killCgroup ends every process of an instance, in whichever of the mounted hierarchies its cgroup is, and says how many
// there were.
func killCgroup(mounts []mountPoint, parent, id string) (int, error) {
	trees := cgroupsOf(mounts, filepath.Join(parent, id))
	left := pidsIn(trees)
	killed := len(left)
	for round := 0; len(left) > 0 && round < killRounds; round++ {
		if round > 0 {
			time.Sleep(killPause)
		}
		killOnce(trees)
		left = pidsIn(trees)
	}
	if len(left) > 0 {
		return killed, fmt.Errorf("%d processes of %s do not end: %v", len(left), id, left)
	}
	return killed, nil
}

// killOnce holds still what it can, so that nothing forks meanwhile. cgroup.kill (Linux 5.14) does all of it.
func killOnce(trees []string) {
	if writeTo(trees, "cgroup.kill", "1") {
		return
	}
	writeTo(trees, "freezer.state", "FROZEN")
	writeTo(trees, "cgroup.freeze", "1")
	for _, pid := range pidsIn(trees) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	// A frozen process of version 1 dies once it is thawed.
	writeTo(trees, "freezer.state", "THAWED")
	writeTo(trees, "cgroup.freeze", "0")
}

// writeTo is true where one of the trees has such a file and took it.
func writeTo(trees []string, file, text string) bool {
	taken := false
	for _, tree := range trees {
		// Opened without O_CREAT: in a cgroup no file can be made, elsewhere none shall be.
		if opened, err := os.OpenFile(filepath.Join(tree, file), os.O_WRONLY, 0); err == nil {
			_, err = opened.WriteString(text)
			opened.Close()
			taken = taken || err == nil
		}
	}
	return taken
}

// cgroupMounts are the hierarchies as they are mounted now.
func cgroupMounts() ([]mountPoint, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var found []mountPoint
	for _, m := range parseMounts(string(mountinfo)) {
		if m.fsType == "cgroup" || m.fsType == "cgroup2" {
			found = append(found, m)
		}
	}
	return found, nil
}

// cgroupsOf finds a cgroup in every mounted hierarchy, once each.
func cgroupsOf(mounts []mountPoint, name string) []string {
	var found []string
	seen := map[string]bool{}
	for _, m := range mounts {
		tree := filepath.Join(m.path, name)
		if (m.fsType != "cgroup" && m.fsType != "cgroup2") || seen[tree] {
			continue
		}
		seen[tree] = true
		if _, err := os.Stat(filepath.Join(tree, "cgroup.procs")); err == nil {
			found = append(found, tree)
		}
	}
	return found
}

// pidsIn lists the processes below these cgroups that have not ended. 0 stands for one of another pid namespace; to
// kill(2) that is whoever asks.
func pidsIn(trees []string) []int {
	var pids []int
	seen := map[int]bool{}
	for _, tree := range trees {
		filepath.WalkDir(tree, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return nil // it is being removed
			}
			content, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
			if errors.Is(err, syscall.EOPNOTSUPP) { // a threaded cgroup of version 2
				content, _ = os.ReadFile(filepath.Join(path, "cgroup.threads"))
			}
			for _, word := range strings.Fields(string(content)) {
				pid, err := strconv.Atoi(word)
				if err == nil && pid > 0 && !seen[pid] && isAlive(pid) {
					seen[pid] = true
					pids = append(pids, pid)
				}
			}
			return nil
		})
	}
	return pids
}

func isAlive(pid int) bool {
	_, err := processStartTime(pid)
	return err == nil
}
