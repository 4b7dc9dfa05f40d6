/* The adjoint of correlation in its kernel.

   Read after convolution.c. Of many features, a row of results is copied with these side by side, and sums of places x
   features are kept in registers; of a few, sums of products along a row. */
/* Sums over `count` places of a row, of PLACES elements of windows times VECTORS of features. */
#define OUTER(PLACES, VECTORS)                                                                                         \
    static void outer_##PLACES##_##VECTORS(const REAL *const *x, const REAL *y, integer features, integer count,       \
                                           REAL *total) {                                                              \
        vector sum[PLACES][VECTORS];                                                                                   \
        const REAL *from[PLACES];                                                                                      \
        _Pragma("GCC unroll 16") for (int p = 0; p < PLACES; p++) {                                                    \
            from[p] = x[p];                                                                                            \
            _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) sum[p][v] = (vector){0};                         \
        }                                                                                                              \
        for (integer j = 0; j < count; j++, y += features) {                                                           \
            vector g[VECTORS];                                                                                         \
            _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) g[v] = *(const vector *)(y + v * LANES);         \
            _Pragma("GCC unroll 16") for (int p = 0; p < PLACES; p++)                                                  \
                _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) sum[p][v] += from[p][j] * g[v];              \
        }                                                                                                              \
        _Pragma("GCC unroll 16") for (int p = 0; p < PLACES; p++)                                                      \
            _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) *(vector *)(total + p * features + v * LANES) += \
            sum[p][v];                                                                                                 \
    }

#define UP_TO_6(MAKE, WITH) MAKE(1, WITH) MAKE(2, WITH) MAKE(3, WITH) MAKE(4, WITH) MAKE(5, WITH) MAKE(6, WITH)
#define UP_TO_12(MAKE, WITH) \
    UP_TO_6(MAKE, WITH) MAKE(7, WITH) MAKE(8, WITH) MAKE(9, WITH) MAKE(10, WITH) MAKE(11, WITH) MAKE(12, WITH)
