/* The adjoint of the maximum over windows that lie apart: every window's value goes to its first maximum.

   Read after convolution.c. Along the examples memory has no gaps, but for that of values. */

struct windows {
    integer examples, channels, rows, columns; /* of windows */
    integer size[2];
    integer value[4];           /* strides of values: n, c, h, w */
    integer highest[4], image[4]; /* of maxima, of image and result: n (1), c, h, w */
    integer step[2];
};

static inline REAL comparable(REAL x) { /* a NaN is its window's maximum, and equals nothing */
    return x != x ? (REAL)__builtin_inf() : x;
}

/* What of `rest` belongs to an element, if it is the highest; it is taken from the rest. */
static inline REAL share(REAL *rest, REAL x, REAL highest) {
    REAL part = *rest * (REAL)(comparable(x) == highest);
    *rest -= part;
    return part;
}

static inline __attribute__((always_inline)) void two_by_two(const REAL *restrict values, integer step,
                                                             const REAL *restrict highest, const REAL *restrict image,
                                                             REAL *restrict result, integer count, integer right,
                                                             integer below) {
#pragma omp simd
    for (integer i = 0; i < count; i++) {
        REAL rest = values[i * step], high = comparable(highest[i]);
        result[i] = share(&rest, image[i], high);
        result[i + right] = share(&rest, image[i + right], high);
        result[i + below] = share(&rest, image[i + below], high);
        result[i + below + right] = rest; /* what is left belongs here */
    }
}

static void any_size(const struct windows *q, const REAL *restrict values, const REAL *restrict highest,
                     const REAL *restrict image, REAL *restrict result, integer count) {
    const integer *s = q->image, places = q->size[0] * q->size[1];
    for (integer i = 0; i < count; i++) {
        REAL rest = values[i * q->value[0]], high = comparable(highest[i]);
        for (integer p = 0; p < places - 1; p++) {
            const integer there = i + p / q->size[1] * s[2] + p % q->size[1] * s[3];
            result[there] = share(&rest, image[there], high);
        }
        result[i + (q->size[0] - 1) * s[2] + (q->size[1] - 1) * s[3]] = rest;
    }
}

int to_max(const struct windows *q, const REAL *values, const REAL *image, const REAL *maxima, REAL *result) {
    const integer *v = q->value, *m = q->highest, *s = q->image;
    const int two = q->size[0] == 2 && q->size[1] == 2;
    for (integer h = 0; h < q->rows; h++)
        for (integer c = 0; c < q->channels; c++)
            for (integer w = 0; w < q->columns; w++) {
                const REAL *value = values + h * v[2] + c * v[1] + w * v[3];
                const REAL *highest = maxima + h * m[2] + c * m[1] + w * m[3];
                const integer from = h * q->step[0] * s[2] + c * s[1] + w * q->step[1] * s[3];
                if (two && v[0] == 1)
                    two_by_two(value, 1, highest, image + from, result + from, q->examples, s[3], s[2]);
                else if (two)
                    two_by_two(value, v[0], highest, image + from, result + from, q->examples, s[3], s[2]);
                else
                    any_size(q, value, highest, image + from, result + from, q->examples);
            }
    return 1;
}
