#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command at a terminal and types what is asked for.

	typed.py PROMPT LINE... -- COMMAND...

A LINE is typed each time that PROMPT is shown and the terminal does not echo; "^C" and "^Z" are those keys.
What the command shows goes to standard output, with "[stopped, echo on]" where it was stopped, after which it
goes on; at the end "[ended, echo on]", as the terminal was left. The exit status is the command's; 128 and the signal's
number when one ended it.
"""
import os
import pty
import select
import signal
import sys
import termios
import time

PATIENCE = 120
KEYS = {"^C": b"\x03", "^Z": b"\x1a"}


def echo(terminal):
    return "echo on" if termios.tcgetattr(terminal)[3] & termios.ECHO else "echo off"


def start(terminal, command):
    """As a shell with job control does: in a group of its own, in the foreground."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(terminal, os.getpid())
        # Whoever runs tests in the background has them ignored.
        for number in signal.SIGTTOU, signal.SIGINT, signal.SIGQUIT:
            signal.signal(number, signal.SIG_DFL)
        for fd in 0, 1, 2:
            os.dup2(terminal, fd)
        os.execvp(command[0], command)
    return child


def watch(prompt, lines, command):
    ours, terminal = pty.openpty()
    os.setsid()
    os.close(os.open(os.ttyname(terminal), os.O_RDWR))
    child = start(terminal, command)
    shown, asked, end = b"", 0, time.time() + PATIENCE
    while time.time() < end:
        if select.select([ours], [], [], 0.02)[0]:
            shown += os.read(ours, 65536)
            continue
        pid, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if pid and os.WIFSTOPPED(status):
            shown += b"[stopped, %s]\n" % echo(terminal).encode()
            os.kill(child, signal.SIGCONT)
        elif pid:
            print(shown.decode(errors="replace").replace("\r\n", "\n") + f"[ended, {echo(terminal)}]")
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        elif asked < min(shown.count(prompt.encode()), len(lines)):
            line = lines[asked]
            asked += 1
            os.write(ours, KEYS.get(line, line.encode() + b"\n"))
    os.kill(child, signal.SIGKILL)
    print(shown, "and it did not end")
    return 1


def main():
    split = sys.argv.index("--")
    watcher = os.fork()
    if watcher == 0:
        status = watch(sys.argv[1], sys.argv[2:split], sys.argv[split + 1 :])
        sys.stdout.flush()
        os._exit(status)
    sys.exit(os.WEXITSTATUS(os.waitpid(watcher, 0)[1]))


main()
