package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

const networkTimeout = 2 * time.Second

var attempts = map[string]attempt{
	"read":      read,
	"write":     write,
	"run":       func([]string) (string, error) { return "", nil },
	"processes": processes,
	"unix":      func(a []string) (string, error) { return dial("unix", a[0]) },
	"tcp":       func(a []string) (string, error) { return dial("tcp", a[0]) },
	"mknod":     mknod,
	"mount":     func(a []string) (string, error) { return "", syscall.Mount(a[0], a[1], a[2], flagsOf(a[3]), "") },
	"pivot":     func(a []string) (string, error) { return "", syscall.PivotRoot(a[0], a[0]) },
	"unshare":   func(a []string) (string, error) { return "", syscall.Unshare(int(flagsOf(a[0]))) },
	"clone":     cloneNamespaces,
	"setns":     setns,
	"signal":    signal,
	"trace":     trace,
	"setuid":    setuid,
	"raw":       rawSocket,
	"call":      call,
	"forge":     forge,
}

func read(a []string) (string, error) {
	file, err := os.Open(a[0])
	if err != nil {
		return "", err
	}
	defer file.Close()
	buffer := make([]byte, 64)
	count, err := file.Read(buffer)
	if err != nil && count == 0 && err.Error() != "EOF" {
		return "", err
	}
	if count == 0 {
		return "", errors.New("empty")
	}
	return strconv.Quote(string(buffer[:count])), nil
}

// Opening for writing is the attempt: nothing is changed where it succeeds.
func write(a []string) (string, error) {
	file, err := os.OpenFile(a[0], os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	return "", file.Close()
}

// How many processes /proc shows.
func processes([]string) (string, error) {
	entries, err := os.ReadDir("/proc")
	count := 0
	for _, entry := range entries {
		if _, notNumber := strconv.Atoi(entry.Name()); notNumber == nil {
			count++
		}
	}
	return strconv.Itoa(count), err
}

// A unix socket's path, where `@` begins an abstract name, or ADDRESS:PORT.
func dial(network, address string) (string, error) {
	connection, err := net.DialTimeout(network, address, networkTimeout)
	if err == nil {
		return "", connection.Close()
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "", syscall.ETIMEDOUT
	}
	return "", err
}

// PATH b|c MAJOR MINOR: makes a device and reads it.
func mknod(a []string) (string, error) {
	kind := uint32(syscall.S_IFCHR)
	if a[1] == "b" {
		kind = syscall.S_IFBLK
	}
	major, _ := strconv.Atoi(a[2])
	minor, _ := strconv.Atoi(a[3])
	if err := syscall.Mknod(a[0], kind|0o600, major<<8|minor); err != nil {
		return "", err
	}
	defer os.Remove(a[0])
	file, err := os.OpenFile(a[0], os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	return "", file.Close()
}

func flagsOf(text string) uintptr {
	flags, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		panic(err)
	}
	return uintptr(flags)
}

// FLAGS: starts itself in new namespaces.
func cloneNamespaces(a []string) (string, error) {
	command := exec.Command("/proc/self/exe", "run")
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flagsOf(a[0])}
	return "", command.Run()
}

// The file of a namespace.
func setns(a []string) (string, error) {
	file, err := os.Open(a[0])
	if err != nil {
		return "", err
	}
	defer file.Close()
	return "", raw(sysSetns, file.Fd(), 0)
}

func signal(a []string) (string, error) {
	pid, _ := strconv.Atoi(a[0])
	return "", syscall.Kill(pid, 0)
}

func trace(a []string) (string, error) {
	pid, _ := strconv.Atoi(a[0])
	const seize = 0x4206 // Unlike an attach it does not stop the other one; this program's end lets go of it.
	return "", raw(syscall.SYS_PTRACE, seize, uintptr(pid))
}

// FILE: copies itself there with the set-user-id bit, and runs that as somebody else: the user it then is.
func setuid(a []string) (string, error) {
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(a[0], self, 0o755)
	}
	if err == nil {
		err = os.Chmod(a[0], 0o755|os.ModeSetuid)
	}
	if err != nil {
		return "", err
	}
	defer os.Remove(a[0])
	command := exec.Command(a[0], "read", "/proc/self/loginuid")
	command.Args = []string{a[0], "call", "geteuid"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 12345}}
	said, err := command.Output()
	return string(said[:max(0, len(said)-1)]), err
}

func rawSocket([]string) (string, error) {
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, int(swap(syscall.ETH_P_ALL)))
	if err != nil {
		return "", err
	}
	return "", syscall.Close(socket)
}

func swap(number uint16) uint16 { return number<<8 | number>>8 }

func raw(number uintptr, arguments ...uintptr) error {
	var all [6]uintptr
	copy(all[:], arguments)
	if _, _, failed := syscall.Syscall6(number, all[0], all[1], all[2], all[3], all[4], all[5]); failed != 0 {
		return failed
	}
	return nil
}

// A system call by its name, with arguments that change nothing where it is allowed: its own error tells that it was reached.
func call(a []string) (string, error) {
	if a[0] == "geteuid" {
		return strconv.Itoa(os.Geteuid()), nil
	}
	known, found := calls[a[0]]
	if !found {
		return "", fmt.Errorf("no call is called %s", a[0])
	}
	return "", raw(known.number, known.arguments...)
}
