"""The derivative as a program: traced, improved, and run as NumPy."""

from .compile import Compiled, compile
from .program import Program
from .trace import trace

__all__ = ["Compiled", "Program", "compile", "trace"]
