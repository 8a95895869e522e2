/* Bundling by bit-sliced counters: plane p holds bit p of the counters of all bits of a row, and
   sixteen rows at a time are added by full adders over whole registers (Harley-Seal). */
#include <stdatomic.h>
#include <string.h>

#include "search.h"

/* Rows to be counted. Those of a matrix lie one after another already; others are put there. */
typedef struct source source;
struct source {
    const uint64_t *rows;
    void (*put)(const source *source, uint64_t *out, uint64_t row);
    size_t stride;     /* words */
    uint64_t *scratch; /* SCRATCH_ROWS rows */
    /* of vectors */
    sov_hdc_vector *const *vectors;
    /* of products */
    sov_hdc_matrix *const *tables;
    const int32_t *indices;
    size_t factors;
};

#define SCRATCH_ROWS ((size_t)2 * CHUNK)

static void put_row(const source *s, uint64_t *out, uint64_t row)
{
    memcpy(out, s->rows + row * s->stride, s->stride * sizeof(uint64_t));
}

static void put_vector(const source *s, uint64_t *out, uint64_t row)
{
    memcpy(out, s->vectors[row]->words, s->stride * sizeof(uint64_t));
}

static const uint64_t *factor(const source *s, uint64_t row, size_t f)
{
    return s->tables[f]->words + (size_t)s->indices[row * s->factors + f] * s->stride;
}

static void put_product(const source *s, uint64_t *out, uint64_t row)
{
    const sov_table *table = sov_hdc_table();
    size_t lines = s->stride / WORDS_PER_LINE;
    if (s->factors == 1)
        memcpy(out, factor(s, row, 0), s->stride * sizeof(uint64_t));
    else
        table->bind(out, factor(s, row, 0), factor(s, row, 1), lines);
    for (size_t f = 2; f < s->factors; f++)
        table->bind(out, out, factor(s, row, f), lines);
}

/* Counts rows [first, first + count) in planes. */
static void count_planes(const source *s, uint64_t *planes, size_t depth, uint64_t first,
                         uint64_t count)
{
    const sov_table *table = sov_hdc_table();
    size_t lines = s->stride / WORDS_PER_LINE;
    uint64_t row = 0;
    if (s->rows && count >= CHUNK) {
        row = count / CHUNK * CHUNK;
        table->count_rows(planes, depth, s->rows + first * s->stride, row, 1, lines);
    }
    while (row < count) {
        size_t present = count - row < SCRATCH_ROWS ? count - row : SCRATCH_ROWS;
        size_t whole = (present + CHUNK - 1) / CHUNK * CHUNK;
        for (size_t i = 0; i < present; i++)
            s->put(s, s->scratch + i * s->stride, first + row + i);
        memset(s->scratch + present * s->stride, 0,
               (whole - present) * s->stride * sizeof(uint64_t));
        table->count_rows(planes, depth, s->scratch, whole, row == 0, lines);
        row += present;
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

/* Memory for planes, for the ties and for the source's scratch. Each thread keeps some for the usual
   dimensions: asking the system for it takes longer than bundling a hundred vectors. */
static _Thread_local _Alignas(64) uint64_t small[8192];

static uint64_t *open_source(source *s, size_t lines, size_t depth)
{
    s->stride = lines * WORDS_PER_LINE;
    size_t words = (depth + 1 + SCRATCH_ROWS) * s->stride;
    uint64_t *planes = small;
    if (words > sizeof small / sizeof *small)
        planes = aligned_alloc(64, words * sizeof(uint64_t));
    s->scratch = planes ? planes + (depth + 1) * s->stride : NULL;
    return planes;
}

static void close_source(uint64_t *planes)
{
    if (planes != small)
        free(planes);
}

/* The majority of rows [first, first + count). */
static void decide_rows(const source *s, uint64_t *out, uint64_t *planes, uint64_t first,
                        uint64_t count, const uint64_t *ties)
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
    uint64_t *ties = planes + depth_for(count) * s->stride;
    if (count % 2 == 0)
        sov_hdc_ties(ties, out->dim);
    decide_rows(s, out->words, planes, 0, count, ties);
    close_source(planes);
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
    uint64_t *ties = planes + depth_for(most) * s.stride;
    sov_hdc_ties(ties, g->out->dim);
    for (size_t i = start; i < end; i++) {
        uint64_t first = i ? g->ends[i - 1] : 0;
        decide_rows(&s, g->out->words + i * s.stride, planes, first, g->ends[i] - first, ties);
    }
    close_source(planes);
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
    close_source(planes);
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
    source s = {.put = put_row, .rows = rows->words};
    if (out->dim != rows->dim || out->read_only || rows->count == 0)
        return 1;
    return bundle(&s, out, rows->count);
}

int sov_hdc_bundle_vectors(sov_hdc_vector *out, sov_hdc_vector *const *vectors, uint64_t count)
{
    source s = {.put = put_vector, .vectors = vectors};
    return bundle(&s, out, count);
}

int sov_hdc_bundle_products(sov_hdc_vector *out, sov_hdc_matrix *const *tables, uint64_t factors,
                            const int32_t *indices, uint64_t count)
{
    source s = {.put = put_product, .tables = tables, .indices = indices, .factors = factors};
    return bundle(&s, out, count);
}

int sov_hdc_bundle_groups(const sov_hdc_matrix *out, sov_hdc_matrix *const *tables,
                          uint64_t factors, const int32_t *indices, const uint64_t *ends,
                          uint32_t threads)
{
    groups g = {
        .source = {.put = put_product, .tables = tables, .indices = indices, .factors = factors},
        .out = out,
        .ends = ends,
        .parts = sov_parts(threads, out->count, 1),
    };
    sov_pool_run(g.parts, bundle_some, &g);
    return atomic_load(&g.failed) ? -1 : 0;
}

void sov_hdc_count(int32_t *counts, const sov_hdc_vector *vector, int32_t weight)
{
    sov_hdc_table()->add(counts, vector->words, weight, vector->lines);
}

void sov_hdc_count_weighted(int32_t *counts, const sov_hdc_matrix *rows, const int32_t *weights)
{
    const sov_table *table = sov_hdc_table();
    const uint64_t *row = rows->words;
    for (uint64_t i = 0; i < rows->count; i++, row += rows->lines * WORDS_PER_LINE)
        table->add(counts, row, weights[i], rows->lines);
}

int sov_hdc_count_rows(int32_t *counts, const sov_hdc_matrix *rows, int32_t weight)
{
    source s = {.put = put_row, .rows = rows->words};
    return count_all(&s, counts, rows->lines, rows->count, weight);
}

int sov_hdc_count_products(int32_t *counts, sov_hdc_matrix *const *tables, uint64_t factors,
                           const int32_t *indices, uint64_t count, int32_t weight)
{
    source s = {.put = put_product, .tables = tables, .indices = indices, .factors = factors};
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
