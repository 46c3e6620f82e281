package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// becomeOnlyAgent locks a file for this process and for the program that it becomes. A lock of fcntl(2) belongs to the
// process: it is kept over exec, not handed to children, and gone with its end; and whoever is kept out may ask for
// the pid of its holder. So there is one agent for a root, and a guard finds it without any record.
func becomeOnlyAgent(p paths) error {
	fd, err := unix.Open(p.agentLock(), unix.O_RDWR|unix.O_CREAT, 0o600) // not closed on exec
	if err != nil {
		return fmt.Errorf("open %s: %w", p.agentLock(), err)
	}
	err = unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("start agent: %s: another one %w as process %d", p.id, errAlreadyRuns, agentPid(p))
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", p.agentLock(), err)
	}
	return nil
}

// agentPid is the process that holds the lock; 0 when there is none.
func agentPid(p paths) int {
	fd, err := unix.Open(p.agentLock(), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(uintptr(fd), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
		return 0
	}
	return int(lock.Pid)
}
