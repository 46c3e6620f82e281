package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lockedBy is the folder of a guard that holds its lock, as it has recorded itself.
func lockedBy(t *testing.T, guard record) (paths, *os.File) {
	p := paths{runDir: t.TempDir()}
	lock, err := os.OpenFile(p.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := guard.write(p.record()); err != nil {
		t.Fatal(err)
	}
	return p, lock
}

func TestAGuardThatWasKilledIsFollowedOnceItLetsGo(t *testing.T) {
	p, lock := lockedBy(t, record{Pid: os.Getpid(), StartTime: 1}) // an earlier process of this pid
	time.AfterFunc(100*time.Millisecond, func() { lock.Close() })
	next, err := becomeOnlyGuard(p)
	if err != nil {
		t.Fatal(err)
	}
	next.Close()
}

func TestAGuardThatRunsIsNotWaitedFor(t *testing.T) {
	started, err := processStartTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	p, lock := lockedBy(t, record{Pid: os.Getpid(), StartTime: started})
	defer lock.Close()
	began := time.Now()
	if _, err := becomeOnlyGuard(p); !errors.Is(err, errAlreadyRuns) {
		t.Errorf("got %v", err)
	}
	if waited := time.Since(began); waited >= dyingGrace {
		t.Errorf("waited %v", waited)
	}
}
