/* The adjoint of the maximum over windows that lie apart: every window's value goes to its first maximum.

   Read after convolution.c. Along the examples memory has no gaps. */

struct windows {
    integer examples, channels, rows, columns; /* of windows */
    integer size[2];
    integer value[4], image[4]; /* strides of values and maxima, of image and result: n (1), c, h, w */
    integer step[2];
};

static inline REAL comparable(REAL x) { /* a NaN is its window's maximum, and equals nothing */
    return x != x ? (REAL)__builtin_inf() : x;
}

int to_max(const struct windows *q, const REAL *values, const REAL *image, const REAL *maxima, REAL *result) {
    enum { PIECE = 256 };
    const integer *v = q->value, *s = q->image, places = q->size[0] * q->size[1];
    for (integer h = 0; h < q->rows; h++)
        for (integer c = 0; c < q->channels; c++)
            for (integer w = 0; w < q->columns; w++)
                for (integer n = 0; n < q->examples; n += PIECE) {
                    const integer many = q->examples - n < PIECE ? q->examples - n : PIECE;
                    const integer at = h * v[2] + c * v[1] + w * v[3] + n;
                    const integer from = h * q->step[0] * s[2] + c * s[1] + w * q->step[1] * s[3] + n;
                    const REAL *restrict highest = maxima + at;
                    REAL rest[PIECE]; /* of the windows whose maximum has not been found yet */
                    __builtin_memcpy(rest, values + at, many * sizeof(REAL));
                    for (integer p = 0; p < places; p++) {
                        const integer there = from + p / q->size[1] * s[2] + p % q->size[1] * s[3];
                        const REAL *restrict x = image + there;
                        REAL *restrict y = result + there;
                        if (p == places - 1) { /* what is left belongs here */
                            __builtin_memcpy(y, rest, many * sizeof(REAL));
                            break;
                        }
                        for (integer i = 0; i < many; i++) {
                            REAL part = rest[i] * (REAL)(comparable(x[i]) == comparable(highest[i]));
                            rest[i] -= part;
                            y[i] = part;
                        }
                    }
                }
    return 1;
}
