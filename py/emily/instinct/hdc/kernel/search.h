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

/* Threads for as many as are asked for, but not for fewer rows each than a few times those wanted:
   every thread keeps its own nearest rows. */
static inline size_t sov_parts(uint32_t threads, size_t rows, size_t places)
{
    size_t most = rows / (4 * places) + 1, parts = threads ? threads : 1;
    parts = parts < MOST_PARTS ? parts : MOST_PARTS;
    return parts < most ? parts : most;
}

/* Writes a heap's rows, nearest first; places of the caller beyond the heap's stay empty. */
void sov_top_write(sov_top *top, uint32_t max_distance, size_t places, int32_t *distances,
                   int64_t *found);

#endif
