/* Two-dimensional correlation, and its adjoint in the image.

   Read after vectors.c. What is computed stands in memory as (rows, channels, columns, examples), which is the order
   that the engine's own correlation gives: the columns and examples of a row are one long vector then, and the next
   place in a window is the same vector some elements further. Of each row of the image, what is worked on next is
   copied into a ring of rows, where padding is zeros and where the columns of a stride stand apart, so that no loop
   below knows of padding, stride or dilation. The sums of FEATURES x VECTORS results are kept in registers.

   What lies where is told by `struct geometry`, which convolution.py fills. */
#define SLACK (8 * LANES) /* elements beyond a row that the last vectors of a tile may read */

struct geometry {
    integer examples, block, groups, channels, features;
    integer source_columns, source_strides[4]; /* of what is copied into the ring: n, c, h, w */
    integer rows, target_strides[4];                        /* of what has a value for each of its own rows */
    integer kernel_strides[5];                              /* g, f, c, h, w */
    integer height;                                         /* of the kernel */
    integer step, low, plane;        /* column c is element (c + low) / step of plane (c + low) % step */
    integer ring;                    /* rows in the ring */
    integer phases;                  /* of target columns: each has places of its own */
    const integer *source_of;        /* (rows, height): which row of the source, or -1 */
    const integer *phase;            /* (phases, 5): first column, step, columns, number of places, where in `place` */
    const integer *place;            /* (.., 2): column of the kernel, offset in the ring's row in columns */
};

static REAL *lines(integer count) { /* memory that begins where a line of the cache does; freed by `give` */
    char *memory = malloc(count * sizeof(REAL) + 128);
    if (!memory) return 0;
    char *start = memory + 64 + (64 - (uintptr_t)memory % 64);
    ((void **)start)[-1] = memory;
    return (REAL *)start;
}

static void give(REAL *start) {
    if (start) free(((void **)start)[-1]);
}

/* ---- the ring of rows ---------------------------------------------------------------------------------------------*/

struct ring {
    REAL *memory;
    integer *holds; /* which row of the source is where */
    integer pitch, row;
};

static integer pitch_of(const struct geometry *q, integer block) {
    integer pitch = (q->step * q->plane * block + SLACK + LANES - 1) / LANES * LANES;
    return pitch * sizeof(REAL) % 4096 < 64 ? pitch + LANES : pitch; /* channels a page apart fight for the cache */
}

static int open_ring(struct ring *ring, const struct geometry *q) {
    ring->pitch = pitch_of(q, q->block);
    ring->row = ring->pitch * q->channels;
    ring->memory = lines(ring->row * q->ring + SLACK);
    ring->holds = malloc(q->ring * sizeof(integer));
    return ring->memory && ring->holds;
}

static void begin_ring(struct ring *ring, const struct geometry *q, integer block) {
    ring->pitch = pitch_of(q, block);
    ring->row = ring->pitch * q->channels;
    memset(ring->memory, 0, (ring->row * q->ring + SLACK) * sizeof(REAL));
    for (integer k = 0; k < q->ring; k++) ring->holds[k] = -1;
}

static void close_ring(struct ring *ring) {
    give(ring->memory);
    free(ring->holds);
}

/* Columns of an image with their examples side by side: squares are turned where the columns are so in the image. */
static void side_by_side(const REAL *from, integer sn, integer sw, integer columns, integer block, REAL *to) {
    integer w = 0;
    if (sw == 1 && sn != 1)
        for (; w + LANES <= columns; w += LANES) {
            integer n = 0;
            for (; n + LANES <= block; n += LANES) turn_square(from + w + n * sn, sn, to + w * block + n, block);
            for (integer i = w; i < w + LANES; i++)
                for (integer k = n; k < block; k++) to[i * block + k] = from[i + k * sn];
        }
    for (; w < columns; w++)
        if (sn == 1)
            memcpy(to + w * block, from + w * sw, block * sizeof(REAL));
        else
            for (integer n = 0; n < block; n++) to[w * block + n] = from[w * sw + n * sn];
}

