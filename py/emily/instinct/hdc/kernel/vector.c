/* Single vectors, and rows of them one by one. */
#include <string.h>

#include "table.h"

/* Beyond the caches a result is written past them. */
#define STREAM_BYTES ((size_t)8 << 20)

/* Lays a vector out in memory of 64 + 64 + 64 * lines bytes. */
sov_hdc_vector *sov_hdc_place(char *memory, uint32_t dim)
{
    sov_hdc_vector *vector = (sov_hdc_vector *)(memory + (-(uintptr_t)memory & 63));
    vector->words = (uint64_t *)((char *)vector + 64);
    vector->dim = dim;
    vector->lines = sov_hdc_lines(dim);
    vector->read_only = 0;
    return vector;
}

int64_t sov_hdc_distance(const sov_hdc_vector *a, const sov_hdc_vector *b)
{
    if (a->dim != b->dim)
        return -1;
    return (int64_t)sov_hdc_table()->distance(a->words, b->words, a->lines);
}

int sov_hdc_bind(sov_hdc_vector *out, const sov_hdc_vector *a, const sov_hdc_vector *b)
{
    if (a->dim != b->dim || a->dim != out->dim || out->read_only)
        return -1;
    sov_hdc_table()->bind(out->words, a->words, b->words, a->lines);
    return 0;
}

static uint32_t modulo(int64_t shift, uint32_t dim)
{
    int64_t rest = shift % (int64_t)dim;
    return (uint32_t)(rest < 0 ? rest + (int64_t)dim : rest);
}

int sov_hdc_rotate(sov_hdc_vector *out, const sov_hdc_vector *a, int64_t shift)
{
    if (a->dim != out->dim || a->words == out->words || out->read_only)
        return -1;
    sov_hdc_table()->rotate(out->words, a->words, a->dim, modulo(shift, a->dim));
    return 0;
}

void sov_hdc_bind_rows(const sov_hdc_matrix *out, const sov_hdc_matrix *a, const sov_hdc_matrix *b)
{
    const sov_table *table = sov_hdc_table();
    size_t lines = a->count * a->lines, stride = (size_t)a->lines * WORDS_PER_LINE;
    int stream = lines * 64 > STREAM_BYTES && out->words != a->words && out->words != b->words;
    void (*bind)(uint64_t *, const uint64_t *, const uint64_t *, size_t) =
        stream ? table->bind_stream : table->bind;
    if (b->count == a->count)
        bind(out->words, a->words, b->words, lines);
    else
        for (size_t i = 0; i < a->count; i++)
            bind(out->words + i * stride, a->words + i * stride, b->words, a->lines);
}

void sov_hdc_rotate_rows(const sov_hdc_matrix *out, const sov_hdc_matrix *a, int64_t shift)
{
    const sov_table *table = sov_hdc_table();
    size_t stride = (size_t)a->lines * WORDS_PER_LINE;
    for (size_t i = 0; i < a->count; i++)
        table->rotate(out->words + i * stride, a->words + i * stride, a->dim,
                      modulo(shift, a->dim));
}

void sov_hdc_distances(int32_t *out, const sov_hdc_matrix *rows, const sov_hdc_vector *query)
{
    sov_scan scan = {
        .rows = rows->words, .count = rows->count, .lines = rows->lines, .query = query->words};
    sov_hdc_table()->distances(out, &scan);
}
