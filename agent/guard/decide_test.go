package main

import (
	"testing"
	"time"
)

func TestModeOfCgroupTree(t *testing.T) {
	const (
		memory  = "32 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
		systemd = "37 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
		unified = "38 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		pureV2  = "26 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	)
	cases := []struct {
		name, mounts, v2Controllers string
		want                        cgroupMode
	}{
		{"unified", pureV2, "cpu memory pids", modeV2},
		{"legacy", memory + systemd, "", modeV1},
		{"systemd's hybrid, v2 without controllers", memory + systemd + unified, "", modeV1},
		{"hybrid with controllers in v2", memory + systemd + unified, "hugetlb", modePrivateV1},
		{"a named v1 hierarchy beside a full v2 one", systemd + unified, "cpu memory", modeV2},
		{"nothing mounted", "", "", modeV2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := chooseMode(parseMounts(c.mounts), func(string) string { return c.v2Controllers })
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestMountPathsAreUnescaped(t *testing.T) {
	mounts := parseMounts(`40 31 0:40 / /mnt/a\040b rw - tmpfs tmpfs rw` + "\n")
	if len(mounts) != 1 || mounts[0].path != "/mnt/a b" {
		t.Errorf("got %v", mounts)
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	for i, want := range []int{0, 100, 200, 400, 800, 1600, 3200, 5000, 5000} {
		if got := b.delayAfter(time.Second); got != time.Duration(want)*time.Millisecond {
			t.Errorf("death %d waits %v, want %d ms", i+1, got, want)
		}
	}
	if got := b.delayAfter(stableAfter); got != 0 {
		t.Errorf("a death after a stable life waits %v", got)
	}
	if got := b.delayAfter(time.Second); got != 0 {
		t.Errorf("the first death after a stable life waits %v", got)
	}
}
