"""The handle of a hook: of a tensor's, a module's or an optimizer's."""

from __future__ import annotations

from itertools import count
from typing import Any

_keys = count()


class RemovableHandle:
    """Puts a hook into a dict of them, and takes it out again: by `remove()`, or at the end of a `with`.

    hooks    the hooks by number, in the order in which they are called
    hook     what is called
    prepend  whether before those that are there

    >>> hooks = {}
    >>> with RemovableHandle(hooks, print):
    ...     len(hooks)
    1
    >>> hooks
    {}
    """

    __slots__ = ("hooks", "key")

    def __init__(self, hooks: dict[int, Any], hook: Any, prepend: bool = False) -> None:
        self.hooks = hooks
        self.key = next(key for key in _keys if key not in hooks)  # hooks that were unpickled brought theirs
        rest = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[self.key] = hook
        hooks.update(rest)

    def remove(self) -> None:
        """Take the hook out; once more is no error."""
        self.hooks.pop(self.key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()
