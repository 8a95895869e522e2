/* Every variant against plain loops over bits, on made-up rows. */
#include <string.h>

#include "search.h"

#define ROWS 77
#define QUERIES 5
#define PLACES 7

typedef struct {
    const sov_table *table;
    uint32_t dim;
    size_t lines, stride;
    uint64_t *rows;
    uint64_t state, wrong;
} test;

static uint64_t draw(test *t)
{
    t->state ^= t->state << 13;
    t->state ^= t->state >> 7;
    t->state ^= t->state << 17;
    return t->state;
}

static unsigned bit(const uint64_t *row, size_t i) { return row[i / 64] >> i % 64 & 1; }

static uint32_t plain_distance(const test *t, const uint64_t *a, const uint64_t *b)
{
    uint32_t distance = 0;
    for (size_t i = 0; i < t->dim; i++)
        distance += bit(a, i) != bit(b, i);
    return distance;
}

static void test_search(test *t, int32_t *distances, int64_t *found)
{
    sov_hdc_matrix rows = {
        .words = t->rows, .count = ROWS, .dim = t->dim, .lines = (uint32_t)t->lines};
    uint64_t queries[2] = {1, QUERIES};
    for (int which = 0; which < 2; which++) {
        if (sov_hdc_search(&rows, t->rows, queries[which], PLACES, t->dim, 2, distances, found))
            t->wrong++;
        for (size_t q = 0; q < queries[which]; q++) {
            uint64_t keys[FEW];
            sov_top top = {.keys = keys, .k = PLACES, .kept = top_kept(PLACES)};
            top_clear(&top, t->dim);
            for (size_t r = 0; r < ROWS; r++)
                top_push(&top, plain_distance(t, t->rows + q * t->stride, t->rows + r * t->stride),
                         r);
            top_sort(&top);
            for (size_t i = 0; i < PLACES; i++)
                t->wrong += top_key((uint32_t)distances[q * PLACES + i],
                                    (uint64_t)found[q * PLACES + i]) != keys[i];
        }
    }
}

static void test_one(test *t, uint64_t *out)
{
    const uint64_t *a = t->rows, *b = t->rows + t->stride;
    uint32_t shift = (uint32_t)(draw(t) % t->dim);
    t->wrong += t->table->distance(a, b, t->lines) != plain_distance(t, a, b);
    t->table->bind(out, a, b, t->lines);
    for (size_t i = 0; i < t->dim; i++)
        t->wrong += bit(out, i) != (bit(a, i) ^ bit(b, i));
    t->table->rotate(out, a, t->dim, shift);
    for (size_t i = 0; i < t->dim; i++)
        t->wrong += bit(out, (i + shift) % t->dim) != bit(a, i);
}

static void test_bundle(test *t, uint64_t *out, uint64_t *ties, int32_t *counts)
{
    sov_hdc_vector vector = {.words = out, .dim = t->dim, .lines = (uint32_t)t->lines};
    sov_hdc_ties(ties, t->dim);
    for (size_t count = ROWS - 1; count <= ROWS; count++) {
        sov_hdc_matrix rows = {
            .words = t->rows, .count = count, .dim = t->dim, .lines = (uint32_t)t->lines};
        memset(counts, 0, t->lines * BITS_PER_LINE * sizeof *counts);
        t->wrong += sov_hdc_bundle_rows(&vector, &rows) != 0;
        t->wrong += sov_hdc_count_rows(counts, &rows, 3) != 0;
        for (size_t i = 0; i < t->dim; i++) {
            int32_t votes = 0;
            for (size_t r = 0; r < count; r++)
                votes += bit(t->rows + r * t->stride, i) ? 1 : -1;
            t->wrong += bit(out, i) != (votes ? votes > 0 : bit(ties, i));
            t->wrong += counts[i] != 3 * votes;
        }
        sov_hdc_vector first = {.words = t->rows, .dim = t->dim, .lines = (uint32_t)t->lines};
        memset(counts, 0, t->lines * BITS_PER_LINE * sizeof *counts);
        sov_hdc_count(counts, &first, -2);
        sov_hdc_majority(&vector, counts);
        for (size_t i = 0; i < t->dim; i++)
            t->wrong += bit(out, i) == bit(t->rows, i);
    }
}

static void test_dim(test *t)
{
    t->lines = sov_hdc_lines(t->dim);
    t->stride = t->lines * WORDS_PER_LINE;
    t->rows = sov_lines_alloc((ROWS + 2) * t->stride);
    int32_t *counts = malloc(t->lines * BITS_PER_LINE * sizeof *counts);
    int32_t distances[QUERIES * PLACES];
    int64_t found[QUERIES * PLACES];
    if (t->rows == NULL || counts == NULL) {
        t->wrong++;
    } else {
        size_t words = ((size_t)t->dim + 63) / 64;
        for (size_t r = 0; r < ROWS; r++) {
            for (size_t w = 0; w < words; w++)
                t->rows[r * t->stride + w] = draw(t);
            t->rows[r * t->stride + words - 1] &= sov_hdc_last_mask(t->dim);
        }
        uint64_t *out = t->rows + ROWS * t->stride;
        test_search(t, distances, found);
        test_one(t, out);
        test_bundle(t, out, out + t->stride, counts);
    }
    free(t->rows);
    free(counts);
}

uint64_t sov_hdc_selftest(uint64_t seed)
{
    static const uint32_t dims[] = {64, 65, 511, 512, 513, 1000, 1024, 10000, 20011};
    const char *before = sov_hdc_variant(), *name;
    test t = {.state = seed | 1};
    for (size_t variant = 0; (name = sov_hdc_supported(variant)) != NULL; variant++) {
        t.wrong += sov_hdc_use(name) != 0;
        t.table = sov_hdc_table();
        for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
            t.dim = dims[i];
            test_dim(&t);
        }
    }
    t.wrong += sov_hdc_use(before) != 0;
    return t.wrong;
}
