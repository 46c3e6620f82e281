package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	// answerWithin is how long a new program may take until its agent answers for the first time.
	answerWithin = 30 * time.Second
	// steadyFor is how long it must go on answering before the old program is given up.
	steadyFor   = 3 * time.Second
	checkEvery  = 100 * time.Millisecond
	answerLimit = time.Second
)

// handOver is handover.json: the program that is to be the agent from now on. agent/install/hand-over.ts writes it.
type handOver struct {
	Id          string   `json:"id"`
	Program     []string `json:"program"`
	Environment []string `json:"environment"`
}

// handOverState says in guard.json what became of the last hand-over: `trying`, `done` or `reverted` with its reason.
type handOverState struct {
	Id     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// trial is a program that has not passed its first checks yet, and the way back.
type trial struct {
	id       string
	before   program
	deadline time.Time
	answered time.Time // the first answer; zero before it
	stopped  bool      // the old agent has ended, so that whoever answers is the new one
}

// beginHandOver asks the agent to end; its place is taken by the program that handover.json names.
func (g *guard) beginHandOver(agent *agentProcess) {
	var next handOver
	content, err := os.ReadFile(g.paths.handOver())
	if errors.Is(err, os.ErrNotExist) {
		return // of two that asked at once, both signals are for the one that was taken
	}
	if err == nil {
		err = json.Unmarshal(content, &next)
	}
	if err != nil || len(next.Program) == 0 {
		g.log.say(40, "the hand-over names no program", map[string]any{"error": fmt.Sprint(err)})
		return
	}
	g.log.say(30, "the agent is handed over to another program", map[string]any{"program": next.Program})
	g.trial = &trial{id: next.Id, before: g.program}
	g.program = program{next.Program, next.Environment}
	g.recordHandOver("trying", "")
	os.Remove(g.paths.handOver()) // after the record: who asked sees from then on that this one was taken
	if agent == nil {
		g.trial.begin()
		return
	}
	agent.signal(syscall.SIGTERM)
	time.AfterFunc(agentGrace, func() { agent.signal(syscall.SIGKILL) })
}

func (t *trial) begin() {
	t.stopped, t.deadline = true, time.Now().Add(answerWithin)
}

// check judges the new program; called every now and then while there is a trial.
func (g *guard) check(agent *agentProcess) {
	if !g.trial.stopped || agent == nil {
		return
	}
	now := time.Now()
	if answers(g.paths.socket()) {
		if g.trial.answered.IsZero() {
			g.trial.answered = now
		}
		if now.Sub(g.trial.answered) >= steadyFor {
			g.log.say(30, "the new program has passed its first checks", map[string]any{"pid": agent.pid})
			g.trial, g.record.HandOver = nil, &handOverState{g.trial.id, "done", ""}
			g.writeRecord()
		}
		return
	}
	if now.After(g.trial.deadline) {
		g.revert(fmt.Sprintf("its agent does not answer within %v", answerWithin))
		agent.signal(syscall.SIGKILL)
	}
}

// revert makes the old program the agent's again; who calls it sees to it that the new one ends.
func (g *guard) revert(reason string) {
	g.log.say(40, "the new program fails its first checks, the old one takes its place again",
		map[string]any{"reason": reason, "program": g.trial.before.argv})
	g.program = g.trial.before
	g.recordHandOver("reverted", reason)
	g.trial = nil
}

func (g *guard) recordHandOver(state, reason string) {
	g.record.HandOver = &handOverState{g.trial.id, state, reason}
	g.writeRecord()
}

// answers asks GET /v1/info; anything but 200 is none.
func answers(socket string) bool {
	connection, err := net.DialTimeout("unix", socket, answerLimit)
	if err != nil {
		return false
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(answerLimit))
	if _, err := connection.Write([]byte("GET /v1/info HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n")); err != nil {
		return false
	}
	status, _ := bufio.NewReader(connection).ReadString('\n')
	return strings.HasPrefix(status, "HTTP/1.1 200")
}
