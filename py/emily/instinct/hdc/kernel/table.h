/* What a variant of the kernel provides. One table is chosen when the library is loaded. */
#ifndef SOV_TABLE_H
#define SOV_TABLE_H

#include "hdc.h"
#include "top.h"

/* Rows that are counted together, see bundle.c. */
#define CHUNK 16

/* A tag names a query by its quotient and a row by its remainder. */
#define TAG_QUERY 0x10000

/* A scan of rows for one query. `first` is the number of rows[0]. */
typedef struct {
    const uint64_t *rows;
    size_t count;
    size_t first;
    size_t lines;
    const uint64_t *query;
} sov_scan;

/* A scan of rows for many queries, which are given folded (see body.h) and in whole tiles.
   `limits` holds each query's limit tile_rows times; `block` has room for block_rows folded rows. */
typedef struct {
    const uint64_t *rows;
    size_t count;
    size_t first;
    size_t lines;
    const uint64_t *queries;
    size_t query_count;
    sov_top *tops;
    uint32_t *limits;
    uint64_t *block;
    size_t block_rows;
} sov_batch;

typedef struct {
    const char *name;
    int (*supported)(void);
    size_t tile_rows;
    size_t tile_queries;

    uint64_t (*distance)(const uint64_t *a, const uint64_t *b, size_t lines);
    void (*distances)(int32_t *out, const sov_scan *scan);
    void (*scan)(const sov_scan *scan, sov_top *top);
    void (*fold)(uint64_t *out, const uint64_t *row, size_t lines);
    void (*batch)(const sov_batch *batch);

    void (*bind)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t lines);
    void (*bind_stream)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t lines);
    void (*rotate)(uint64_t *restrict out, const uint64_t *restrict a, uint32_t dim,
                   uint32_t shift);

    /* planes[plane][line]: bit-sliced counters, `depth` planes of a row each, which hold nothing
       before the `first` call; `count` rows, a multiple of CHUNK */
    void (*count_rows)(uint64_t *planes, size_t depth, const uint64_t *rows, size_t count,
                       int first, size_t lines);
    void (*decide)(uint64_t *out, const uint64_t *planes, size_t depth, uint64_t half, int even,
                   const uint64_t *ties, size_t lines);
    void (*add_planes)(int32_t *counts, const uint64_t *planes, size_t depth, int32_t rows,
                       int32_t weight, size_t lines);
    void (*add)(int32_t *counts, const uint64_t *words, int32_t weight, size_t lines);
    void (*majority)(uint64_t *out, const int32_t *counts, const uint64_t *ties, size_t lines);

    /* adds `words` words' distances to the partial distances of groups of eight rows, and keeps the
       groups in which a row is still within the limit; see prune.c */
    size_t (*prune)(uint16_t *partial, uint32_t *alive, size_t count, const uint64_t *index,
                    const uint64_t *query, size_t words, uint32_t limit);

    /* spectra of `count` complex numbers, see product.h */
    void (*product_f32)(float *restrict out, const float *a, const float *b, size_t count,
                        float scale, float sign);
    void (*product_f64)(double *restrict out, const double *a, const double *b, size_t count,
                        double scale, double sign);
} sov_table;

extern const sov_table sov_portable, sov_avx2, sov_avx512, sov_neon;

/* The table in use. */
const sov_table *sov_hdc_table(void);

/* Lines of a folded row. */
static inline size_t sov_folded_lines(size_t lines)
{
    return 3 * ((lines - 1) / 2) + (lines % 2 ? 1 : 2);
}

#endif
