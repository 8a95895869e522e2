/* Plain C: a register is one word. */
#include "table.h"

#define INLINE static inline __attribute__((always_inline))
#define PART 1
#define LIMIT 31
#define TILE_ROWS 2
#define TILE_QUERIES 2
#define GROUP 4

typedef uint64_t vec;
typedef uint64_t counts; /* eight sums of one byte */
typedef uint64_t totals;

INLINE vec v_load(const uint64_t *p) { return *p; }
INLINE void v_store(uint64_t *p, vec a) { *p = a; }
INLINE void v_stream(uint64_t *p, vec a) { *p = a; }
INLINE vec v_keep(vec a) { return a; }
INLINE vec v_zero(void) { return 0; }
INLINE vec v_ones(void) { return ~UINT64_C(0); }
INLINE vec v_repeat(uint64_t word) { return word; }
INLINE vec v_xor(vec a, vec b) { return a ^ b; }
INLINE vec v_and(vec a, vec b) { return a & b; }
INLINE vec v_and_not(vec a, vec b) { return a & ~b; }
INLINE vec v_or(vec a, vec b) { return a | b; }
INLINE vec v_xor3(vec a, vec b, vec c) { return a ^ b ^ c; }
INLINE vec v_majority(vec a, vec b, vec c) { return a ^ ((a ^ b) & (a ^ c)); }
INLINE vec v_and_xor(vec a, vec b, vec c) { return a & (b ^ c); }

INLINE counts c_begin(totals total)
{
    (void)total;
    return 0;
}
INLINE counts c_add(counts sum, vec a)
{
    const uint64_t ones = ~UINT64_C(0);
    a -= a >> 1 & ones / 3;
    a = (a & ones / 5) + (a >> 2 & ones / 5);
    return sum + ((a + (a >> 4)) & ones / 17);
}
INLINE totals t_zero(void) { return 0; }
INLINE totals t_double(totals total) { return 2 * total; }
INLINE totals t_end(totals total, counts sum)
{
    const uint64_t even_bytes = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t pairs = (sum & even_bytes) + (sum >> 8 & even_bytes);
    return total + (pairs * UINT64_C(0x0001000100010001) >> 48);
}
INLINE uint64_t t_sum(totals total) { return total; }
INLINE void t_store(uint64_t *p, totals total) { *p = total; }

#include "wide.h"
#include "body.h"

static int supported(void) { return 1; }

TABLE(sov_portable, "portable", supported);
