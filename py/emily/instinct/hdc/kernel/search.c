/* Exact nearest neighbours by a scan of all rows. */
#include "search.h"

/* Folded queries that are searched at once stay in the second-level cache; the folded rows they are
   compared with stay in the first. */
#define QUERY_BYTES ((size_t)512 << 10)
#define BLOCK_BYTES ((size_t)16 << 10)
#define MOST_QUERIES ((size_t)256)

typedef struct {
    const sov_table *table;
    const sov_hdc_matrix *rows;
    const uint64_t *queries; /* one as it is, or several folded */
    size_t count;            /* queries */
    size_t padded;           /* the same in whole tiles */
    size_t parts;
    size_t block_rows;
    sov_top *tops;    /* [part][query] */
    uint32_t *limits; /* [part][padded query][row of a tile] */
    uint64_t *blocks; /* [part] */
    size_t block_words;
} search;

static void scan_part(void *context, size_t part)
{
    const search *s = context;
    size_t start = sov_part_start(s->rows->count, 64, part, s->parts);
    size_t end = sov_part_start(s->rows->count, 64, part + 1, s->parts);
    sov_scan scan = {
        .rows = s->rows->words + start * s->rows->lines * WORDS_PER_LINE,
        .count = end - start,
        .first = start,
        .lines = s->rows->lines,
        .query = s->queries,
    };
    s->table->scan(&scan, s->tops + part);
}

static void batch_part(void *context, size_t part)
{
    const search *s = context;
    size_t start = sov_part_start(s->rows->count, s->block_rows, part, s->parts);
    size_t end = sov_part_start(s->rows->count, s->block_rows, part + 1, s->parts);
    sov_batch batch = {
        .rows = s->rows->words + start * s->rows->lines * WORDS_PER_LINE,
        .count = end - start,
        .first = start,
        .lines = s->rows->lines,
        .queries = s->queries,
        .query_count = s->count,
        .tops = s->tops + part * s->count,
        .limits = s->limits + part * s->padded * s->table->tile_rows,
        .block = s->blocks + part * s->block_words,
        .block_rows = s->block_rows,
    };
    s->table->batch(&batch);
}

void sov_top_write(sov_top *top, uint32_t max_distance, size_t places, int32_t *distances,
                   int64_t *found)
{
    top_sort(top);
    for (size_t i = 0; i < places; i++) {
        int full = i < top->k && top->keys[i] >> ROW_BITS <= max_distance;
        distances[i] = full ? (int32_t)(top->keys[i] >> ROW_BITS) : INT32_MAX;
        found[i] = full ? (int64_t)(top->keys[i] & ((UINT64_C(1) << ROW_BITS) - 1)) : -1;
    }
}

/* Runs one block of queries through all rows. */
static void run(search *s, uint32_t max_distance, uint64_t k, int32_t *distances, int64_t *found)
{
    for (size_t i = 0; i < s->parts * s->count; i++)
        top_clear(s->tops + i, max_distance);
    for (size_t part = 0; s->limits && part < s->parts; part++)
        for (size_t i = 0; i < s->padded * s->table->tile_rows; i++)
            s->limits[part * s->padded * s->table->tile_rows + i] =
                i < s->count * s->table->tile_rows ? max_distance + 1 : 0;
    sov_pool_run(s->parts, s->blocks ? batch_part : scan_part, s);
    for (size_t query = 0; query < s->count; query++) {
        for (size_t part = 1; part < s->parts; part++)
            top_merge(s->tops + query, s->tops + part * s->count + query);
        sov_top_write(s->tops + query, max_distance, k, distances + query * k, found + query * k);
    }
}

static int search_one(search *s, const uint64_t *query, uint64_t k, uint32_t max_distance,
                      int32_t *distances, int64_t *found)
{
    s->queries = query;
    s->count = 1;
    run(s, max_distance, k, distances, found);
    return 0;
}

static int search_many(search *s, const uint64_t *queries, uint64_t count, uint64_t k,
                       uint32_t max_distance, int32_t *distances, int64_t *found)
{
    const sov_table *table = s->table;
    size_t lines = s->rows->lines, stride = lines * WORDS_PER_LINE, tile = table->tile_queries;
    size_t folded = sov_folded_lines(lines) * WORDS_PER_LINE;
    size_t most = QUERY_BYTES / (folded * sizeof(uint64_t));
    most = most < tile ? tile : most > MOST_QUERIES ? MOST_QUERIES : most / tile * tile;
    size_t blocks = (count + most - 1) / most;
    size_t size = ((count + blocks - 1) / blocks + tile - 1) / tile * tile;
    s->block_rows = BLOCK_BYTES / (folded * sizeof(uint64_t)) / table->tile_rows * table->tile_rows;
    if (s->block_rows == 0)
        s->block_rows = table->tile_rows;
    s->block_words = s->block_rows * folded;
    s->blocks = sov_lines_alloc(s->parts * s->block_words);
    s->limits = malloc(s->parts * size * table->tile_rows * sizeof *s->limits);
    uint64_t *block = sov_lines_alloc(size * folded);
    int failed = s->blocks == NULL || s->limits == NULL || block == NULL;
    for (size_t start = 0; !failed && start < count; start += size) {
        s->count = count - start < size ? count - start : size;
        s->padded = (s->count + tile - 1) / tile * tile;
        s->queries = block;
        for (size_t i = 0; i < s->count; i++)
            table->fold(block + i * folded, queries + (start + i) * stride, lines);
        run(s, max_distance, k, distances + start * k, found + start * k);
    }
    free(s->blocks);
    free(s->limits);
    free(block);
    return failed ? -1 : 0;
}

int sov_hdc_search(const sov_hdc_matrix *rows, const uint64_t *queries, uint64_t count, uint64_t k,
                   uint32_t max_distance, uint32_t threads, int32_t *distances, int64_t *found)
{
    size_t places = k < rows->count ? k : rows->count,
           block = count < MOST_QUERIES ? count : MOST_QUERIES;
    if (places == 0 || count == 0) {
        for (size_t i = 0; i < count * k; i++) {
            distances[i] = INT32_MAX;
            found[i] = -1;
        }
        return 0;
    }
    search s = {
        .table = sov_hdc_table(),
        .rows = rows,
        .parts = sov_parts(threads, rows->count, places),
    };
    size_t heaps = s.parts * block, kept = top_kept(places);
    s.tops = malloc(heaps * (sizeof(sov_top) + kept * sizeof(uint64_t)));
    if (s.tops == NULL)
        return -1;
    uint64_t *keys = (uint64_t *)(s.tops + heaps);
    for (size_t i = 0; i < heaps; i++)
        s.tops[i] = (sov_top){.keys = keys + i * kept, .k = places, .kept = kept};
    int result = count == 1 ? search_one(&s, queries, k, max_distance, distances, found)
                            : search_many(&s, queries, count, k, max_distance, distances, found);
    free(s.tops);
    return result;
}
