/* exp, expm1, tanh, log, log1p, sigmoid-like functions of one REAL, without branches, so that a compiler makes vectors
   of the loops that they stand in. They are within 1.5 units in the last place, right at NaN, infinities, signed zeros
   and subnormals.

   Read once for each of float and double, after

       REAL, BITS     the type, and an unsigned integer as long as it
       NAMED(name)    the function's name with the type's
       DIGITS, BIAS   bits of the mantissa without the first, and of the exponent of 1
       LN2_HIGH, LN2_LOW, EXP_LEAST, EXP_MOST, EXPM1_LEAST, TANH_MOST
       EXP_TERMS, LOG_TERMS   coefficients, the last one first: of (exp(r) - 1 - r) / r^2 in r for |r| < ln(2) / 2, and
                      of (log((1 + s) / (1 - s)) - 2s) / s^3 in s^2 where the argument is between sqrt(1/2) and sqrt(2);
                      polynomials of the least greatest error, by Remez' exchange
       FMA(a, b, c)   a * b + c, rounded once where the processor can */

static inline REAL NAMED(real)(BITS bits) {
    REAL made;
    __builtin_memcpy(&made, &bits, sizeof made);
    return made;
}

static inline BITS NAMED(bits)(REAL x) {
    BITS made;
    __builtin_memcpy(&made, &x, sizeof made);
    return made;
}

#define MAGIC ((REAL)1.5 * (REAL)((BITS)1 << DIGITS)) /* added to a number, it leaves that as an integer in the last bits */

/* 2^n for an n with a normal power. */
static inline REAL NAMED(power)(REAL n) {
    return NAMED(real)((NAMED(bits)(n + MAGIC) + BIAS) << DIGITS);
}

static inline REAL NAMED(polynomial)(const REAL *terms, int count, REAL x) {
    REAL sum = terms[0];
    for (int k = 1; k < count; k++) sum = FMA(sum, x, terms[k]);
    return sum;
}

/* exp(x) - 1 is 2^n * (1 + e + rest) - 1: gives e, and the others by address; exact where exp need not be. */
static inline REAL NAMED(reduced)(REAL x, REAL *n, REAL *rest) {
    static const REAL terms[] = {EXP_TERMS};
    *n = FMA(x, (REAL)1.44269504088896340736, MAGIC) - MAGIC;
    REAL high = FMA(*n, -LN2_HIGH, x), low = *n * -LN2_LOW, r = high + low;
    REAL more = FMA(r * r, NAMED(polynomial)(terms, sizeof terms / sizeof *terms, r), low - (r - high));
    REAL e = r + more;
    *rest = more - (e - r);
    return e;
}

static inline REAL NAMED(exp)(REAL x) {
    static const REAL terms[] = {EXP_TERMS};
    int nothing = x < EXP_LEAST; /* as of a mask's -inf: to work that out would take a hundred times as long */
    x = nothing ? 0 : x > EXP_MOST ? EXP_MOST : x;
    REAL n = FMA(x, (REAL)1.44269504088896340736, MAGIC) - MAGIC;
    REAL r = FMA(n, -LN2_LOW, FMA(n, -LN2_HIGH, x));
    REAL made = 1 + FMA(r * r, NAMED(polynomial)(terms, sizeof terms / sizeof *terms, r), r);
    REAL half = FMA(n, (REAL)0.5, MAGIC) - MAGIC; /* in two steps: 2^n alone may be subnormal, or infinite */
    made = made * NAMED(power)(half) * NAMED(power)(n - half);
    return NAMED(real)(NAMED(bits)(made) & (nothing ? 0 : ~(BITS)0)); /* a choice that others are joined to is a branch */
}

static inline REAL NAMED(expm1)(REAL x) {
    REAL n, rest, kept = x;
    x = x < EXPM1_LEAST ? EXPM1_LEAST : x > EXP_MOST ? EXP_MOST : x;
    REAL e = NAMED(reduced)(x, &n, &rest);
    REAL unit = n > BIAS / 2 ? (REAL)0.5 : 1; /* half of it, where 2^n might be infinite */
    REAL scale = NAMED(power)(n > BIAS / 2 ? n - 1 : n);
    REAL made = FMA(scale, e, FMA(scale, rest, scale - unit)) * (n > BIAS / 2 ? 2 : 1);
    return kept == 0 ? kept : made;
}

static inline REAL NAMED(tanh)(REAL x) {
    REAL size = NAMED(real)(NAMED(bits)(x) & ~(BITS)0 >> 1), n, rest;
    REAL e = NAMED(reduced)(2 * (size > TANH_MOST ? TANH_MOST : size), &n, &rest);
    REAL scale = NAMED(power)(n), less = scale - 1;
    REAL over = FMA(scale, e, less), lost = FMA(scale, e, less - over); /* exp(2x) - 1 is over + lost */
    lost = FMA(scale, rest, lost);
    REAL under = over + 2, inverse = 1 / under, made = over * inverse;
    lost = FMA(-made, under, over) + lost - made * (lost + (over - (under - 2)));
    made = FMA(lost, inverse, made);
    return NAMED(real)(NAMED(bits)(made) | (NAMED(bits)(x) & ~(~(BITS)0 >> 1)));
}

/* log(x) + add, for an `add` that is small beside log(x), or else x is 1. */
static inline REAL NAMED(log_and)(REAL x, REAL add) {
    static const REAL terms[] = {LOG_TERMS};
    const BITS root = NAMED(bits)((REAL)0.70710678118654752440), mask = ((BITS)1 << DIGITS) - 1;
    int small = x < NAMED(real)((BITS)1 << DIGITS);
    REAL scaled = small ? x * (REAL)((BITS)1 << DIGITS) : x;
    BITS shifted = NAMED(bits)(scaled) - root + ((BITS)BIAS << DIGITS); /* the exponent is that of the number below sqrt(2) */
    REAL exponent = NAMED(real)(NAMED(bits)(MAGIC) + (shifted >> DIGITS)) - (MAGIC + BIAS);
    exponent -= small ? DIGITS : 0;
    REAL f = NAMED(real)((shifted & mask) + root) - 1;
    REAL s = f / (2 + f), z = s * s, half = (REAL)0.5 * f * f;
    REAL rest = z * NAMED(polynomial)(terms, sizeof terms / sizeof *terms, z);
    REAL low = FMA(exponent, LN2_LOW, FMA(s, half + rest, add));
    REAL made = exponent * LN2_HIGH + (f - (half - low));
    made = x > 0 ? made : x == 0 ? -(REAL)__builtin_inf() : (REAL)__builtin_nan("");
    return x < (REAL)__builtin_inf() ? made : x; /* infinity and NaN */
}

static inline REAL NAMED(log)(REAL x) {
    return NAMED(log_and)(x, 0);
}

static inline REAL NAMED(log1p)(REAL x) {
    REAL sum = 1 + x, lost = x > 1 ? 1 - (sum - x) : x - (sum - 1);
    REAL add = lost / sum;
    REAL made = NAMED(log_and)(sum, (sum > 0) & (x < (REAL)__builtin_inf()) ? add : 0);
    return x == 0 ? x : made;
}

#undef MAGIC
