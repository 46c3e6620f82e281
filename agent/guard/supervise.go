package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// agentGrace is how long an agent may take to end after SIGTERM before it is killed.
	agentGrace = 10 * time.Second
	guardScore = -999
	agentScore = -500
)

// keepRunning is the guard's whole life: claim the folders, become the only guard, adopt or start the agent,
// restart it until SIGTERM or SIGINT arrives.
func keepRunning(p paths, argv []string) error {
	if err := claim(p); err != nil {
		return err
	}
	lock, err := becomeOnlyGuard(p)
	if err != nil {
		return err
	}
	defer lock.Close()
	log, err := openLog(p.log())
	if err != nil {
		return err
	}
	unix.Setsid() // fails where it leads a session already (systemd), or a shell's job, which stays one
	g := &guard{paths: p, program: program{argv, nil}, log: log, fence: newFence(p, log)}
	// Before all else: what should have ended meanwhile waits no longer, and no agent gets at it.
	g.fence.settle()
	if err := g.prepare(); err != nil {
		log.say(50, "the guard cannot start", map[string]any{"error": err.Error()})
		return err
	}
	go g.fence.watch()
	return g.supervise()
}

var errAlreadyRuns = errors.New("already runs")

const (
	// dyingGrace is how long a guard that was killed may go on to hold its lock: until its last thread has ended.
	dyingGrace = 2 * time.Second
	dyingPause = 10 * time.Millisecond
)

// becomeOnlyGuard holds a lock until this process ends, however it ends; the agent does not inherit it. It waits for
// nobody who runs: that one is to be stopped by those who started it, and not to be followed unasked.
func becomeOnlyGuard(p paths) (*os.File, error) {
	lock, err := os.OpenFile(p.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	deadline := time.Now().Add(dyingGrace)
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for errors.Is(err, unix.EWOULDBLOCK) {
		if last := readRecord(p.record()); last.isRunning() || time.Now().After(deadline) {
			return nil, fmt.Errorf("start guard: %s: %w as process %d; stop it first with `constellation-agent down`",
				p.id, errAlreadyRuns, last.Pid)
		}
		time.Sleep(dyingPause)
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", p.lock(), err)
	}
	return lock, nil
}

type guard struct {
	paths   paths
	program program
	log     *agentLog
	record  record
	backoff backoff
	fence   *fence
	trial   *trial // nil while the program is a trusted one
}

// program is what is started as the agent; without an environment of its own it gets the guard's.
type program struct {
	argv, environment []string
}

// prepare finds the cgroup mode and the mount namespace that belongs to it, and records both.
func (g *guard) prepare() error {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	last := readRecord(g.paths.record())
	g.record = record{Pid: os.Getpid(), HandsOver: true, Fences: true, AgentPid: last.AgentPid, AgentStartTime: last.AgentStartTime}
	if g.record.StartTime, err = processStartTime(g.record.Pid); err != nil {
		return err
	}
	g.record.CgroupMode = chooseMode(parseMounts(string(mountinfo)), readControllers)
	if g.record.CgroupMode == modePrivateV1 {
		pin, err := ensurePin(g.paths)
		if err != nil {
			return err
		}
		g.record.MountNamespace = &pin
	}
	if err := preferToKeep(g.record.Pid, guardScore); err != nil {
		g.log.say(30, "the guard's out-of-memory score stays as it is", map[string]any{"reason": err.Error()})
	}
	g.log.say(30, "the guard has started", map[string]any{
		"pid": g.record.Pid, "cgroupMode": g.record.CgroupMode, "mountNamespace": g.record.MountNamespace,
	})
	return g.record.write(g.paths.record())
}

func (g *guard) supervise() error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	// Caught and dropped rather than ignored: what a process ignores, its children would ignore too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	handOver := make(chan os.Signal, 1)
	signal.Notify(handOver, syscall.SIGUSR1)
	logSize := time.NewTicker(logCheck)
	defer logSize.Stop()
	checks := time.NewTicker(checkEvery)
	checks.Stop()

	agent := g.adoptLast()
	start := time.NewTimer(0)
	if agent != nil {
		start.Stop()
	}
	for {
		wanted := handOver
		if g.trial != nil {
			wanted = nil // one at a time: the next one waits
		}
		select {
		case <-stop:
			return g.end(agent)
		case <-logSize.C:
			g.log.bound()
		case <-wanted:
			g.beginHandOver(agent)
			checks.Reset(checkEvery)
		case <-checks.C:
			if g.trial == nil {
				checks.Stop()
			} else {
				g.check(agent)
			}
		case <-start.C:
			agent = g.startNext(start)
		case how := <-agent.end():
			if g.trial != nil {
				g.endInTrial(how)
				agent = nil
				start.Reset(0)
				continue
			}
			delay := g.backoff.delayAfter(time.Since(agent.began))
			g.log.say(40, "the agent has ended and is started again",
				map[string]any{"pid": agent.pid, "how": how, "delayMs": delay.Milliseconds()})
			agent = nil
			start.Reset(delay)
		}
	}
}

