/* What the kernel does, written down as plainly as can be, and made-up rows to do it with. */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hdc.h"

static uint64_t comparisons, differences;

static inline void expect(int equal, const char *what, uint32_t dim, uint64_t count)
{
    comparisons++;
    if (equal)
        return;
    differences++;
    printf("%s: %s differs with %u bits and %lu rows\n", sov_hdc_variant(), what, dim,
           (unsigned long)count);
}

/* Each thread draws numbers of its own. */
static _Thread_local uint64_t drawn = 1;

static inline uint64_t draw(void)
{
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return drawn;
}

static inline uint64_t below(uint64_t limit)
{
    return draw() % limit;
}

/* Exactly as many bytes as are needed, so that a sanitizer sees the first one beyond. */
static inline void *lines_of_memory(size_t lines)
{
    char *memory = aligned_alloc(64, lines * 64);
    if (memory == NULL && lines)
        abort();
    for (size_t i = 0; i < lines * 64; i++)
        memory[i] = (char)0xa5;
    return memory;
}

static inline sov_hdc_matrix blank_rows(uint64_t count, uint32_t dim)
{
    uint32_t lines = sov_hdc_lines(dim);
    return (sov_hdc_matrix){
        .words = lines_of_memory(count * lines), .count = count, .dim = dim, .lines = lines};
}

static inline uint64_t *row_of(const sov_hdc_matrix *rows, uint64_t row)
{
    return rows->words + row * rows->lines * WORDS_PER_LINE;
}

static inline sov_hdc_vector vector_of(const sov_hdc_matrix *rows, uint64_t row)
{
    return (sov_hdc_vector){.words = row_of(rows, row), .dim = rows->dim, .lines = rows->lines};
}

/* Random rows; some are near an earlier row, differ from it in the first words alone or equal it, so that
   distances differ in all places and tie. */
static inline sov_hdc_matrix random_rows(uint64_t count, uint32_t dim)
{
    sov_hdc_matrix rows = blank_rows(count, dim);
    size_t words = ((size_t)dim + 63) / 64, stride = (size_t)rows.lines * WORDS_PER_LINE;
    for (uint64_t row = 0; row < count; row++) {
        uint64_t *to = row_of(&rows, row), kind = row ? below(5) : 0;
        const uint64_t *near = row_of(&rows, kind ? below(row) : 0);
        memset(to, 0, stride * sizeof *to);
        for (size_t i = 0; i < words; i++) {
            uint64_t flips = kind == 0   ? draw()
                             : kind == 1 ? draw() & draw() & draw()
                             : kind == 2 ? draw() & draw() & draw() & draw() & draw()
                             : kind == 3 ? (i < 4 ? draw() & draw() : 0)
                                         : 0;
            to[i] = kind ? near[i] ^ flips : flips;
        }
        to[words - 1] &= sov_hdc_last_mask(dim);
    }
    return rows;
}

static inline unsigned bit_of(const uint64_t *row, size_t bit)
{
    return row[bit / 64] >> bit % 64 & 1;
}

static inline uint32_t plain_distance(const uint64_t *a, const uint64_t *b, uint32_t dim)
{
    uint32_t distance = 0;
    for (size_t i = 0; i < ((size_t)dim + 63) / 64; i++)
        distance += (uint32_t)__builtin_popcountll(a[i] ^ b[i]);
    return distance;
}

static inline int by_distance_and_row(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    int64_t order = left[0] != right[0] ? left[0] - right[0] : left[1] - right[1];
    return order < 0 ? -1 : order > 0;
}

/* The k nearest of all rows within max_distance, by sorting them. */
static inline void plain_search(const sov_hdc_matrix *rows, const uint64_t *query, uint64_t k,
                         uint32_t max_distance, int32_t *distances, int64_t *found)
{
    int64_t(*all)[2] = malloc((rows->count + 1) * sizeof *all);
    uint64_t within = 0;
    for (uint64_t row = 0; row < rows->count; row++) {
        uint32_t distance = plain_distance(row_of(rows, row), query, rows->dim);
        if (distance > max_distance)
            continue;
        all[within][0] = distance;
        all[within++][1] = (int64_t)row;
    }
    qsort(all, within, sizeof *all, by_distance_and_row);
    for (uint64_t i = 0; i < k; i++) {
        distances[i] = i < within ? (int32_t)all[i][0] : INT32_MAX;
        found[i] = i < within ? all[i][1] : -1;
    }
    free(all);
}

static inline void plain_rotate(uint64_t *out, const uint64_t *row, uint32_t dim, int64_t shift)
{
    size_t start = (size_t)(shift % (int64_t)dim + (int64_t)dim) % dim;
    memset(out, 0, (size_t)sov_hdc_lines(dim) * 64);
    for (size_t i = 0; i < dim; i++) {
        size_t to = (i + start) % dim;
        out[to / 64] |= (uint64_t)bit_of(row, i) << to % 64;
    }
}

/* votes += weight for each set bit, -= weight for each clear one */
static inline void plain_votes(int64_t *votes, const uint64_t *row, uint32_t dim, int64_t weight)
{
    for (size_t i = 0; i < dim; i++)
        votes[i] += bit_of(row, i) ? weight : -weight;
}

static inline void plain_majority(uint64_t *out, const int64_t *votes, uint32_t dim)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15), tie = 0;
    memset(out, 0, (size_t)sov_hdc_lines(dim) * 64);
    for (size_t i = 0; i < dim; i++) {
        if (i % 64 == 0) { /* SplitMix64 */
            tie = state += UINT64_C(0x9e3779b97f4a7c15);
            tie = (tie ^ tie >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
            tie = (tie ^ tie >> 27) * UINT64_C(0x94d049bb133111eb);
            tie ^= tie >> 31;
        }
        uint64_t bit = votes[i] ? votes[i] > 0 : tie >> i % 64 & 1;
        out[i / 64] |= bit << i % 64;
    }
}

#endif
