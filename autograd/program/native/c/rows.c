/* total[rows[k]] += g[k], for rows of `width` numbers in their order; 1 if a row is none of the n, which may be counted
   from the end. Read for each REAL. */
#include <stdint.h>

int add_rows(REAL *restrict total, const REAL *restrict g, const int64_t *rows, int64_t count, int64_t width, int64_t n) {
    for (int64_t k = 0; k < count; k++)
        if (rows[k] < -n || rows[k] >= n) return 1;
    for (int64_t k = 0; k < count; k++) {
        REAL *restrict row = total + width * (rows[k] < 0 ? rows[k] + n : rows[k]);
        for (int64_t c = 0; c < width; c++) row[c] += g[width * k + c];
    }
    return 0;
}
