/* c += a b of small matrices, in any memory order: a (m, k), b (k, n), c (m, n), each with the strides of its two axes.

   Read after vectors.c. Where b is not in rows of whole vectors it is copied so, into `space`, of deep * wide elements. Sums of ROWS x VECTORS results are kept in registers, of which there are enough for MOST rows. */

#define MOST (MANY ? 8 : 6)

struct product {
    const REAL *a, *b;
    REAL *c;
    integer k, n, row; /* row: elements from one row of b to the next */
    integer a_strides[2], c_strides[2];
};

#define BLOCK(ROWS, VECTORS)                                                                                           \
    static void block_##ROWS##_##VECTORS(const struct product *q, integer i, integer j) {                              \
        vector sum[ROWS][VECTORS];                                                                                     \
        _Pragma("GCC unroll 8") for (int r = 0; r < ROWS; r++)                                                         \
            _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) sum[r][v] = (vector){0};                         \
        const REAL *a = q->a + i * q->a_strides[0], *b = q->b + j;                                                     \
        for (integer k = 0; k < q->k; k++, a += q->a_strides[1], b += q->row) {                                        \
            vector x[VECTORS];                                                                                         \
            _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) x[v] = *(const loose *)(b + v * LANES);          \
            _Pragma("GCC unroll 8") for (int r = 0; r < ROWS; r++)                                                     \
                _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) sum[r][v] += a[r * q->a_strides[0]] * x[v];  \
        }                                                                                                              \
        _Pragma("GCC unroll 8") for (int r = 0; r < ROWS; r++) {                                                       \
            REAL *c = q->c + (i + r) * q->c_strides[0] + j * q->c_strides[1];                                          \
            if (q->c_strides[1] == 1 && q->n - j >= VECTORS * LANES)                                                   \
                _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) *(loose *)(c + v * LANES) += sum[r][v];      \
            else                                                                                                       \
                for (integer s = 0; s < least(q->n - j, VECTORS * LANES); s++)                                         \
                    c[s * q->c_strides[1]] += sum[r][s / LANES][s % LANES];                                            \
        }                                                                                                              \
    }

BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1) BLOCK(7, 1) BLOCK(8, 1)
BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2) BLOCK(7, 2) BLOCK(8, 2)

typedef void block(const struct product *, integer, integer);
static block *const blocks[][9] = {
    {0, block_1_1, block_2_1, block_3_1, block_4_1, block_5_1, block_6_1, block_7_1, block_8_1},
    {0, block_1_2, block_2_2, block_3_2, block_4_2, block_5_2, block_6_2, block_7_2, block_8_2},
};

/* b (k, n) in rows of whole vectors: as it is, or copied. */
static void lay(struct product *q, integer b0, integer b1, REAL *space) {
    const REAL *b = q->b;
    const integer k = q->k, n = q->n;
    q->row = b0;
    if (b1 == 1 && n % LANES == 0) return;
    q->b = space;
    q->row = (n + LANES - 1) / LANES * LANES;
    integer turned = 0; /* so many rows of the copy are there, but for what is beyond whole squares */
    const integer whole = b0 == 1 ? n / LANES * LANES : 0;
    for (; whole && turned + LANES <= k; turned += LANES)
        for (integer j = 0; j < whole; j += LANES)
            turn_square(b + turned + j * b1, b1, space + turned * q->row + j, q->row);
    for (integer i = 0; i < k; i++) {
        for (integer j = i < turned ? whole : 0; j < n; j++) space[i * q->row + j] = b[i * b0 + j * b1];
        for (integer j = n; j < q->row; j++) space[i * q->row + j] = 0;
    }
}

/* In parts of b that stay in the cache: `deep` rows and `wide` columns, whole pairs of vectors, of it at a time. */
void product(const REAL *a, integer a0, integer a1, const REAL *b, integer b0, integer b1, REAL *c, integer c0,
             integer c1, integer m, integer k, integer n, integer deep, integer wide, REAL *space) {
    const integer parts = (m + MOST - 1) / MOST;
    for (integer from = 0; from < k; from += deep)
        for (integer left = 0; left < n; left += wide) {
            struct product q = {a + from * a1, b + from * b0 + left * b1, c + left * c1,
                                least(deep, k - from), least(wide, n - left), 0, {a0, a1}, {c0, c1}};
            lay(&q, b0, b1, space);
            for (integer p = 0; p < parts; p++) {
                const integer i = p * m / parts, rows = (p + 1) * m / parts - i;
                for (integer j = 0; j < q.n; j += 2 * LANES) blocks[q.n - j > LANES][rows](&q, i, j);
            }
        }
}
