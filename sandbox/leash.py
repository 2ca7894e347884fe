"""Run one command so that the kernel kills it when the process that started it dies, however that one dies.

`python -I -S leash.py PARENT_PID COMMAND…` asks for PR_SET_PDEATHSIG (prctl(2)) and becomes the command,
with the same process id. It is a program of its own because Python run between fork and exec may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent:  # it died before the request took effect, so no signal would ever come
        sys.exit("the starting process is gone")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
