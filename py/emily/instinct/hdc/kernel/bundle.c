/* Bundling by bit-sliced counters: plane p of a line holds bit p of the counters of its 512 bits, and
   sixteen rows at a time are added by full adders over whole registers (Harley-Seal). */
#include <stdatomic.h>
#include <string.h>

#include "search.h"

/* Rows that come some at a time: the address of each, and of a row of zeros to fill up with. */
typedef struct source source;
struct source {
    void (*rows)(source *source, uint64_t first, size_t count, const uint64_t **out);
    const void *from;
    size_t stride; /* words */
    uint64_t *zeros;
    /* of products */
    sov_hdc_matrix *const *tables;
    const int32_t *indices;
    size_t factors;
    uint64_t *scratch; /* MOST_ROWS rows */
};

static void rows_of_matrix(source *s, uint64_t first, size_t count, const uint64_t **out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (const uint64_t *)s->from + (first + i) * s->stride;
}

static void rows_of_vectors(source *s, uint64_t first, size_t count, const uint64_t **out)
{
    sov_hdc_vector *const *vectors = s->from;
    for (size_t i = 0; i < count; i++)
        out[i] = vectors[first + i]->words;
}

static void rows_of_products(source *s, uint64_t first, size_t count, const uint64_t **out)
{
    const sov_table *table = sov_hdc_table();
    size_t lines = s->stride / WORDS_PER_LINE;
    for (size_t i = 0; i < count; i++) {
        const int32_t *index = s->indices + (first + i) * s->factors;
        const uint64_t *row = s->tables[0]->words + (size_t)index[0] * s->stride;
        for (size_t f = 1; f < s->factors; f++) {
            uint64_t *product = s->scratch + i * s->stride;
            table->bind(product, row, s->tables[f]->words + (size_t)index[f] * s->stride, lines);
            row = product;
        }
        out[i] = row;
    }
}

/* Counts rows [first, first + count) in planes. */
static void count_planes(source *s, uint64_t *planes, size_t depth, uint64_t first, uint64_t count)
{
    const sov_table *table = sov_hdc_table();
    for (uint64_t row = 0; row < count; row += MOST_ROWS) {
        const uint64_t *rows[MOST_ROWS];
        uint64_t left = count - row;
        size_t present = left < MOST_ROWS ? left : MOST_ROWS;
        size_t whole = (present + CHUNK - 1) / CHUNK * CHUNK;
        s->rows(s, first + row, present, rows);
        for (size_t i = present; i < whole; i++)
            rows[i] = s->zeros;
        table->count_rows(planes, depth, rows, whole, row == 0, s->stride / WORDS_PER_LINE);
    }
}

/* Planes that can count to `count`. */
static size_t depth_for(uint64_t count)
{
    size_t depth = 1;
    while (depth < 63 && count >> depth)
        depth++;
    return depth;
}

/* Memory for planes, a row of zeros, the ties, and what the source needs. */
static uint64_t *open_source(source *s, size_t lines, size_t depth)
{
    s->stride = lines * WORDS_PER_LINE;
    size_t rows = depth + 2 + (s->factors > 1 ? MOST_ROWS : 0);
    uint64_t *memory = aligned_alloc(64, rows * s->stride * sizeof(uint64_t));
    if (memory == NULL)
        return NULL;
    s->zeros = memory + depth * s->stride;
    s->scratch = s->zeros + 2 * s->stride;
    memset(s->zeros, 0, s->stride * sizeof(uint64_t));
    return memory;
}

/* The majority of rows [first, first + count). */
static void decide_rows(source *s, uint64_t *out, uint64_t *planes, uint64_t first, uint64_t count,
                        const uint64_t *ties)
{
    size_t depth = depth_for(count), lines = s->stride / WORDS_PER_LINE;
    count_planes(s, planes, depth, first, count);
    sov_hdc_table()->decide(out, planes, depth, count / 2, count % 2 == 0, ties, lines);
}

static int bundle(source *s, sov_hdc_vector *out, uint64_t count)
{
    uint64_t *planes = open_source(s, out->lines, depth_for(count));
    if (planes == NULL)
        return -1;
    uint64_t *ties = s->zeros + s->stride;
    if (count % 2 == 0)
        sov_hdc_ties(ties, out->dim);
    decide_rows(s, out->words, planes, 0, count, ties);
    free(planes);
    return 0;
}

/* Several bundles of products, shared by threads. */
typedef struct {
    source source;
    const sov_hdc_matrix *out;
    const uint64_t *ends;
    size_t parts;
    atomic_int failed;
} groups;

