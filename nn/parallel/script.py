"""What each of the processes runs that `python -m nn.parallel` starts: the program, and its end if it fails."""

from __future__ import annotations

import os
import runpy
import sys
import traceback

from .ending import tell
from .group import Ranks, world


def main(script: str, *arguments: str) -> None:
    """Run a program as `python script ...` does; of its ranks, the first alone shows progress bars of tqdm.

    An error that nobody catches ends all ranks, and so does a status other than 0 that it exits with.
    """
    group = world()
    if group.rank:
        os.environ.setdefault("TQDM_DISABLE", "1")
    sys.argv = [script, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if not (isinstance(group, Ranks) and end.code):
            raise
        said = f"the program ended itself, with {end.code!r}\n"
        tell(group, lambda: sys.stderr.write(said), end.code if isinstance(end.code, int) else 1)
    except BaseException as error:
        where = error.__traceback__
        while where is not None and where.tb_frame.f_code.co_filename != script:
            where = where.tb_next
        shown = error.with_traceback(where or error.__traceback__)
        if not isinstance(group, Ranks):
            traceback.print_exception(shown)
            sys.exit(1)
        tell(group, lambda: traceback.print_exception(shown))


if __name__ == "__main__":
    main(*sys.argv[1:])
