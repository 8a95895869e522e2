/* NEON (ASIMD), which every AArch64 machine has. */
#include "hdc.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include "table.h"

#define INLINE static inline __attribute__((always_inline))
#define PART 2
#define LIMIT 31
#define TILE_ROWS 2
#define TILE_QUERIES 4
#define GROUP 8

typedef uint64x2_t vec;
typedef uint8x16_t counts;
typedef uint64x2_t totals;

INLINE vec v_load(const uint64_t *p) { return vld1q_u64(p); }
INLINE void v_store(uint64_t *p, vec a) { vst1q_u64(p, a); }
INLINE void v_stream(uint64_t *p, vec a) { vst1q_u64(p, a); }
INLINE vec v_keep(vec a) { return a; }
INLINE vec v_zero(void) { return vdupq_n_u64(0); }
INLINE vec v_ones(void) { return vdupq_n_u64(~UINT64_C(0)); }
INLINE vec v_repeat(uint64_t word) { return vdupq_n_u64(word); }
INLINE vec v_xor(vec a, vec b) { return veorq_u64(a, b); }
INLINE vec v_and(vec a, vec b) { return vandq_u64(a, b); }
INLINE vec v_and_not(vec a, vec b) { return vbicq_u64(a, b); }
INLINE vec v_or(vec a, vec b) { return vorrq_u64(a, b); }
INLINE vec v_xor3(vec a, vec b, vec c) { return veorq_u64(veorq_u64(a, b), c); }
INLINE vec v_majority(vec a, vec b, vec c) { return vbslq_u64(veorq_u64(a, b), c, a); }
INLINE vec v_and_xor(vec a, vec b, vec c) { return vandq_u64(a, veorq_u64(b, c)); }

INLINE counts c_begin(totals total)
{
    (void)total;
    return vdupq_n_u8(0);
}
INLINE counts c_add(counts sum, vec a) { return vaddq_u8(sum, vcntq_u8(vreinterpretq_u8_u64(a))); }
INLINE totals t_zero(void) { return v_zero(); }
INLINE totals t_double(totals total) { return vaddq_u64(total, total); }
INLINE totals t_end(totals total, counts sum)
{
    return vpadalq_u32(total, vpaddlq_u16(vpaddlq_u8(sum)));
}
INLINE uint64_t t_sum(totals total) { return vaddvq_u64(total); }
INLINE void t_store(uint64_t *p, totals total) { vst1q_u64(p, total); }

#include "wide.h"
#include "body.h"

static int supported(void) { return 1; }

TABLE(sov_neon, "neon", supported);

#endif
