package main

import "syscall"

const (
	prSetNoNewPrivs = 38
	prSetDumpable   = 4
)

// dropRights makes every thread of this process an unprivileged user's, for good: what it reads from here on comes
// from strangers. Leaving root clears all capabilities; the working folder is what it may still write.
func dropRights(user int) error {
	if user == 0 {
		return nil
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return err
	}
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setresgid(user, user, user); err != nil {
		return err
	}
	if err := syscall.Setresuid(user, user, user); err != nil {
		return err
	}
	for _, set := range [][2]uintptr{{prSetNoNewPrivs, 1}, {prSetDumpable, 0}} {
		if _, _, errno := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, set[0], set[1], 0); errno != 0 {
			return errno
		}
	}
	return nil
}
