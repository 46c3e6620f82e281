// Workload says when it reached its first instruction and sleeps until it is told to stop.
// Build it with that as its entry: -ldflags=-E=main.firstInstruction.
// It sends "HOSTNAME NANOSECONDS\n", by CLOCK_MONOTONIC, to the unix socket its one argument names; with the argument
// "burn" it says nothing and keeps every processor busy.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Set by firstInstruction, in the assembly file of the processor.
var started syscall.Timespec

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	if os.Args[1] == "burn" {
		for processor := 0; processor < runtime.NumCPU(); processor++ {
			go burn()
		}
	} else if err := report(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "report the start: %v\n", err)
		os.Exit(1)
	}
	<-stop
}

func burn() {
	for {
	}
}

func report(path string) error {
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	socket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	if err := syscall.Connect(socket, &syscall.SockaddrUnix{Name: path}); err != nil {
		return err
	}
	_, err = syscall.Write(socket, fmt.Appendf(nil, "%s %d\n", hostname, started.Nano()))
	return err
}