static void copy_row(const struct geometry *q, const REAL *from, REAL *to, integer block, integer pitch) {
    const integer sn = q->source_strides[0], sc = q->source_strides[1], sw = q->source_strides[3];
    const integer columns = q->source_columns, fits = least(columns, q->plane - q->low);
    for (integer c = 0; c < q->channels; c++, from += sc, to += pitch) {
        if (q->step == 1) {
            if (fits <= 0) continue;
            if (sn == 1 && sw == block)
                memcpy(to + q->low * block, from, fits * block * sizeof(REAL));
            else
                side_by_side(from, sn, sw, fits, block, to + q->low * block);
            continue;
        }
        REAL columns_apart[LANES * LANES];
        for (integer w = 0, many; w < columns; w += many) {
            const int square = sw == 1 && sn != 1 && w + LANES <= columns;
            many = square ? LANES : 1;
            for (integer n = 0, some; n < block; n += some) {
                const int whole = square && n + LANES <= block;
                some = whole ? LANES : block - n;
                if (whole) turn_square(from + w + n * sn, sn, columns_apart, LANES);
                for (integer i = 0; i < many; i++) {
                    integer index = (w + i + q->low) / q->step;
                    if (index >= q->plane) continue;
                    REAL *restrict there = to + ((w + i + q->low) % q->step * q->plane + index) * block + n;
                    const REAL *restrict here = from + (w + i) * sw + n * sn;
                    if (whole)
                        memcpy(there, columns_apart + i * LANES, LANES * sizeof(REAL));
                    else if (sn == 1)
                        memcpy(there, here, some * sizeof(REAL));
                    else
                        for (integer k = 0; k < some; k++) there[k] = here[k * sn];
                }
            }
        }
    }
}

/* Where row `k` of the source is in the ring; it is brought there if it is not. */
static const REAL *row_in(struct ring *ring, const struct geometry *q, const REAL *source, integer k, integer block) {
    integer slot = k % q->ring;
    REAL *there = ring->memory + slot * ring->row;
    if (ring->holds[slot] != k) {
        copy_row(q, source + k * q->source_strides[2], there, block, ring->pitch);
        ring->holds[slot] = k;
    }
    return there;
}

/* ---- correlation, and its adjoint in the image --------------------------------------------------------------------*/

struct tile {
    const REAL *const *rows; /* those of the ring that are in use, at the first column */
    integer count, channels, pitch, places;
    const integer *offsets;  /* of the places, in elements */
    const REAL *kernel;      /* (height, channels, places, FEATURES) */
    const integer *heights;  /* which row of the kernel goes with each */
    integer block, start, length;
    integer feature_stride, column_stride, column_step;
    REAL *target; /* of the first feature, at the phase's first column */
    REAL bias[8];
    int even; /* whether the target is as contiguous as the ring */
};

static void put(const struct tile *t, const REAL *made, REAL *target, integer start, integer length) {
    while (length > 0) {
        integer n = start % t->block, run = least(t->block - n, length);
        memcpy(target + start / t->block * t->column_step * t->column_stride + n, made, run * sizeof(REAL));
        start += run, made += run, length -= run;
    }
}

#define SUMS(FEATURES, VECTORS)                                                                                        \
    static void sums_##FEATURES(const struct tile *t) {                                                                \
        for (integer at = 0; at < t->length; at += VECTORS * LANES) {                                                  \
            vector sum[FEATURES][VECTORS];                                                                             \
            _Pragma("GCC unroll 8") for (int f = 0; f < FEATURES; f++)                                                 \
                _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++) sum[f][v] = (vector){0} + t->bias[f];        \
            for (integer r = 0; r < t->count; r++) {                                                                   \
                const REAL *row = t->rows[r] + at;                                                                     \
                const REAL *kernel = t->kernel + t->heights[r] * t->channels * t->places * FEATURES;                   \
                for (integer c = 0; c < t->channels; c++, row += t->pitch)                                             \
                    for (integer p = 0; p < t->places; p++, kernel += FEATURES) {                                      \
                        const REAL *here = row + t->offsets[p];                                                        \
                        vector x[VECTORS];                                                                             \
                        _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++) x[v] =                               \
                            *(const loose *)(here + v * LANES);                                                        \
                        _Pragma("GCC unroll 8") for (int f = 0; f < FEATURES; f++)                                     \
                            _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++) sum[f][v] += kernel[f] * x[v];   \
                    }                                                                                                  \
            }                                                                                                          \
            integer left = least(VECTORS * LANES, t->length - at);                                                     \
            _Pragma("GCC unroll 8") for (int f = 0; f < FEATURES; f++) {                                               \
                REAL *target = t->target + f * t->feature_stride;                                                      \
                if (t->even && left == VECTORS * LANES) {                                                              \
                    _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++) *(loose *)(target + at + v * LANES) =    \
                        sum[f][v];                                                                                     \
                } else {                                                                                               \
                    vector made[VECTORS];                                                                              \
                    _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++) made[v] = sum[f][v];                     \
                    put(t, (const REAL *)made, target, at, left);                                                      \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

