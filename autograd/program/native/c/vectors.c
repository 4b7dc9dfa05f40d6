/* Vectors of one REAL, as long as the processor's, and how many registers there are for them.

   Read before the others, with REAL = float or REAL = double. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__AVX512F__)
#define BYTES 64
#define MANY 1 /* whether there are 32 registers */
#elif defined(__AVX__)
#define BYTES 32
#define MANY 0
#else
#define BYTES 16
#ifdef __aarch64__
#define MANY 1
#else
#define MANY 0
#endif
#endif

#define LANES ((int)(BYTES / sizeof(REAL)))
typedef int64_t integer;
typedef REAL vector __attribute__((vector_size(BYTES)));
typedef REAL loose __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));

/* Numbers of elements in two vectors. */
#ifdef DOUBLE
typedef int64_t mask __attribute__((vector_size(BYTES)));
#else
typedef int32_t mask __attribute__((vector_size(BYTES)));
#endif

/* Makes the processor take subnormal numbers for zero, which it is a hundred times slower with; gives what it did before.
   Sums of products are as good without: what they lose is less than the smallest normal number. */
static inline uint64_t begin_flush(void) {
#if defined(__SSE__)
    uint32_t before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | 0x8040);
    return before;
#elif defined(__aarch64__)
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | 1 << 24));
    return before;
#else
    return 0;
#endif
}

static inline void end_flush(uint64_t before) {
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr((uint32_t)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
    (void)before;
#endif
}

static integer least(integer a, integer b) { return a < b ? a : b; }

/* A square of LANES x LANES elements, turned: columns become rows. Each round puts the first half of the rows, and
   between them the second half. */
static inline void turn_square(const REAL *from, integer step, REAL *to, integer row_length) {
    vector row[LANES], next[LANES];
    for (int k = 0; k < LANES; k++) row[k] = *(const loose *)(from + k * step);
#ifdef __clang__
    for (int k = 0; k < LANES; k++)
        for (int i = 0; i < LANES; i++) next[k][i] = row[i][k];
    __builtin_memcpy(row, next, sizeof row);
#else
    mask low, high;
    for (int i = 0; i < LANES; i++) {
        low[i] = i / 2 + i % 2 * LANES;
        high[i] = low[i] + LANES / 2;
    }
    for (int round = 1; round < LANES; round *= 2) {
        _Pragma("GCC unroll 8") for (int k = 0; k < LANES / 2; k++) {
            next[2 * k] = __builtin_shuffle(row[k], row[k + LANES / 2], low);
            next[2 * k + 1] = __builtin_shuffle(row[k], row[k + LANES / 2], high);
        }
        __builtin_memcpy(row, next, sizeof row);
    }
#endif
    for (int k = 0; k < LANES; k++) *(loose *)(to + k * row_length) = row[k];
}
