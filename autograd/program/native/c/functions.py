"""exp, log, ... in C: what functions.c is read with for each dtype."""

from __future__ import annotations

import functools
from pathlib import Path

HEAD = """#include <stdint.h>
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FMAF(a, b, c) __builtin_fmaf(a, b, c)
#define FMAD(a, b, c) __builtin_fma(a, b, c)
#else
#define FMAF(a, b, c) ((a) * (b) + (c))
#define FMAD(a, b, c) ((a) * (b) + (c))
#endif
"""

_CONSTANTS = {
    "float32": {
        "REAL": "float", "BITS": "uint32_t", "NAMED(name)": "name##_float32", "FMA": "FMAF", "DIGITS": "23",
        "BIAS": "127", "LN2_HIGH": "0x1.62e4p-1f", "LN2_LOW": "1.4286068203094173e-06f", "EXP_LEAST": "-104.0f",
        "EXP_MOST": "89.0f", "EXPM1_LEAST": "-18.0f", "TANH_MOST": "9.5f",
        "EXP_TERMS": "0.00019907709653825133f, 0.001393373296103967f, 0.008333285827969513f, 0.041666464170326094f, "
        "0.1666666675696932f, 0.5000000013542929f",
        "LOG_TERMS": "0.2333341786221058f, 0.28550698969229216f, 0.40000123091304235f, 0.66666666552605f",
    },
    "float64": {
        "REAL": "double", "BITS": "uint64_t", "NAMED(name)": "name##_float64", "FMA": "FMAD", "DIGITS": "52",
        "BIAS": "1023", "LN2_HIGH": "0x1.62e42feep-1", "LN2_LOW": "0x1.a39ef35793c76p-33", "EXP_LEAST": "-746.0",
        "EXP_MOST": "710.0", "EXPM1_LEAST": "-40.0", "TANH_MOST": "20.0",
        "EXP_TERMS": "2.5110130323222028e-08, 2.762020157262752e-07, 2.7557242117466096e-06, 2.4801521057819133e-05, "
        "0.00019841269886791807, 0.0013888888917367246, 0.008333333333322139, 0.04166666666662382, "
        "0.16666666666666674, 0.5000000000000001",
        "LOG_TERMS": "0.14619093656146936, 0.15331498003501884, 0.18182896201932405, 0.2222221103179541, "
        "0.28571428626651435, 0.3999999999989789, 0.666666666666667",
    },
}  # fmt: skip
"""A table for each dtype: see functions.c."""


@functools.cache
def functions(dtype: str) -> str:
    """The text of exp_float32, ... for one dtype."""
    constants = _CONSTANTS[dtype]
    text = Path(__file__).with_name("functions.c").read_text(encoding="utf-8")
    before = "".join(f"#define {name} {value}\n" for name, value in constants.items())
    return before + text + "".join(f"#undef {name.partition('(')[0]}\n" for name in constants)