#if MANY
#define MOST_FEATURES 8
SUMS(1, 8) SUMS(2, 8) SUMS(3, 6) SUMS(4, 6) SUMS(5, 4) SUMS(6, 4) SUMS(7, 3) SUMS(8, 3)
static void (*const sums[])(const struct tile *) = {0, sums_1, sums_2, sums_3, sums_4, sums_5, sums_6, sums_7, sums_8};
#else
#define MOST_FEATURES 6
SUMS(1, 6) SUMS(2, 4) SUMS(3, 3) SUMS(4, 2) SUMS(5, 2) SUMS(6, 2)
static void (*const sums[])(const struct tile *) = {0, sums_1, sums_2, sums_3, sums_4, sums_5, sums_6};
#endif

static void pack(const struct geometry *q, const REAL *kernel, const integer *place, integer places, integer features,
                 REAL *to) {
    const integer *s = q->kernel_strides;
    for (integer h = 0; h < q->height; h++)
        for (integer c = 0; c < q->channels; c++)
            for (integer p = 0; p < places; p++)
                for (integer f = 0; f < features; f++)
                    *to++ = kernel[f * s[1] + c * s[2] + h * s[3] + place[2 * p] * s[4]];
}

static __attribute__((noinline)) int sweep(const struct geometry *q, const REAL *source, const REAL *kernel,
                                          const REAL *bias, REAL *target) {
    struct ring ring;
    integer tiles = (q->features + MOST_FEATURES - 1) / MOST_FEATURES, places = 0;
    for (integer p = 0; p < q->phases; p++) places += q->phase[5 * p + 3];
    integer each = q->height * q->channels * places * q->features;
    REAL *packed = lines(each + 1);
    const REAL **rows = malloc(q->height * sizeof(*rows));
    integer *numbers = malloc((q->height + places + 1) * sizeof(integer)), *offsets = numbers + q->height;
    int good = open_ring(&ring, q) && packed && rows && numbers;
    integer last = 0;
    for (integer g = 0; good && g < q->groups; g++) {
        REAL *to = packed;
        for (integer p = 0; p < q->phases; p++) {
            const integer *phase = q->phase + 5 * p;
            for (integer k = 0; k < tiles; k++) {
                integer f = k * q->features / tiles, many = (k + 1) * q->features / tiles - f;
                pack(q, kernel + g * q->kernel_strides[0] + f * q->kernel_strides[1], q->place + 2 * phase[4], phase[3],
                     many, to);
                to += q->height * q->channels * phase[3] * many;
            }
        }
        for (integer n = 0; n < q->examples; n += q->block) {
            integer block = least(q->block, q->examples - n);
            const REAL *from = source + n * q->source_strides[0] + g * q->channels * q->source_strides[1];
            if (block != last)
                begin_ring(&ring, q, last = block);
            else
                for (integer k = 0; k < q->ring; k++) ring.holds[k] = -1;
            for (integer r = 0; r < q->rows; r++) {
                struct tile t = {.rows = rows, .heights = numbers, .offsets = offsets, .channels = q->channels};
                for (integer h = 0; h < q->height; h++) {
                    integer k = q->source_of[r * q->height + h];
                    if (k < 0) continue;
                    rows[t.count] = row_in(&ring, q, from, k, block);
                    numbers[t.count++] = h;
                }
                t.pitch = ring.pitch, t.block = block;
                t.feature_stride = q->target_strides[1], t.column_stride = q->target_strides[3];
                t.kernel = packed;
                for (integer p = 0; p < q->phases; p++) {
                    const integer *phase = q->phase + 5 * p;
                    t.places = phase[3], t.length = phase[2] * block, t.column_step = phase[1];
                    t.even = t.column_step == 1 && t.column_stride == block;
                    for (integer k = 0; k < t.places; k++) offsets[k] = q->place[2 * (phase[4] + k) + 1] * block;
                    for (integer k = 0; k < tiles; k++) {
                        integer f = k * q->features / tiles, many = (k + 1) * q->features / tiles - f;
                        integer feature = g * q->features + f;
                        for (integer i = 0; i < many; i++) t.bias[i] = bias ? bias[feature + i] : 0;
                        t.target = target + n + feature * t.feature_stride + r * q->target_strides[2] +
                                   phase[0] * t.column_stride;
                        sums[many](&t);
                        t.kernel += q->height * q->channels * t.places * many;
                    }
                }
            }
        }
    }
    close_ring(&ring);
    give(packed), free(rows), free(numbers);
    return good;
}

int correlate(const struct geometry *q, const REAL *source, const REAL *kernel, const REAL *bias, REAL *target) {
    uint64_t before = begin_flush();
    int good = sweep(q, source, kernel, bias, target);
    end_flush(before);
    return good;
}
