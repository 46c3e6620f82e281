package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// ensurePin returns the pinned mount namespace of the agent, and makes it when there is none since the last boot.
//
// The namespace's file is bind-mounted below a private mount: the kernel refuses a pin that could propagate into
// the namespace it pins (a namespace would hold itself).
func ensurePin(p paths) (string, error) {
	pin := p.pin()
	if isNamespaceFile(pin) {
		return pin, nil
	}
	if err := makePrivateMount(p.pins()); err != nil {
		return "", err
	}
	if err := os.WriteFile(pin, nil, 0o600); err != nil {
		return "", fmt.Errorf("create %s: %w", pin, err)
	}
	if err := createPinned(pin); err != nil {
		return "", fmt.Errorf("create mount namespace %s: %w", pin, err)
	}
	return pin, nil
}

func isNamespaceFile(path string) bool {
	var stat unix.Statfs_t
	return unix.Statfs(path, &stat) == nil && stat.Type == unix.NSFS_MAGIC
}

func makePrivateMount(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create folder %s: %w", dir, err)
	}
	mounted, err := isMountPoint(dir)
	if err != nil {
		return err
	}
	if !mounted {
		if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind mount %s: %w", dir, err)
		}
	}
	if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mount %s private: %w", dir, err)
	}
	return nil
}

func isMountPoint(dir string) (bool, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false, err
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false, err
	}
	for _, m := range parseMounts(string(mountinfo)) {
		if m.path == resolved {
			return true, nil
		}
	}
	return false, nil
}

// createPinned makes the namespace and pins it.
//
// The kernel lets a mount namespace be pinned only in one with a smaller id, and Linux 6.18 deals out ids in
// batches by processor: a younger namespace may have the smaller id when another processor made it. The processor
// that made our own namespace is always right, so all are tried. (The machine's first namespace has the smallest.)
func createPinned(pin string) error {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("read processor affinity: %w", err)
	}
	err := error(unix.EINVAL)
	for cpu := 0; cpu < len(allowed)*strconv.IntSize && errors.Is(err, unix.EINVAL); cpu++ {
		if allowed.IsSet(cpu) {
			err = createPinnedOn(cpu, pin)
		}
	}
	return err
}

// createPinnedOn works on a thread of its own, which ends with its goroutine: nothing but the pin holds the
// namespace afterwards, and the guard itself never leaves the machine's namespace.
func createPinnedOn(cpu int, pin string) error {
	made, pinned := make(chan int), make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := leaveForCleanTree(cpu); err != nil {
			failed <- err
			return
		}
		made <- unix.Gettid()
		<-pinned
	}()
	defer close(pinned)
	select {
	case err := <-failed:
		return err
	case thread := <-made:
		file := fmt.Sprintf("/proc/self/task/%d/ns/mnt", thread)
		return unix.Mount(file, pin, "", unix.MS_BIND, "")
	}
}

// leaveForCleanTree moves the calling thread into a new mount namespace without any v2 hierarchy.
// Mounts the machine makes later appear there (slave); none made there appears on the machine.
func leaveForCleanTree(cpu int) error {
	var one unix.CPUSet
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("run on processor %d: %w", cpu, err)
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("make mounts slaves: %w", err)
	}
	mountinfo, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return err
	}
	for _, m := range parseMounts(string(mountinfo)) {
		if m.fsType != "cgroup2" {
			continue
		}
		if err := unix.Unmount(m.path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", m.path, err)
		}
		// crun makes folders where it believes the v2 tree to be: they shall not land in the machine's own tmpfs.
		if err := unix.Mount("none", m.path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=755,size=1m"); err != nil {
			return fmt.Errorf("cover %s: %w", m.path, err)
		}
	}
	return nil
}

// enterAndExec replaces this process by the program, in the agent's mount namespace where it has one of its own.
func enterAndExec(p paths, program []string) error {
	if isNamespaceFile(p.pin()) {
		if err := enter(p.pin()); err != nil {
			return fmt.Errorf("enter mount namespace %s: %w", p.pin(), err)
		}
	}
	file, err := exec.LookPath(program[0])
	if err != nil {
		return fmt.Errorf("start program %s: %w", program[0], err)
	}
	if err := unix.Exec(file, program, os.Environ()); err != nil {
		return fmt.Errorf("start program %s: %w", file, err)
	}
	return nil
}

func enter(pin string) error {
	workingDir, err := os.Getwd()
	if err != nil {
		workingDir = "/"
	}
	namespace, err := os.Open(pin)
	if err != nil {
		return err
	}
	defer namespace.Close()
	// setns(2): a thread that shares its root and working directory with others may not change mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("setns: %w", err)
	}
	if os.Chdir(workingDir) != nil {
		return os.Chdir("/") // the folder does not exist in there
	}
	return nil
}