func (g *guard) adoptLast() *agentProcess {
	if pid := agentPid(g.paths); pid != 0 {
		if startTime, err := processStartTime(pid); err == nil {
			g.record.AgentPid, g.record.AgentStartTime = &pid, &startTime
		}
	}
	if g.record.AgentPid == nil || g.record.AgentStartTime == nil {
		return nil
	}
	agent := adopt(*g.record.AgentPid, *g.record.AgentStartTime)
	if agent != nil {
		g.log.say(30, "the running agent is adopted", map[string]any{"pid": agent.pid})
		g.recordAgent(&agent.pid, &agent.startTime)
	}
	return agent
}

// endInTrial tells the old agent's end, which is wanted, from the new one's, which fails the trial.
func (g *guard) endInTrial(how string) {
	if g.trial.stopped {
		g.revert("its agent ended: " + how)
	} else {
		g.trial.begin()
	}
}

// startNext starts the agent; where that fails (no memory, no process table entry) it sets the timer for another try.
func (g *guard) startNext(retry *time.Timer) *agentProcess {
	agent, err := startAgent(g.paths, g.program, g.log.file)
	if err != nil {
		delay := g.backoff.delayAfter(0)
		g.log.say(50, "the agent cannot be started", map[string]any{"error": err.Error(), "delayMs": delay.Milliseconds()})
		retry.Reset(delay)
		return nil
	}
	preferToKeep(agent.pid, agentScore) // refused in the same cases as the guard's own, which was logged
	g.log.say(30, "the agent has started", map[string]any{"pid": agent.pid})
	g.recordAgent(&agent.pid, &agent.startTime)
	return agent
}

func (g *guard) recordAgent(pid *int, startTime *uint64) {
	g.record.AgentPid, g.record.AgentStartTime, g.record.Crashes = pid, startTime, g.backoff.shortLives
	g.writeRecord()
}

func (g *guard) writeRecord() {
	if err := g.record.write(g.paths.record()); err != nil {
		g.log.say(40, "guard.json could not be written", map[string]any{"error": err.Error()})
	}
}

// end asks the agent to finish, kills it when its grace is over, and leaves no record. Instances keep running, but for
// exclusive ones: without a guard nobody would end those.
func (g *guard) end(agent *agentProcess) error {
	if agent != nil {
		agent.signal(syscall.SIGTERM)
		select {
		case <-agent.ended:
		case <-time.After(agentGrace):
			g.log.say(40, "the agent did not end in time and is killed", map[string]any{"pid": agent.pid})
			agent.signal(syscall.SIGKILL)
			<-agent.ended
		}
	}
	g.fence.end()
	g.log.say(30, "the guard has stopped", nil)
	return os.Remove(g.paths.record())
}
