package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// fenceOf is a fence whose kills are the test's, and what writes its holds: by id, whether each is overdue.
func fenceOf(t *testing.T, kill func(string) (int, error)) (*fence, func(map[string]bool)) {
	folder := t.TempDir()
	log, err := openLog(filepath.Join(folder, "agent.log"))
	if err != nil {
		t.Fatal(err)
	}
	p := paths{runDir: folder}
	f := newFence(p, log)
	f.killer = func() func(string) (int, error) { return kill }
	return f, func(overdue map[string]bool) {
		written := fenceFile{BootId: f.bootId, Holds: map[string]hold{}}
		for id, isOverdue := range overdue {
			deadline := bootTimeMs() + 60_000
			if isOverdue {
				deadline = 0
			}
			written.Holds[id] = hold{DeadlineMs: deadline}
		}
		text, _ := json.Marshal(written)
		os.WriteFile(p.fence()+".new", text, 0o600)
		os.Rename(p.fence()+".new", p.fence())
	}
}

func TestOverdueInstancesAreKilledBesideEachOther(t *testing.T) {
	var killing sync.Mutex
	running, most, killed := 0, 0, 0
	full := make(chan struct{})
	f, write := fenceOf(t, func(string) (int, error) {
		killing.Lock()
		running++
		most = max(most, running)
		if running == killsAtOnce {
			close(full)
		}
		killing.Unlock()
		<-full
		killing.Lock()
		defer killing.Unlock()
		running--
		killed++
		return 1, nil
	})
	overdue := map[string]bool{"goes-on": false}
	for i := range killsAtOnce {
		overdue["late-"+strconv.Itoa(i)] = true
	}
	write(overdue)
	f.settle()
	if most != killsAtOnce || killed != killsAtOnce {
		t.Errorf("%d killed, %d at once; want %d", killed, most, killsAtOnce)
	}
}

func TestAKillThatTakesItsTimeHoldsUpNoOthersDeadline(t *testing.T) {
	stuck, killed := make(chan struct{}), make(chan string, 4)
	f, write := fenceOf(t, func(id string) (int, error) {
		if id == "stuck" {
			<-stuck
		}
		killed <- id
		return 1, nil
	})
	write(map[string]bool{"stuck": true})
	f.look()
	write(map[string]bool{"stuck": true, "late": true})
	f.look()
	if first := <-killed; first != "late" {
		t.Errorf("killed %s first", first)
	}
	close(stuck)
	write(map[string]bool{"stuck": true})
	f.settle()
	if second := <-killed; second != "stuck" {
		t.Errorf("killed %s second", second)
	}
}

func TestOnlyOverdueInstancesAreRemembered(t *testing.T) {
	f, write := fenceOf(t, func(string) (int, error) { return 1, nil })
	write(map[string]bool{"confirmed": true, "gone": true, "late": true})
	f.settle()
	if len(f.told) != 3 {
		t.Errorf("told of %v", f.told)
	}
	write(map[string]bool{"confirmed": false, "late": true})
	f.settle()
	if len(f.told) != 1 || !f.told["late"] {
		t.Errorf("remembered are %v", f.told)
	}
	write(nil)
	f.settle()
	if len(f.told) != 0 {
		t.Errorf("remembered are %v", f.told)
	}
}

func TestMountsAreReadOnceALook(t *testing.T) {
	var counting sync.Mutex
	looked, killed := 0, 0
	f, write := fenceOf(t, nil)
	f.killer = func() func(string) (int, error) {
		looked++
		return func(string) (int, error) {
			counting.Lock()
			defer counting.Unlock()
			killed++
			return 0, nil
		}
	}
	write(map[string]bool{"a": true, "b": true, "c": true})
	f.settle()
	if looked != 1 || killed != 3 {
		t.Errorf("%d looks at the mounts for %d kills; want 1 for 3", looked, killed)
	}
	write(map[string]bool{"a": false})
	f.settle()
	if looked != 1 {
		t.Errorf("the mounts are looked at with nothing to kill")
	}
}
