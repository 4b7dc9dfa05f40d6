"""Work in a process of its own, of bounded time and memory: what may crash, hang or swell."""

from __future__ import annotations

import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from typing import Any

MEMORY = 6 << 30  # bytes


def forked(work: Callable[[], Any], seconds: float) -> tuple[Any, str]:
    """What `work` returns in a process of its own, and how that ended: "done", "out of time", "died", or its error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        try:
            answer = {"answer": work()}
        except BaseException:
            answer = {"error": traceback.format_exc()}
        signal.setitimer(signal.ITIMER_REAL, 0)
        with open(writing, "w") as out:
            json.dump(answer, out)
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        told = pipe.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return None, "out of time" if os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGPROF) else "died"
    answer = json.loads(told) if told else {"error": "died"}
    return answer.get("answer"), answer.get("error", "done")
