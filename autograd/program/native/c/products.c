/* c += a b of small matrices, in any memory order: a (m, k), b (k, n), c (m, n), each with the strides of its two axes.

   Read after vectors.c. Where b is not in rows of whole vectors it is copied so, into `space`, of k * (n rounded up to
   vectors) elements. Sums of ROWS x VECTORS results are kept in registers. */

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

BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1)
BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2)

typedef void block(const struct product *, integer, integer);
static block *const blocks[][7] = {
    {0, block_1_1, block_2_1, block_3_1, block_4_1, block_5_1, block_6_1},
    {0, block_1_2, block_2_2, block_3_2, block_4_2, block_5_2, block_6_2},
};

void product(const REAL *a, integer a0, integer a1, const REAL *b, integer b0, integer b1, REAL *c, integer c0,
             integer c1, integer m, integer k, integer n, REAL *space) {
    struct product q = {a, b, c, k, n, b0, {a0, a1}, {c0, c1}};
    if (b1 != 1 || n % LANES) {
        q.b = space;
        q.row = (n + LANES - 1) / LANES * LANES;
        integer turned = 0; /* so many rows of the copy are there, but for what is beyond whole squares */
        const integer whole = b0 == 1 ? n / LANES * LANES : 0;
        for (; whole && turned + LANES <= k; turned += LANES)
            for (integer j = 0; j < whole; j += LANES)
                turn_square(b + turned + j * b1, b1, space + turned * q.row + j, q.row);
        for (integer i = 0; i < k; i++) {
            for (integer j = i < turned ? whole : 0; j < n; j++) space[i * q.row + j] = b[i * b0 + j * b1];
            for (integer j = n; j < q.row; j++) space[i * q.row + j] = 0;
        }
    }
    const integer parts = (m + 5) / 6;
    for (integer p = 0; p < parts; p++) {
        const integer i = p * m / parts, rows = (p + 1) * m / parts - i;
        for (integer j = 0; j < n; j += 2 * LANES) blocks[n - j > LANES][rows](&q, i, j);
    }
}
