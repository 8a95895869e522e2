/* AVX2: population counts by a table of nibbles (Mula, Kurz & Lemire 2018). */
#include "hdc.h"

#if defined(__x86_64__)

#pragma GCC target("avx2,popcnt")
#include <immintrin.h>

#include "table.h"

#define INLINE static inline __attribute__((always_inline))
#define PART 4
#define LIMIT 31
#define TILE_ROWS 2
#define TILE_QUERIES 2
#define GROUP 4

typedef __m256i vec;
typedef __m256i counts; /* 32 sums of one byte */
typedef __m256i totals; /* 4 sums of 64 bits */

INLINE vec v_load(const uint64_t *p) { return _mm256_load_si256((const __m256i *)p); }
INLINE void v_store(uint64_t *p, vec a) { _mm256_store_si256((__m256i *)p, a); }
INLINE void v_stream(uint64_t *p, vec a) { _mm256_stream_si256((__m256i *)p, a); }
INLINE vec v_keep(vec a) { return a; }
INLINE vec v_zero(void) { return _mm256_setzero_si256(); }
INLINE vec v_ones(void) { return _mm256_set1_epi64x(-1); }
INLINE vec v_repeat(uint64_t word) { return _mm256_set1_epi64x((long long)word); }
INLINE vec v_xor(vec a, vec b) { return _mm256_xor_si256(a, b); }
INLINE vec v_and(vec a, vec b) { return _mm256_and_si256(a, b); }
INLINE vec v_and_not(vec a, vec b) { return _mm256_andnot_si256(b, a); }
INLINE vec v_or(vec a, vec b) { return _mm256_or_si256(a, b); }
INLINE vec v_xor3(vec a, vec b, vec c) { return v_xor(v_xor(a, b), c); }
INLINE vec v_majority(vec a, vec b, vec c) { return v_xor(a, v_and(v_xor(a, b), v_xor(a, c))); }
INLINE vec v_and_xor(vec a, vec b, vec c) { return v_and(a, v_xor(b, c)); }

INLINE counts c_begin(totals total)
{
    (void)total;
    return v_zero();
}
INLINE counts c_add(counts sum, vec a)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i low = _mm256_shuffle_epi8(table, v_and(a, nibble));
    __m256i high = _mm256_shuffle_epi8(table, v_and(_mm256_srli_epi16(a, 4), nibble));
    return _mm256_add_epi8(sum, _mm256_add_epi8(low, high));
}
INLINE totals t_zero(void) { return v_zero(); }
INLINE totals t_double(totals total) { return _mm256_add_epi64(total, total); }
INLINE totals t_end(totals total, counts sum)
{
    return _mm256_add_epi64(total, _mm256_sad_epu8(sum, v_zero()));
}
INLINE uint64_t t_sum(totals total)
{
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
    return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(half, _mm_unpackhi_epi64(half, half)));
}
INLINE void t_store(uint64_t *p, totals total) { _mm256_storeu_si256((__m256i *)p, total); }

#include "wide.h"
#include "body.h"

static int supported(void) { return __builtin_cpu_supports("avx2"); }

TABLE(sov_avx2, "avx2", supported);

#endif
