"""Runs a command for which the kernel has no inotify left: usage: without-inotify.py instances|watches COMMAND...

A filter of system calls answers as the kernel does where fs.inotify.max_user_instances (EMFILE) or max_user_watches
(ENOSPC) is reached. Really reaching them would take inotify away from everybody else on the machine."""
import ctypes, errno, os, platform, struct, sys

numbers = {"x86_64": {"instances": (253, 294), "watches": (254,)}, "aarch64": {"instances": (26,), "watches": (27,)}}
kind, command = sys.argv[1], sys.argv[2:]
refused = numbers[platform.machine()][kind]
answer = errno.EMFILE if kind == "instances" else errno.ENOSPC

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
rules = [(LOAD, 0, 0, 0)]
for position, number in enumerate(refused):
    rules.append((EQUAL, len(refused) - position, 0, number))
rules += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | answer)]
program = b"".join(struct.pack("HBBI", *rule) for rule in rules)
buffer = ctypes.create_string_buffer(program)
head = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0) != 0:
    sys.exit(f"set filter: {os.strerror(ctypes.get_errno())}")
os.execvp(command[0], command)
