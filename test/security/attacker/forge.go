package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"syscall"
)

// DEVICE HEX...: puts whole Ethernet frames on the wire as they are. An answer is not waited for.
func forge(a []string) (string, error) {
	device, err := net.InterfaceByName(a[0])
	if err != nil {
		return "", err
	}
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		return "", os.NewSyscallError("socket", err)
	}
	defer syscall.Close(socket)
	for _, text := range a[1:] {
		frame, err := hex.DecodeString(text)
		if err != nil {
			return "", err
		}
		if len(frame) < 14 {
			return "", errors.New("a frame has at least 14 bytes")
		}
		to := &syscall.SockaddrLinklayer{Ifindex: device.Index, Protocol: binary.LittleEndian.Uint16(frame[12:14])}
		if err := syscall.Sendto(socket, frame, 0, to); err != nil {
			return "", err
		}
	}
	return "", nil
}
