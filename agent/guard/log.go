package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	maxLogBytes = 10 << 20
	logCheck    = time.Second
)

// agentLog is agent.log. The agent's stdout and stderr are the file itself, not a pipe through the guard, so that
// the guard's death costs no line and blocks nobody. Every writer appends; hence the file can be emptied in place.
type agentLog struct {
	file *os.File
}

func openLog(path string) (*agentLog, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", path, err)
	}
	return &agentLog{file}, nil
}

// say writes one line in the agent's own format (pino's: level 30 is info, 40 a warning).
func (l *agentLog) say(level int, message string, fields map[string]any) {
	line := map[string]any{"level": level, "time": time.Now().UnixMilli(), "component": "guard", "msg": message}
	for key, value := range fields {
		line[key] = value
	}
	if text, err := json.Marshal(line); err == nil {
		l.file.Write(append(text, '\n')) // a full disk must not stop the guard
	}
}

// bound keeps agent.log under maxLogBytes, with two older files beside it. Lines written between the copy's end
// and the truncation (microseconds) are lost; when the copy fails, as on a full disk, the bound wins.
func (l *agentLog) bound() {
	info, err := l.file.Stat()
	if err != nil || info.Size() < maxLogBytes {
		return
	}
	name := l.file.Name()
	os.Rename(name+".1", name+".2")
	copyError := copyTail(l.file, info.Size()-maxLogBytes, name+".1")
	if err := l.file.Truncate(0); err != nil {
		l.say(40, "the log could not be emptied", map[string]any{"error": err.Error()})
	}
	if copyError != nil {
		l.say(40, "the rotated log is incomplete", map[string]any{"error": copyError.Error()})
	}
}

func copyTail(from *os.File, offset int64, to string) error {
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, io.NewSectionReader(from, offset, 2*maxLogBytes))
	if closeError := target.Close(); err == nil {
		err = closeError
	}
	return err
}
