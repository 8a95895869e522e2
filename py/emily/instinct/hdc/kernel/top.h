/* The k nearest rows so far. Few are kept in descending order, and a row goes in without a branch that
   depends on it; many are a heap, whose root is the farthest. Descending order is a heap too. */
#ifndef SOV_TOP_H
#define SOV_TOP_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

/* A key orders by distance, then by row. */
#define ROW_BITS 40

#define FEW 32
#define FEW_UNIT 8

/* `kept` keys, k of them wanted: the others fill the last unit of few, and are the farthest. */
typedef struct {
    uint64_t *keys;
    size_t k;
    size_t kept;
} sov_top;

static inline size_t top_kept(size_t k)
{
    return k <= FEW ? (k + FEW_UNIT - 1) / FEW_UNIT * FEW_UNIT : k;
}

static inline uint64_t top_key(uint32_t distance, uint64_t row)
{
    return (uint64_t)distance << ROW_BITS | row;
}

/* Empty places hold a distance just above the farthest that is wanted. */
static inline void top_clear(sov_top *top, uint32_t max_distance)
{
    for (size_t i = 0; i < top->kept; i++)
        top->keys[i] = top_key(max_distance + 1, 0);
}

/* A row below this distance belongs to the nearest. */
static inline uint32_t top_limit(const sov_top *top)
{
    return (uint32_t)(top->keys[top->kept - top->k] >> ROW_BITS);
}

static inline void top_sift(uint64_t *keys, size_t count, size_t hole, uint64_t key)
{
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= count)
            break;
        if (child + 1 < count && keys[child + 1] > keys[child])
            child++;
        if (keys[child] <= key)
            break;
        keys[hole] = keys[child];
        hole = child;
    }
    keys[hole] = key;
}

/* Each place takes the greater of its successor and the lesser of itself and the key; the farthest
   key falls out. */
static inline void top_insert_few(uint64_t *keys, size_t kept, uint64_t key)
{
#if defined(__AVX512F__)
    const __m512i new = _mm512_set1_epi64((long long)key);
    for (size_t i = 0; i < kept; i += 8) {
        __m512i here = _mm512_loadu_si512(keys + i), next = _mm512_setzero_si512();
        if (i + 8 < kept)
            next = _mm512_loadu_si512(keys + i + 8);
        next = _mm512_alignr_epi64(next, here, 1);
        _mm512_storeu_si512(keys + i, _mm512_max_epu64(_mm512_min_epu64(here, new), next));
    }
#else
    for (size_t i = 0; i < kept; i++) {
        uint64_t next = i + 1 < kept ? keys[i + 1] : 0, least = keys[i] < key ? keys[i] : key;
        keys[i] = least > next ? least : next;
    }
#endif
}

static inline void top_push_key(sov_top *top, uint64_t key)
{
    if (top->k <= FEW)
        top_insert_few(top->keys, top->kept, key);
    else if (key < top->keys[0])
        top_sift(top->keys, top->kept, 0, key);
}

static inline void top_push(sov_top *top, uint32_t distance, uint64_t row)
{
    top_push_key(top, top_key(distance, row));
}

static inline void top_merge(sov_top *top, const sov_top *other)
{
    for (size_t i = 0; i < other->kept; i++)
        top_push_key(top, other->keys[i]);
}

/* The nearest first. */
static inline void top_sort(sov_top *top)
{
    uint64_t *keys = top->keys;
    for (size_t end = top->kept; end-- > 1;) {
        uint64_t last = keys[end];
        keys[end] = keys[0];
        top_sift(keys, end, 0, last);
    }
}

#endif