#define ALL_6(NAME, WITH) \
    {0, NAME##1_##WITH, NAME##2_##WITH, NAME##3_##WITH, NAME##4_##WITH, NAME##5_##WITH, NAME##6_##WITH}
#define ALL_12(NAME, WITH)                                                                                    \
    {0, NAME##1_##WITH, NAME##2_##WITH, NAME##3_##WITH, NAME##4_##WITH, NAME##5_##WITH, NAME##6_##WITH,       \
     NAME##7_##WITH, NAME##8_##WITH, NAME##9_##WITH, NAME##10_##WITH, NAME##11_##WITH, NAME##12_##WITH}

typedef void outer(const REAL *const *, const REAL *, integer, integer, REAL *);
UP_TO_12(OUTER, 1) UP_TO_12(OUTER, 2) UP_TO_6(OUTER, 4)
#if MANY
static const integer most_places[] = {0, 12, 12, 0, 6};
#else
static const integer most_places[] = {0, 8, 6, 0, 3};
#endif
static outer *const outers[][13] = {{0}, ALL_12(outer_, 1), ALL_12(outer_, 2), {0}, ALL_6(outer_, 4)};

/* The same of a few features, along a row: sums of FEATURES x PLACES products of vectors. */
#define INNER(PLACES, FEATURES)                                                                                       \
    static void inner_##PLACES##_##FEATURES(const REAL *const *x, const REAL *y, integer pitch, integer count,         \
                                            REAL *total, integer features) {                                           \
        vector sum[FEATURES][PLACES];                                                                                  \
        _Pragma("GCC unroll 4") for (int f = 0; f < FEATURES; f++)                                                     \
            _Pragma("GCC unroll 8") for (int p = 0; p < PLACES; p++) sum[f][p] = (vector){0};                          \
        for (integer j = 0; j < count; j += LANES) {                                                                   \
            vector g[FEATURES];                                                                                        \
            _Pragma("GCC unroll 4") for (int f = 0; f < FEATURES; f++) g[f] = *(const vector *)(y + f * pitch + j);    \
            _Pragma("GCC unroll 8") for (int p = 0; p < PLACES; p++) {                                                 \
                vector k = {0}; /* beyond the end may be what no window sees, an infinity perhaps */                   \
                if (j + LANES <= count)                                                                                \
                    k = *(const loose *)(x[p] + j);                                                                    \
                else                                                                                                   \
                    memcpy(&k, x[p] + j, (count - j) * sizeof(REAL));                                                  \
                _Pragma("GCC unroll 4") for (int f = 0; f < FEATURES; f++) sum[f][p] += k * g[f];                      \
            }                                                                                                          \
        }                                                                                                              \
        for (int f = 0; f < FEATURES; f++)                                                                             \
            for (int p = 0; p < PLACES; p++) {                                                                         \
                REAL all = 0;                                                                                          \
                for (int i = 0; i < LANES; i++) all += sum[f][p][i];                                                   \
                total[p * features + f] += all;                                                                        \
            }                                                                                                          \
    }

typedef void inner(const REAL *const *, const REAL *, integer, integer, REAL *, integer);
UP_TO_6(INNER, 1) UP_TO_6(INNER, 2) UP_TO_6(INNER, 3)
static inner *const inners[][7] = {{0}, ALL_6(inner_, 1), ALL_6(inner_, 2), ALL_6(inner_, 3)};
#if MANY
#define MOST_INNER 6
#else
#define MOST_INNER 3
#endif

/* A row of results with its features side by side, and zeros up to `features`. */
static void turn(const struct geometry *q, const REAL *from, integer block, REAL *to, integer features) {
    const integer *s = q->target_strides;
    const integer columns = q->phase[2];
    integer w = 0;
    if (s[3] == 1 && s[0] != 1) /* as columns are side by side, squares of them are turned */
        for (; w + LANES <= columns; w += LANES)
            for (integer n = 0; n < block; n++) {
                const REAL *here = from + w + n * s[0];
                REAL *there = to + (w * block + n) * features;
                integer f = 0;
                for (; f + LANES <= q->features; f += LANES)
                    turn_square(here + f * s[1], s[1], there + f, block * features);
                for (; f < q->features; f++)
                    for (integer i = 0; i < LANES; i++) there[i * block * features + f] = here[f * s[1] + i];
            }
    for (; w < columns; w++)
        for (integer n = 0; n < block; n += LANES) {
            const integer many = least(LANES, block - n);
            const REAL *here = from + w * s[3] + n * s[0];
            REAL *there = to + (w * block + n) * features;
            integer f = 0;
            if (s[0] == 1 && many == LANES)
                for (; f + LANES <= q->features; f += LANES) turn_square(here + f * s[1], s[1], there + f, features);
            for (; f < q->features; f++)
                for (integer i = 0; i < many; i++) there[i * features + f] = here[f * s[1] + i * s[0]];
        }
}

/* A row of results, each feature's on `pitch` elements, with zeros at the end. */
static void line_up(const struct geometry *q, const REAL *from, integer block, REAL *to, integer pitch) {
    const integer *s = q->target_strides;
    const integer columns = q->phase[2];
    for (integer f = 0; f < q->features; f++, to += pitch) {
        side_by_side(from + f * s[1], s[0], s[3], columns, block, to);
        for (integer j = columns * block; j < pitch; j++) to[j] = 0;
    }
}

static __attribute__((noinline)) int gather(const struct geometry *q, const REAL *source, const REAL *result,
                                           REAL *target) {
    struct ring ring;
    const integer few = q->features <= 6, places = q->phase[3], all = q->height * q->channels * places;
    const integer features = few ? q->features : (q->features + LANES - 1) / LANES * LANES;
    const integer pitch = (q->phase[2] * q->block + LANES - 1) / LANES * LANES;
    REAL *turned = lines(few ? features * pitch : q->phase[2] * q->block * features);
    REAL *total = lines(all * features);
    const REAL **from = malloc((2 * all + 16) * sizeof(*from)), **at = from + all + 8;
    int good = open_ring(&ring, q) && turned && total && from;
    integer last = 0, rest = few ? 0 : features / LANES;
    integer piece = few ? 1024 : 8192 / features < 64 ? 64 : least(512, 8192 / features);
    for (integer g = 0; good && g < q->groups; g++) {
        memset(total, 0, all * features * sizeof(REAL));
        if (!few) memset(turned, 0, q->phase[2] * q->block * features * sizeof(REAL));
        for (integer n = 0; n < q->examples; n += q->block) {
            integer block = least(q->block, q->examples - n), length = q->phase[2] * block;
            const REAL *image = source + n * q->source_strides[0] + g * q->channels * q->source_strides[1];
            const REAL *row = result + n * q->target_strides[0] + g * q->features * q->target_strides[1];
            if (block != last)
                begin_ring(&ring, q, last = block);
            else
                for (integer k = 0; k < q->ring; k++) ring.holds[k] = -1;
            for (integer r = 0; r < q->rows; r++, row += q->target_strides[2]) {
                integer count = 0, first = 0;
                for (integer h = 0; h < q->height; h++) {
                    integer k = q->source_of[r * q->height + h];
                    if (k < 0) continue;
                    const REAL *there = row_in(&ring, q, image, k, block);
                    if (!count) first = h * q->channels * places;
                    for (integer c = 0; c < q->channels; c++, there += ring.pitch)
                        for (integer p = 0; p < places; p++)
                            from[count++] = there + q->place[2 * (q->phase[4] + p) + 1] * block;
                }
                if (!count) continue;
                if (few)
                    line_up(q, row, block, turned, pitch);
                else
                    turn(q, row, block, turned, features);
                for (integer j = 0; j < length; j += piece) {
                    integer now = least(piece, length - j);
                    for (integer k = 0; k < count; k++) at[k] = from[k] + j;
                    if (few) {
                        integer parts = (count + MOST_INNER - 1) / MOST_INNER, groups = (features + 2) / 3;
                        for (integer k = 0; k < parts; k++)
                            for (integer i = 0; i < groups; i++) {
                                integer a = k * count / parts, b = (k + 1) * count / parts;
                                integer c = i * features / groups, d = (i + 1) * features / groups;
                                inners[d - c][b - a](at + a, turned + c * pitch + j, pitch, now,
                                                     total + (first + a) * features + c, features);
                            }
                        continue;
                    }
                    for (integer v = 0, wide; v < rest; v += wide) {
                        wide = MANY && rest - v >= 4 ? 4 : rest - v >= 2 ? 2 : 1;
                        integer parts = (count + most_places[wide] - 1) / most_places[wide];
                        for (integer k = 0; k < parts; k++) {
                            integer a = k * count / parts, b = (k + 1) * count / parts;
                            outers[wide][b - a](at + a, turned + j * features + v * LANES, features, now,
                                                total + (first + a) * features + v * LANES);
                        }
                    }
                }
            }
        }
        const integer *s = q->kernel_strides;
        for (integer h = 0; h < q->height; h++)
            for (integer c = 0; c < q->channels; c++)
                for (integer p = 0; p < places; p++)
                    for (integer f = 0; f < q->features; f++)
                        target[g * s[0] + f * s[1] + c * s[2] + h * s[3] + q->place[2 * (q->phase[4] + p)] * s[4]] =
                            total[((h * q->channels + c) * places + p) * features + f];
    }
    close_ring(&ring);
    give(turned), give(total), free(from);
    return good;
}

int correlate_kernel(const struct geometry *q, const REAL *source, const REAL *result, REAL *target) {
    uint64_t before = begin_flush();
    int good = gather(q, source, result, target);
    end_flush(before);
    return good;
}
