"""The polynomials of autograd/ops/special.py, and special.npz: values of its functions to 17 digits.

    python tests/reference/make_special.py

Needs mpmath and NumPy. Prints the coefficients, highest power first, as they stand in special.py.
"""

from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 50
one = mp.mpf(1)


def polynomial(f, a, b, degree):
    """The polynomial that interpolates f at Chebyshev's points of [a, b], in u from -1 to 1, highest power first."""
    n = degree + 30
    nodes = [mp.cos(mp.pi * (k + one / 2) / n) for k in range(n)]
    values = [f((b - a) / 2 * node + (a + b) / 2) for node in nodes]
    series = [2 * mp.fdot(values, [mp.cos(j * mp.acos(node)) for node in nodes]) / n for j in range(degree + 1)]
    series[0] /= 2
    total, before, last = [mp.mpf(0)] * (degree + 1), [], [one]
    for k, weight in enumerate(series):
        for i, value in enumerate(last):
            total[i] += weight * value
        doubled = [mp.mpf(0), *[(1 if k == 0 else 2) * value for value in last]]
        before, last = last, [v - (before[i] if i < len(before) else 0) for i, v in enumerate(doubled)]
    return total[::-1]


def rescaled(coefficients):
    """The same polynomial in s from 0 to 1, where u = 2s - 1."""
    total = [mp.mpf(0)]
    for c in coefficients:
        shifted = [mp.mpf(0), *[2 * v for v in total]]
        total = [s - (total[i] if i < len(total) else 0) for i, s in enumerate(shifted)]
        total[0] += c
    return total[: len(coefficients)][::-1]


def scaled_erfc(t):
    x = mp.mpf("3.75") * (1 + t) / (1 - t)
    if x < 40:
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)
    terms = [(-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(26)]
    return (1 + 2 * x) / (x * mp.sqrt(mp.pi)) * mp.fsum(terms)


def scaled_erfc_slope(t):
    """(1 + 2x)^2 times minus the derivative of exp(x^2) erfc(x), which for large x is all cancellation."""
    x = mp.mpf("3.75") * (1 + t) / (1 - t)
    if x < 1e6:
        with mp.workdps(120):
            return (1 + 2 * x) ** 2 * (2 / mp.sqrt(mp.pi) - 2 * x * mp.exp(x * x) * mp.erfc(x))
    return (1 / x + 2) ** 2 / mp.sqrt(mp.pi) * (1 - mp.mpf(3) / (2 * x * x))


def scaled_dawson_slope(u):
    """-2 x^2 times the derivative of Dawson's integral, in (3.5/x)^2 from 0 to 1."""
    v = (u + 1) / 2
    x = mp.mpf("3.5") / mp.sqrt(v)
    if x > 20:
        return mp.fsum(mp.fac2(2 * k - 1) / (2 * x * x) ** (k - 1) for k in range(1, 60))
    with mp.workdps(80):
        return -2 * x * x * (1 - x * mp.sqrt(mp.pi) * mp.exp(-x * x) * mp.erfi(x))


def scaled_loggamma(u):
    z = u + 1
    return mp.loggamma(1 + z) / (z * (z - 1))


def scaled_i1(u, low):
    """I1(x)/x in (x/8)**2 below 8; sqrt(x) exp(-x) I1(x) in 8/x above."""
    if low:
        x = 8 * mp.sqrt((u + 1) / 2)
        return mp.besseli(1, x) / x
    v = (u + 1) / 2
    x = 8 / v
    return mp.sqrt(x) * mp.exp(-x) * mp.besseli(1, x)


def rational(bound, p, q):
    """erf(x)/x as P(x*x)/Q(x*x) up to `bound`, by least squares of the relative error, reweighted."""
    x = bound * (np.cos(np.pi * (np.arange(800) + 0.5) / 800) + 1) / 2
    s, y = x * x, np.array([float(mp.erf(v)) for v in x]) / x
    w = np.ones_like(x)
    for _ in range(30):
        a = np.concatenate([s[:, None] ** np.arange(p + 1), -y[:, None] * s[:, None] ** np.arange(1, q + 1)], 1)
        a /= (w * y)[:, None]
        scale = abs(a).max(0)
        found = np.linalg.lstsq(a / scale, 1 / w)[0] / scale
        upper, lower = found[: p + 1], np.array([1, *found[p + 1 :]])
        w = lower @ s ** np.arange(q + 1)[:, None]
    return upper[::-1], lower[::-1]


def log_normal_cdf(x):
    y = mp.mpf(x) / mp.sqrt(2)
    return mp.log(mp.erfc(-y) / 2) if x < 0 else mp.log1p(-mp.erfc(y) / 2)


def show(name, coefficients):
    print(name, "=", tuple(float(c) for c in coefficients))


def main():
    show("_ERF", rescaled(polynomial(lambda u: mp.erf(mp.sqrt((u + 1) / 2)) / mp.sqrt((u + 1) / 2), -one, one, 12)))
    show("_ERFC", polynomial(scaled_erfc, -one, one, 25))
    show("_ERFC_TAIL", polynomial(scaled_erfc, -one, one, 11))
    show("_ERFC_SLOPE", polynomial(scaled_erfc_slope, -one, one, 28))
    show("_DAWSON_SLOPE", polynomial(scaled_dawson_slope, -one, one, 36))
    upper, lower = rational(3.925, 5, 5)
    show("_ERF32_P", upper)
    show("_ERF32_Q", lower)
    show("_LOGGAMMA", polynomial(scaled_loggamma, -one, one, 26))
    show("_I1_LOW", rescaled(polynomial(lambda u: scaled_i1(u, True), -one, one, 20)))
    show("_I1_HIGH", polynomial(lambda u: scaled_i1(u, False), -one, one, 20))
    signed = np.concatenate([-np.geomspace(1e-20, 26, 60)[::-1], [0.0], np.geomspace(1e-20, 26, 120)])
    positive = np.geomspace(1e-10, 1e10, 200)
    negative = -np.arange(0.05, 12, 0.135)
    gamma = np.concatenate([negative, [0.5, 1.0, 1.4616, 1.5, 2.0, 2.0001, 2.5, 2.9999, 3.0, 9.0, 9.1], positive])
    order = np.arange(5)
    values = {
        "signed": signed,
        "gamma": gamma,
        "erf": [mp.erf(x) for x in signed],
        "erfc": [mp.erfc(x) for x in signed],
        "gammaln": [mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x) for x in gamma],
        "i1": [mp.besseli(1, x) for x in signed],
        "log_ndtr": [log_normal_cdf(x) for x in signed],
        "polygamma": [[mp.psi(int(n), x) for x in gamma] for n in order],
    }
    path = Path(__file__).with_name("special.npz")
    np.savez_compressed(path, **{name: np.array(value, dtype=float) for name, value in values.items()})


if __name__ == "__main__":
    main()
