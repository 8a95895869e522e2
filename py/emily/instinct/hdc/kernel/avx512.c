/* AVX-512 with VPOPCNTDQ: Ice Lake, Zen 4 and newer. */
#include "hdc.h"

#if defined(__x86_64__)

#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vpopcntdq,popcnt")
#include <immintrin.h>

#include "table.h"

#define INLINE static inline __attribute__((always_inline))
#define PART 8
#define LIMIT ((size_t)1 << 26)
#define TILE_ROWS 4
#define TILE_QUERIES 4
#define GROUP 16

typedef __m512i vec;
typedef __m512i counts; /* 8 sums of 64 bits, the same as totals */
typedef __m512i totals;

INLINE vec v_load(const uint64_t *p) { return _mm512_load_si512(p); }
INLINE void v_store(uint64_t *p, vec a) { _mm512_store_si512(p, a); }
INLINE void v_stream(uint64_t *p, vec a) { _mm512_stream_si512((__m512i *)p, a); }
/* Keeps an operand of the tile in its register: gcc would load it again for every use. */
INLINE vec v_keep(vec a)
{
    __asm__("" : "+v"(a));
    return a;
}
INLINE vec v_zero(void) { return _mm512_setzero_si512(); }
INLINE vec v_ones(void) { return _mm512_set1_epi64(-1); }
INLINE vec v_repeat(uint64_t word) { return _mm512_set1_epi64((long long)word); }
INLINE vec v_xor(vec a, vec b) { return _mm512_xor_si512(a, b); }
INLINE vec v_and(vec a, vec b) { return _mm512_and_si512(a, b); }
INLINE vec v_and_not(vec a, vec b) { return _mm512_andnot_si512(b, a); }
INLINE vec v_or(vec a, vec b) { return _mm512_or_si512(a, b); }
INLINE vec v_xor3(vec a, vec b, vec c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
INLINE vec v_majority(vec a, vec b, vec c) { return _mm512_ternarylogic_epi64(a, b, c, 0xe8); }
INLINE vec v_and_xor(vec a, vec b, vec c) { return _mm512_ternarylogic_epi64(a, b, c, 0x60); }

INLINE counts c_begin(totals total) { return total; }
INLINE counts c_add(counts sum, vec a) { return _mm512_add_epi64(sum, _mm512_popcnt_epi64(a)); }
INLINE totals t_zero(void) { return v_zero(); }
INLINE totals t_double(totals total) { return _mm512_add_epi64(total, total); }
INLINE totals t_end(totals total, counts sum)
{
    (void)total;
    return sum;
}
INLINE uint64_t t_sum(totals total) { return (uint64_t)_mm512_reduce_add_epi64(total); }

/* Two registers' 64-bit lanes side by side in 32 bits, then halved by adding neighbours. */
INLINE vec side_by_side(vec a, vec b) { return _mm512_add_epi64(a, _mm512_slli_epi64(b, 32)); }
INLINE vec fold_pairs(vec a, vec b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}
INLINE vec fold_quarters(vec a, vec b)
{
    return _mm512_add_epi32(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
}

INLINE uint32_t t_near(uint32_t *sums, const totals *t, const uint32_t *limits)
{
    vec a = fold_pairs(side_by_side(t[0], t[1]), side_by_side(t[2], t[3]));
    vec b = fold_pairs(side_by_side(t[4], t[5]), side_by_side(t[6], t[7]));
    vec c = fold_pairs(side_by_side(t[8], t[9]), side_by_side(t[10], t[11]));
    vec d = fold_pairs(side_by_side(t[12], t[13]), side_by_side(t[14], t[15]));
    vec sum = fold_quarters(fold_quarters(a, b), fold_quarters(c, d));
    _mm512_store_si512(sums, sum);
    return _mm512_cmplt_epu32_mask(sum, _mm512_loadu_si512(limits));
}

INLINE size_t t_take(uint32_t *distances, uint32_t *tags, const uint32_t *sums, uint32_t near,
                     uint32_t tag)
{
    const vec rows = _mm512_set_epi32(3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0);
    const vec queries = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
    vec all = _mm512_add_epi32(rows, _mm512_mullo_epi32(queries, _mm512_set1_epi32(TAG_QUERY)));
    all = _mm512_add_epi32(all, _mm512_set1_epi32((int)tag));
    _mm512_storeu_si512(tags, _mm512_maskz_compress_epi32((__mmask16)near, all));
    _mm512_storeu_si512(distances,
                        _mm512_maskz_compress_epi32((__mmask16)near, _mm512_load_si512(sums)));
    return (size_t)__builtin_popcount(near);
}

INLINE size_t t_within(uint16_t *partial, const totals *total, uint32_t limit)
{
    __m128i sums =
        _mm_add_epi16(_mm_loadu_si128((const __m128i *)partial), _mm512_cvtepi64_epi16(*total));
    _mm_storeu_si128((__m128i *)partial, sums);
    return _mm_cmple_epu16_mask(sums, _mm_set1_epi16((short)(limit < 0xffff ? limit : 0xffff))) !=
           0;
}

INLINE void add_word(int32_t *counts, uint64_t word, uint32_t on, uint32_t off)
{
    for (unsigned i = 0; i < 4; i++) {
        int32_t *at = counts + i * 16;
        vec change = _mm512_mask_blend_epi32(
            (__mmask16)(word >> i * 16), _mm512_set1_epi32((int)off), _mm512_set1_epi32((int)on));
        _mm512_storeu_si512(at, _mm512_add_epi32(_mm512_loadu_si512(at), change));
    }
}

#include "body.h"

static int supported(void)
{
    return __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

TABLE(sov_avx512, "avx512", supported);

#endif
