/* What the machine itself allows: how fast it reads, and how fast it does vector arithmetic.
   Built on the machine it measures, for exactly that machine. A line is a cache line of 64 bytes. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512VPOPCNTDQ__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512VPOPCNTDQ__)
typedef __m512i vec;
enum { VECS = 1 };
#define POPCNT(x) _mm512_popcnt_epi64(x)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define ADD(a, b) _mm512_add_epi64(a, b)
#define KEEP(x) __asm__ volatile("" : "+v"(x))
#elif defined(__AVX2__)
typedef __m256i vec;
enum { VECS = 2 };
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ADD(a, b) _mm256_add_epi64(a, b)
#define KEEP(x) __asm__ volatile("" : "+x"(x))
/* Mula, Kurz and Lemire 2018: a table of nibbles, then sums of bytes. */
static inline vec POPCNT(vec x) {
    const vec table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
                                       0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const vec low = _mm256_set1_epi8(15);
    vec a = _mm256_shuffle_epi8(table, _mm256_and_si256(x, low));
    vec b = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low));
    return _mm256_sad_epu8(_mm256_add_epi8(a, b), _mm256_setzero_si256());
}
#else
typedef uint64_t vec __attribute__((may_alias));
enum { VECS = 8 };
#define POPCNT(x) ((uint64_t)__builtin_popcountll(x))
#define XOR(a, b) ((a) ^ (b))
#define ADD(a, b) ((a) + (b))
#define KEEP(x) __asm__ volatile("" : "+r"(x))
#endif

/* Eight sums that do not wait for each other, in registers. */
#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)
enum { WIDE = 8 };
#define BEGIN(j) vec s##j = zero;
#define READ(j) s##j = ADD(s##j, from[i + j]);
#define DIFFER(j) s##j = ADD(s##j, POPCNT(XOR(from[i + j], query)));
#define GATHER(j) all = ADD(all, s##j);

static uint64_t total(vec all) {
    uint64_t words[sizeof all / 8], sum = 0;
    memcpy(words, &all, sizeof words);
    for (size_t i = 0; i < sizeof words / 8; i++) sum += words[i];
    return sum;
}

/* Reads everything once; `lines` times 64 bytes. */
uint64_t floor_read(const void *bytes, size_t lines) {
    const vec zero = {0}, *from = bytes;
    size_t count = lines * VECS, i = 0;
    vec all = zero;
    EACH(BEGIN)
    for (; i + WIDE <= count; i += WIDE) { EACH(READ) }
    for (; i < count; i++) READ(0)
    EACH(GATHER)
    return total(all);
}

/* The arithmetic of a distance over a block, `times` over: a scan when the block is large and
   `times` is 1, the rate of the core when the block lies in L1. */
uint64_t floor_scan(const void *bytes, size_t lines, uint64_t times) {
    const vec zero = {0}, *from = bytes;
    size_t count = lines * VECS;
    vec all = zero, query;
    memset(&query, 0x55, sizeof query);
    EACH(BEGIN)
    for (uint64_t t = 0; t < times; t++) {
        size_t i = 0;
        KEEP(query); /* or the compiler would do one pass and multiply */
        for (; i + WIDE <= count; i += WIDE) { EACH(DIFFER) }
        for (; i < count; i++) DIFFER(0)
    }
    EACH(GATHER)
    return total(all);
}

/* A chain of additions, each waiting for the one before: one cycle a step. */
uint64_t floor_chain(uint64_t steps) {
    uint64_t x = steps | 1, y = x;
    for (uint64_t i = 0; i < steps; i += 8)
        for (int j = 0; j < 8; j++) {
            x += y;
            __asm__ volatile("" : "+r"(x));
        }
    return x;
}
