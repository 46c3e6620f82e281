"""Runs a command in a terminal of its own and plays keys to it.

in-terminal.py COLUMNS ROWS STEPS COMMAND...: STEPS is a JSON list of [text to wait for, what to do then], where what
to do is {"keys": text}, {"size": [columns, rows]} or {"signal": number}. Prints, as JSON, all that appeared, the exit
code (128 + signal), and whether the terminal was left as it was found. Bounded by LIMIT_S.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT_S = 30


def set_size(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    columns, rows, steps, command = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:]
    ours, theirs = pty.openpty()
    set_size(ours, columns, rows)
    before = termios.tcgetattr(theirs)
    child = os.fork()
    if child == 0:
        os.close(ours)
        os.login_tty(theirs) if hasattr(os, "login_tty") else take_terminal(theirs)
        os.execvp(command[0], command)
    seen, since, exit_code = b"", 0, None
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.02)[0]:
            seen += os.read(ours, 65536)
        while steps and seen.find(steps[0][0].encode(), since) >= 0:
            text, act = steps.pop(0)
            since = seen.find(text.encode(), since) + len(text.encode())
            if "keys" in act:
                os.write(ours, act["keys"].encode())
            if "size" in act:
                set_size(ours, *act["size"])
            if "signal" in act:
                os.kill(child, act["signal"])
        if exit_code is None:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                exit_code = os.waitstatus_to_exitcode(status)
        elif not select.select([ours], [], [], 0)[0]:
            break
    if exit_code is None:
        os.kill(child, signal.SIGKILL)
    restored = termios.tcgetattr(theirs) == before
    code = None if exit_code is None else 128 - exit_code if exit_code < 0 else exit_code
    text = seen.decode(errors="replace")
    print(json.dumps({"output": text, "code": code, "restored": restored, "stepsLeft": len(steps)}))


def take_terminal(terminal):
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    if terminal > 2:
        os.close(terminal)


main()
