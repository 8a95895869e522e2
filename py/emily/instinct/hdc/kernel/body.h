/* The algorithms, over the vector operations that the including file defines for its instructions:

   vec      a register of PART words             v_load v_store v_stream v_zero v_xor v_and v_or
            v_xor3(a,b,c) = a^b^c                v_majority(a,b,c)    v_and_xor(a,b,c) = a&(b^c)
            v_keep v_ones v_repeat v_and_not(a,b) = a&~b
   totals   sums of bits in lanes of 64 bits     t_zero t_double t_sum t_within t_near t_take
   counts   sums that take LIMIT more registers  c_begin(t) c_add(c, vec), added to t by t_end(t, c)
   TILE_ROWS, TILE_QUERIES, GROUP = their product
   t_near sums the GROUP totals of a tile and tells by a bit each which are below their limits; t_take
   takes these out, each with the tile's tag plus TAG_QUERY for each query and 1 for each row */

#define INLINE static inline __attribute__((always_inline))
#define PRAGMA(text) _Pragma(#text)
#define UNROLL PRAGMA(GCC unroll 16)
#define VECS (WORDS_PER_LINE / PART)

#include "body_search.h"

static void bind(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t lines)
{
    for (size_t i = 0; i < lines * WORDS_PER_LINE; i += PART)
        v_store(out + i, v_xor(v_load(a + i), v_load(b + i)));
}

static void bind_stream(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t lines)
{
    for (size_t i = 0; i < lines * WORDS_PER_LINE; i += PART)
        v_stream(out + i, v_xor(v_load(a + i), v_load(b + i)));
}

/* out[(i + shift) mod dim] = a[i]: a moved up by `shift`, and its top moved down to the bottom. */
static void rotate(uint64_t *restrict out, const uint64_t *restrict a, uint32_t dim, uint32_t shift)
{
    size_t words = (dim + 63) / 64, all = (size_t)sov_hdc_lines(dim) * WORDS_PER_LINE;
    size_t skip = shift / 64, back = (dim - shift) / 64;
    unsigned up = shift % 64, down = (dim - shift) % 64;
    for (size_t i = 0; i + back < words; i++) {
        uint64_t high = i + back + 1 < words ? a[i + back + 1] << 1 << (63 - down) : 0;
        out[i] = a[i + back] >> down | high;
    }
    uint64_t low = words - back > skip ? out[skip] & ((UINT64_C(1) << up) - 1) : 0;
    out[skip] = low | a[0] << up;
    for (size_t i = skip + 1; i < words; i++)
        out[i] = a[i - skip] << up | a[i - skip - 1] >> 1 >> (63 - up);
    out[words - 1] &= sov_hdc_last_mask(dim);
    for (size_t i = words; i < all; i++)
        out[i] = 0;
}

#include "body_bundle.h"

#include "product.h"

#define TABLE(variable, text, test)   \
    const sov_table variable = {      \
        .name = text,                 \
        .supported = test,            \
        .tile_rows = TILE_ROWS,       \
        .tile_queries = TILE_QUERIES, \
        .distance = distance,         \
        .distances = distances,       \
        .scan = scan,                 \
        .fold = fold,                 \
        .batch = batch,               \
        .bind = bind,                 \
        .bind_stream = bind_stream,   \
        .rotate = rotate,             \
        .count_rows = count_rows,     \
        .decide = decide,             \
        .add_planes = add_planes,     \
        .add = add,                   \
        .majority = majority,         \
        .prune = prune,               \
        .product_f32 = product_f32,   \
        .product_f64 = product_f64,   \
    }
