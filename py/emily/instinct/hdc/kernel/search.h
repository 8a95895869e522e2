/* What the plain and the pruned search share. */
#ifndef SOV_SEARCH_H
#define SOV_SEARCH_H

#include <stdlib.h>

#include "pool.h"
#include "table.h"

#define MOST_PARTS ((size_t)256)

/* Memory in whole lines, all zero. */
static inline void *sov_lines_alloc(size_t words)
{
    size_t bytes = (words * sizeof(uint64_t) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes ? bytes : 64);
    if (memory)
        __builtin_memset(memory, 0, bytes);
    return memory;
}

/* The part-th of `parts` equal ranges of `count`, in multiples of `unit`. */
static inline size_t sov_part_start(size_t count, size_t unit, size_t part, size_t parts)
{
    size_t start = (count + unit - 1) / unit * part / parts * unit;
    return start < count ? start : count;
}

/* A sane number of threads, whatever was asked for. */
static inline size_t sov_parts(uint32_t threads)
{
    return threads == 0 ? 1 : threads < MOST_PARTS ? threads : MOST_PARTS;
}

/* Writes a heap's rows, nearest first; places of the caller beyond the heap's stay empty. */
void sov_top_write(sov_top *top, uint32_t max_distance, size_t places, int32_t *distances,
                   int64_t *found);

#endif
