// A hostile program inside a container, static and without dependencies. `attacker NAME ARGUMENT...` tries one thing and
// prints what came of it on a line: `ok`, with what was got where there is something to show, or the kernel's error, like `EPERM`.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// An attempt says what it got.
type attempt func(arguments []string) (string, error)

func main() {
	runtime.LockOSThread()
	if len(os.Args) < 2 {
		fmt.Println("usage: attacker NAME ARGUMENT...")
		os.Exit(2)
	}
	try, known := attempts[os.Args[1]]
	if !known {
		fmt.Printf("no attempt is called %s\n", os.Args[1])
		os.Exit(2)
	}
	got, err := try(os.Args[2:])
	switch {
	case err != nil:
		fmt.Println(nameOf(err))
	case got == "":
		fmt.Println("ok")
	default:
		fmt.Println("ok", got)
	}
}

// The error's name as the manual pages write it, where it is one that decides something.
func nameOf(err error) string {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return err.Error()
	}
	if name, known := errorNames[number]; known {
		return name
	}
	return number.Error()
}

var errorNames = map[syscall.Errno]string{
	syscall.EACCES: "EACCES", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL", syscall.EAFNOSUPPORT: "EAFNOSUPPORT",
	syscall.EBADF: "EBADF", syscall.EBUSY: "EBUSY", syscall.ECONNREFUSED: "ECONNREFUSED", syscall.EFAULT: "EFAULT",
	syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.EINVAL: "EINVAL", syscall.EIO: "EIO", syscall.ENETUNREACH: "ENETUNREACH",
	syscall.ENODEV: "ENODEV", syscall.ENOENT: "ENOENT", syscall.ENOEXEC: "ENOEXEC", syscall.ENOSYS: "ENOSYS",
	syscall.ENXIO: "ENXIO", syscall.EPERM: "EPERM", syscall.EROFS: "EROFS", syscall.ESRCH: "ESRCH",
	syscall.ETIMEDOUT: "ETIMEDOUT",
}
