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

#define LANES ((int64_t)(BYTES / sizeof(REAL)))
typedef int64_t integer;
typedef REAL vector __attribute__((vector_size(BYTES)));
typedef REAL loose __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));

static integer least(integer a, integer b) { return a < b ? a : b; }
