package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// record is guard.json: what others (and the next guard) need to find the guard and its agent.
// A process is named by pid and start time (clock ticks since boot), so that a reused pid is never mistaken.
type record struct {
	Pid            int     `json:"pid"`
	StartTime      uint64  `json:"startTime"`
	AgentPid       *int    `json:"agentPid"`
	AgentStartTime *uint64 `json:"agentStartTime"`
	// Crashes counts the agents in a row that ended within seconds of their start.
	Crashes        int        `json:"crashes"`
	CgroupMode     cgroupMode `json:"cgroupMode"`
	MountNamespace *string    `json:"mountNamespace"`
	// HandsOver tells programs that are newer than this guard that it knows hand-overs.
	HandsOver bool `json:"handsOver"`
	// Fences tells the agent that this guard keeps deadlines.
	Fences bool `json:"fences"`
	// HandOver is the last one of this guard; absent before the first.
	HandOver *handOverState `json:"handOver,omitempty"`
}

// isRunning is false for one that was killed, though it may not have let go of everything yet.
func (r record) isRunning() bool {
	started, err := processStartTime(r.Pid)
	return err == nil && started == r.StartTime
}

func (r record) write(file string) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	temporary := file + ".new"
	if err := os.WriteFile(temporary, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", temporary, err)
	}
	return os.Rename(temporary, file)
}

// readRecord returns the last guard's record; a missing or broken one means there is no agent to adopt.
func readRecord(file string) record {
	var last record
	content, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(content, &last) != nil {
		return record{}
	}
	return last
}
