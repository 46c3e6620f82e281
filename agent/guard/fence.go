package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// fenceTick is how late a deadline may be noticed; agent/fence/lease.ts counts on far more.
	fenceTick = 100 * time.Millisecond
	// fenceIdle is the pause while nothing is held: whoever is held has seconds left at first.
	fenceIdle = time.Second
	// killsAtOnce: hundreds take no more of the machine than these.
	killsAtOnce = 32
)

// fence kills what may run only as long as servers confirm it, once the last confirmed deadline has passed. The agent
// writes the deadlines to fence.json; nobody has to be alive for them to pass. Deadlines are on CLOCK_BOOTTIME, which
// goes on while the machine sleeps and which nobody can set.
type fence struct {
	paths paths
	log   *agentLog
	// kill ends every process of an instance, and says how many there were; made anew for the kills of one look.
	killer func() func(id string) (int, error)
	slots  chan struct{}
	// state is held while anything below is read or changed.
	state  sync.Mutex
	holds  map[string]hold
	read   fileVersion
	bootId string
	// killing: what is closed once the kill of an instance has ended.
	killing map[string]chan struct{}
	// told: of these the log knows.
	told map[string]bool
}

// hold is an instance, by its id, which is its cgroup's name as well.
type hold struct {
	DeadlineMs int64 `json:"deadlineMs"`
	// Exclusive: it must not outlive the guard either.
	Exclusive bool `json:"exclusive"`
}

// fenceFile is fence.json; agent/fence/file.ts writes it, whole each time.
type fenceFile struct {
	BootId string          `json:"bootId"`
	Holds  map[string]hold `json:"holds"`
}

// fileVersion tells two contents of a file apart that is always replaced as a whole.
type fileVersion struct {
	inode    uint64
	modified unix.Timespec
}

func newFence(p paths, log *agentLog) *fence {
	content, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return &fence{
		paths: p,
		log:   log,
		killer: func() func(string) (int, error) {
			mounts, err := cgroupMounts() // many instances are in the same few
			return func(id string) (int, error) {
				if err != nil {
					return 0, err
				}
				return killCgroup(mounts, p.id, id)
			}
		},
		slots:   make(chan struct{}, killsAtOnce),
		bootId:  strings.TrimSpace(string(content)),
		killing: map[string]chan struct{}{},
		told:    map[string]bool{},
	}
}

// watch never ends. It has a goroutine to itself: starting and checking agents takes its time.
func (f *fence) watch() {
	for {
		time.Sleep(f.look())
	}
}

// look begins to kill whatever is overdue, and says when to look again: a process that does not end holds up nobody
// else's deadline. The next looks try again where something is left; and go on looking: an agent that was stopped on its
// way to start one of them may come back at any time.
func (f *fence) look() time.Duration {
	f.state.Lock()
	defer f.state.Unlock()
	f.readHolds()
	f.beginKills(f.overdue())
	if len(f.holds) == 0 {
		return fenceIdle
	}
	return fenceTick
}

// settle kills whatever is overdue.
func (f *fence) settle() {
	f.killNow(f.overdue)
}

// end kills what must not run unwatched.
func (f *fence) end() {
	f.killNow(func() map[string]int64 {
		lateMs := map[string]int64{}
		for id, held := range f.holds {
			if held.Exclusive {
				lateMs[id] = 0
			}
		}
		return lateMs
	})
}

func (f *fence) killNow(chosen func() map[string]int64) {
	f.state.Lock()
	f.readHolds()
	kills := f.beginKills(chosen())
	f.state.Unlock()
	for _, ended := range kills {
		<-ended
	}
}

// overdue is how late each is whose deadline has passed, and forgets what the log was told of the others.
func (f *fence) overdue() map[string]int64 {
	now := bootTimeMs()
	lateMs := map[string]int64{}
	for id, held := range f.holds {
		if now >= held.DeadlineMs {
			lateMs[id] = now - held.DeadlineMs
		}
	}
	for id := range f.told {
		if _, isLate := lateMs[id]; !isLate {
			delete(f.told, id)
		}
	}
	return lateMs
}

// beginKills gives what is closed at the end of each kill, also of those that an earlier look has begun.
func (f *fence) beginKills(lateMs map[string]int64) []<-chan struct{} {
	var kill func(id string) (int, error)
	var kills []<-chan struct{}
	for id, late := range lateMs {
		ended, isUnderWay := f.killing[id]
		if !isUnderWay {
			if kill == nil {
				kill = f.killer()
			}
			ended = make(chan struct{})
			f.killing[id] = ended
			go f.killOne(kill, id, late, ended)
		}
		kills = append(kills, ended)
	}
	return kills
}

func (f *fence) killOne(kill func(id string) (int, error), id string, lateMs int64, ended chan<- struct{}) {
	defer close(ended)
	f.slots <- struct{}{}
	killed, err := kill(id)
	<-f.slots
	f.state.Lock()
	defer f.state.Unlock()
	delete(f.killing, id)
	f.tell(id, killed, lateMs, err)
}

// tell says once of each that it is overdue, if there was anything to kill.
func (f *fence) tell(id string, killed int, lateMs int64, err error) {
	if (killed == 0 && err == nil) || f.told[id] {
		return
	}
	f.told[id] = true
	fields := map[string]any{"instance": id, "processes": killed, "lateMs": lateMs}
	if err != nil {
		fields["error"] = err.Error()
	}
	f.log.say(40, "an instance is killed: no server has confirmed it in time", fields)
}

// readHolds keeps what was read last where the file cannot be read.
func (f *fence) readHolds() {
	var stat unix.Stat_t
	err := unix.Stat(f.paths.fence(), &stat)
	if errors.Is(err, unix.ENOENT) {
		f.holds, f.read = nil, fileVersion{}
		return
	}
	version := fileVersion{stat.Ino, stat.Mtim}
	if err != nil || version == f.read {
		return
	}
	holds, err := readFence(f.paths.fence(), f.bootId)
	if err != nil {
		f.log.say(50, "the deadlines of instances cannot be read; those known last count", map[string]any{"error": err.Error()})
	} else {
		f.holds = holds
	}
	f.read = version
}

// readFence gives the holds of this boot: what an earlier one has left runs no more.
func readFence(file, bootId string) (map[string]hold, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var written fenceFile
	if err := json.Unmarshal(content, &written); err != nil {
		return nil, err
	}
	if written.BootId != bootId {
		return nil, nil
	}
	for id := range written.Holds {
		if id == "" || id == "." || id == ".." || strings.ContainsRune(id, '/') {
			return nil, fmt.Errorf("%q is no instance's id", id)
		}
	}
	return written.Holds, nil
}

func bootTimeMs() int64 {
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // cannot fail: the clock is as old as Linux 2.6.39
	return now.Nano() / int64(time.Millisecond)
}