static void bundle_some(void *context, size_t part)
{
    groups *g = context;
    source s = g->source;
    size_t start = sov_part_start(g->out->count, 1, part, g->parts);
    size_t end = sov_part_start(g->out->count, 1, part + 1, g->parts);
    uint64_t most = 0;
    for (size_t i = start; i < end; i++) {
        uint64_t count = g->ends[i] - (i ? g->ends[i - 1] : 0);
        most = count > most ? count : most;
    }
    uint64_t *planes = open_source(&s, g->out->lines, depth_for(most));
    if (planes == NULL) {
        atomic_store(&g->failed, 1);
        return;
    }
    uint64_t *ties = s.zeros + s.stride;
    sov_hdc_ties(ties, g->out->dim);
    for (size_t i = start; i < end; i++) {
        uint64_t first = i ? g->ends[i - 1] : 0;
        decide_rows(&s, g->out->words + i * s.stride, planes, first, g->ends[i] - first, ties);
    }
    free(planes);
}

/* Rows are counted in planes and the planes added to the counters, so many at a time. */
#define ROWS_AT_ONCE ((uint64_t)1 << 16)

static int count_all(source *s, int32_t *counts, size_t lines, uint64_t count, int32_t weight)
{
    size_t depth = depth_for(count < ROWS_AT_ONCE ? count : ROWS_AT_ONCE);
    uint64_t *planes = open_source(s, lines, depth);
    if (planes == NULL)
        return -1;
    for (uint64_t first = 0; first < count; first += ROWS_AT_ONCE) {
        uint64_t rows = count - first < ROWS_AT_ONCE ? count - first : ROWS_AT_ONCE;
        count_planes(s, planes, depth, first, rows);
        sov_hdc_table()->add_planes(counts, planes, depth, (int32_t)rows, weight, lines);
    }
    free(planes);
    return 0;
}

/* SplitMix64 (Steele, Lea & Flood 2014), seeded with the golden ratio's fraction. */
void sov_hdc_ties(uint64_t *out, uint32_t dim)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t state = golden;
    size_t words = ((size_t)dim + 63) / 64;
    for (size_t i = 0; i < words; i++) {
        uint64_t z = state += golden;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = z ^ z >> 31;
    }
    out[words - 1] &= sov_hdc_last_mask(dim);
    for (size_t i = words; i < (size_t)sov_hdc_lines(dim) * WORDS_PER_LINE; i++)
        out[i] = 0;
}

int sov_hdc_bundle_rows(sov_hdc_vector *out, const sov_hdc_matrix *rows)
{
    source s = {.rows = rows_of_matrix, .from = rows->words};
    return bundle(&s, out, rows->count);
}

int sov_hdc_bundle_vectors(sov_hdc_vector *out, sov_hdc_vector *const *vectors, uint64_t count)
{
    source s = {.rows = rows_of_vectors, .from = vectors};
    return bundle(&s, out, count);
}

int sov_hdc_bundle_products(sov_hdc_vector *out, sov_hdc_matrix *const *tables, uint64_t factors,
                            const int32_t *indices, uint64_t count)
{
    source s = {.rows = rows_of_products, .tables = tables, .indices = indices, .factors = factors};
    return bundle(&s, out, count);
}

int sov_hdc_bundle_groups(const sov_hdc_matrix *out, sov_hdc_matrix *const *tables, uint64_t factors,
                          const int32_t *indices, const uint64_t *ends, uint32_t threads)
{
    groups g = {
        .source = {.rows = rows_of_products, .tables = tables, .indices = indices, .factors = factors},
        .out = out,
        .ends = ends,
        .parts = sov_parts(threads),
    };
    sov_pool_run(g.parts, bundle_some, &g);
    return atomic_load(&g.failed) ? -1 : 0;
}

void sov_hdc_count(int32_t *counts, const sov_hdc_vector *vector, int32_t weight)
{
    sov_hdc_table()->add(counts, vector->words, weight, vector->lines);
}

int sov_hdc_count_rows(int32_t *counts, const sov_hdc_matrix *rows, int32_t weight)
{
    source s = {.rows = rows_of_matrix, .from = rows->words};
    return count_all(&s, counts, rows->lines, rows->count, weight);
}

int sov_hdc_count_products(int32_t *counts, sov_hdc_matrix *const *tables, uint64_t factors,
                           const int32_t *indices, uint64_t count, int32_t weight)
{
    source s = {.rows = rows_of_products, .tables = tables, .indices = indices, .factors = factors};
    return count_all(&s, counts, tables[0]->lines, count, weight);
}

void sov_hdc_majority(sov_hdc_vector *out, const int32_t *counts)
{
    const sov_table *table = sov_hdc_table();
    sov_hdc_ties(out->words, out->dim);
    /* the ties stand in the result: each word is read before it is written */
    table->majority(out->words, counts, out->words, out->lines);
    size_t words = ((size_t)out->dim + 63) / 64;
    out->words[words - 1] &= sov_hdc_last_mask(out->dim);
    for (size_t i = words; i < (size_t)out->lines * WORDS_PER_LINE; i++)
        out->words[i] = 0;
}
