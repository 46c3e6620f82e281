package main

import (
	"os"
	"path/filepath"
	"strings"
)

// A cgroupMode says which cgroup tree the agent sees.
//   - v2: the machine's own, unified.
//   - v1: the machine's own, legacy.
//   - private-v1: the machine mounts v1 hierarchies and a v2 one that holds controllers too. crun refuses that
//     mixture, so the agent gets a mount namespace in which only the v1 hierarchies are mounted.
type cgroupMode string

const (
	modeV2        cgroupMode = "v2"
	modeV1        cgroupMode = "v1"
	modePrivateV1 cgroupMode = "private-v1"
)

type mountPoint struct {
	path, fsType string
	superOptions []string
}

// chooseMode decides from the machine's mounts; controllersOf reads a v2 mount's cgroup.controllers.
func chooseMode(mounts []mountPoint, controllersOf func(path string) string) cgroupMode {
	v1, v2 := false, false
	for _, m := range mounts {
		switch m.fsType {
		case "cgroup":
			v1 = v1 || holdsControllers(m.superOptions)
		case "cgroup2":
			v2 = v2 || controllersOf(m.path) != ""
		}
	}
	switch {
	case v1 && v2:
		return modePrivateV1
	case v1:
		return modeV1
	default:
		return modeV2
	}
}

// holdsControllers is false for a named hierarchy (`none,name=systemd`), which every tree may have.
func holdsControllers(superOptions []string) bool {
	for _, option := range superOptions {
		if strings.HasPrefix(option, "name=") {
			return false
		}
	}
	return true
}

func readControllers(path string) string {
	content, err := os.ReadFile(filepath.Join(path, "cgroup.controllers"))
	if err != nil {
		return "" // not readable by root means hidden below another mount: it exposes nothing
	}
	return strings.TrimSpace(string(content))
}

// parseMounts reads the lines of /proc/PID/mountinfo (proc(5)): fields, a single "-", type, source, options.
func parseMounts(mountinfo string) []mountPoint {
	var mounts []mountPoint
	for line := range strings.Lines(mountinfo) {
		place, kind, found := strings.Cut(line, " - ")
		fields, kindFields := strings.Fields(place), strings.Fields(kind)
		if !found || len(fields) < 5 || len(kindFields) < 3 {
			continue
		}
		mounts = append(mounts, mountPoint{unescapeMount(fields[4]), kindFields[0], strings.Split(kindFields[2], ",")})
	}
	return mounts
}

var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace
