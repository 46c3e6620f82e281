package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// agentProcess is one running agent, started by this guard or by the one before it.
type agentProcess struct {
	pid       int
	startTime uint64
	began     time.Time
	ended     chan string // receives how it ended, once
}

// startAgent runs the program in its own session, in the agent's mount namespace, with the log as its output.
// It gets no parent-death signal: an agent outlives its guard, and the next guard adopts it.
func startAgent(p paths, what program, log *os.File) (*agentProcess, error) {
	self := []string{"constellation-guard", "become", "--root", p.root, "--"}
	command := &exec.Cmd{
		Path:        "/proc/self/exe", // still this program when its file was replaced meanwhile
		Args:        append(self, what.argv...),
		Env:         what.environment,
		Stdout:      log,
		Stderr:      log,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start agent: %w", err)
	}
	agent := &agentProcess{pid: command.Process.Pid, began: time.Now(), ended: make(chan string, 1)}
	agent.startTime, _ = processStartTime(agent.pid) // the child is not reaped yet, so its entry exists
	go func() {
		command.Wait()
		agent.ended <- command.ProcessState.String()
	}()
	return agent, nil
}

// adopt takes over the agent of an earlier guard; nil when that agent is gone.
func adopt(pid int, startTime uint64) *agentProcess {
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil
	}
	// Checked after the pidfd is held: from here on the pid cannot come to mean another process unnoticed.
	if started, err := processStartTime(pid); err != nil || started != startTime {
		unix.Close(pidfd)
		return nil
	}
	agent := &agentProcess{pid: pid, startTime: startTime, began: time.Now(), ended: make(chan string, 1)}
	go func() {
		defer unix.Close(pidfd)
		for {
			events, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, -1)
			if events > 0 || (err != nil && err != unix.EINTR) {
				agent.ended <- "ended (it was adopted, so how is not known)"
				return
			}
		}
	}()
	return agent
}

// end is never ready while there is no agent (nil).
func (a *agentProcess) end() <-chan string {
	if a == nil {
		return nil
	}
	return a.ended
}

// signal is sent only while the pid still names the same process.
func (a *agentProcess) signal(signal syscall.Signal) {
	if started, err := processStartTime(a.pid); err == nil && started == a.startTime {
		syscall.Kill(a.pid, signal) // it may end right now; the exit is awaited elsewhere
	}
}

// processStartTime reads field 22 of /proc/PID/stat, in clock ticks since boot. A zombie counts as gone.
func processStartTime(pid int) (uint64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	text := string(content)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // the name before it may hold anything
	if len(fields) < 20 || fields[0] == "Z" {
		return 0, fmt.Errorf("process %d has ended", pid)
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

// preferToKeep lowers the process's share of the kernel's attention when memory runs out; without
// CAP_SYS_RESOURCE the kernel refuses, and the default stays.
func preferToKeep(pid int, score int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte(strconv.Itoa(score)), 0)
}
