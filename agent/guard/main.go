// Constellation-guard keeps one agent running: it starts the agent, restarts it when it dies, bounds its log,
// and gives it a mount namespace of its own where the machine's cgroup tree needs one. And it kills the instances that
// may run only while servers confirm them, once the deadline that the agent wrote last has passed.
// Invariant: at most one guard and one agent per root folder; neither one's death ends the other, or an instance before
// its deadline. It does not know what an agent does, and stops no other instances.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

const usage = `usage:
  constellation-guard run   [--root DIR] -- PROGRAM ARGS...   keep PROGRAM running as the agent of DIR
  constellation-guard become [--root DIR] -- PROGRAM ARGS... run PROGRAM as the only agent of DIR, for the guard itself
  constellation-guard enter [--root DIR] -- PROGRAM ARGS...   run PROGRAM in the mount namespace of DIR's agent
`

// exitAlreadyRuns tells who started a guard that another one came first; agent/install/up.ts knows it.
const exitAlreadyRuns = 3

func init() {
	// The main goroutine stays on the process's first thread, so that no other goroutine ever changes the
	// namespace which /proc/self shows.
	runtime.LockOSThread()
}

func main() {
	call, err := parseArguments(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "constellation-guard: %v\n%s", err, usage)
		os.Exit(2)
	}
	if err := perform(call); err != nil {
		fmt.Fprintf(os.Stderr, "constellation-guard: %v\n", err)
		if errors.Is(err, errAlreadyRuns) {
			os.Exit(exitAlreadyRuns)
		}
		os.Exit(1)
	}
}

func perform(call invocation) error {
	switch call.command {
	case "enter":
		return enterAndExec(agentPaths(call.root), call.program)
	case "become":
		if err := becomeOnlyAgent(agentPaths(call.root)); err != nil {
			return err
		}
		return enterAndExec(agentPaths(call.root), call.program)
	}
	return keepRunning(agentPaths(call.root), call.program)
}

type invocation struct {
	command string
	root    string
	program []string
}

func parseArguments(arguments []string) (invocation, error) {
	call := invocation{root: os.Getenv("CONSTELLATION_ROOT")}
	if len(arguments) == 0 {
		return call, errors.New("no command given")
	}
	call.command = arguments[0]
	if call.command != "run" && call.command != "enter" && call.command != "become" {
		return call, fmt.Errorf("command %q is unknown", call.command)
	}
	rest := arguments[1:]
	for len(rest) > 0 && rest[0] != "--" {
		if rest[0] != "--root" || len(rest) < 2 {
			return call, fmt.Errorf("option %q is unknown or lacks its value", rest[0])
		}
		call.root, rest = rest[1], rest[2:]
	}
	if len(rest) < 2 {
		return call, errors.New("no program given after --")
	}
	call.program = rest[1:]
	return call, nil
}
