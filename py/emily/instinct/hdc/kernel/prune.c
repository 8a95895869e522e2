/* Exact nearest neighbours without reading all bits. The distance over the first bits of a row is a
   lower bound of its distance (partial distance search: Bei & Gray 1985, IEEE Trans. Comm. 33). The
   index holds these bits word by word across eight rows, in stages: all rows' first stage, all rows'
   second stage, and so on. A group of eight rows is read on only while one of them can still be among
   the nearest. */
#include <string.h>

#include "search.h"

#define GROUP_ROWS 8
#define LONG_STAGE 8 /* words; the first two have half of it */

/* The words of a row that the index holds: nine sixteenths, in whole stages. */
static size_t indexed_words(const sov_hdc_matrix *rows)
{
    size_t words = (rows->dim + 63) / 64;
    return words * 9 / 16 / LONG_STAGE * LONG_STAGE;
}

static size_t group_count(const sov_hdc_matrix *rows)
{
    return (rows->count + GROUP_ROWS - 1) / GROUP_ROWS;
}

uint64_t sov_hdc_index_words(const sov_hdc_matrix *rows)
{
    return indexed_words(rows) * group_count(rows) * GROUP_ROWS;
}

static size_t stage_words(size_t word) { return word < LONG_STAGE ? LONG_STAGE / 2 : LONG_STAGE; }

void sov_hdc_index_build(uint64_t *index, const sov_hdc_matrix *rows)
{
    size_t stride = (size_t)rows->lines * WORDS_PER_LINE, indexed = indexed_words(rows);
    for (size_t word = 0; word < indexed; word += stage_words(word))
        for (size_t row = 0; row < group_count(rows) * GROUP_ROWS; row += GROUP_ROWS)
            for (size_t w = 0; w < stage_words(word); w++)
                for (size_t r = row; r < row + GROUP_ROWS; r++)
                    *index++ = r < rows->count ? rows->words[r * stride + word + w] : 0;
}

/* A search of the groups [start, end) by one thread. */
typedef struct {
    size_t start, end, alive_count;
    sov_top top; /* first of partial distances, then of distances */
} part;

typedef struct {
    const sov_table *table;
    const sov_hdc_matrix *rows;
    const uint64_t *index, *query;
    size_t parts;
    part *part;
    uint16_t *partial; /* [row] */
    uint32_t *alive;   /* [group] */
    uint32_t limit;    /* no row beyond this distance is wanted */
} pruned;

static size_t stage(const pruned *p, part *mine, size_t word, uint32_t limit)
{
    size_t groups = group_count(p->rows);
    return p->table->prune(p->partial, p->alive + mine->start, mine->alive_count,
                           p->index + word * groups * GROUP_ROWS, p->query + word,
                           stage_words(word), limit);
}

/* The rows with the smallest partial distances are the likely nearest. */
static void first_stage(void *context, size_t number)
{
    const pruned *p = context;
    part *mine = p->part + number;
    mine->alive_count = mine->end - mine->start;
    for (size_t group = mine->start; group < mine->end; group++)
        p->alive[group] = (uint32_t)group;
    stage(p, mine, 0, UINT32_MAX);
    top_clear(&mine->top, p->rows->dim);
    for (size_t group = mine->start; group < mine->end; group++) {
        const uint16_t *partial = p->partial + group * GROUP_ROWS;
        uint16_t least = partial[0];
        for (size_t r = 1; r < GROUP_ROWS; r++)
            least = partial[r] < least ? partial[r] : least;
        if (least >= top_limit(&mine->top))
            continue;
        for (size_t r = 0; r < GROUP_ROWS && group * GROUP_ROWS + r < p->rows->count; r++)
            top_push(&mine->top, partial[r], group * GROUP_ROWS + r);
    }
}

static void later_stages(void *context, size_t number)
{
    const pruned *p = context;
    part *mine = p->part + number;
    size_t stride = (size_t)p->rows->lines * WORDS_PER_LINE, indexed = indexed_words(p->rows);
    for (size_t word = stage_words(0); word < indexed; word += stage_words(word))
        mine->alive_count = stage(p, mine, word, p->limit);
    top_clear(&mine->top, p->limit);
    for (size_t i = 0; i < mine->alive_count; i++) {
        size_t first = (size_t)p->alive[mine->start + i] * GROUP_ROWS;
        for (size_t row = first; row < first + GROUP_ROWS && row < p->rows->count; row++)
            if (p->partial[row] < top_limit(&mine->top))
                top_push(&mine->top,
                         (uint32_t)p->table->distance(p->rows->words + row * stride, p->query,
                                                      p->rows->lines),
                         row);
    }
}

static void merge(pruned *p)
{
    for (size_t i = 1; i < p->parts; i++)
        top_merge(&p->part[0].top, &p->part[i].top);
}

/* The k-th distance among the likely nearest is a limit for all. */
static void lower_limit(pruned *p)
{
    const sov_top *likely = &p->part[0].top;
    size_t stride = (size_t)p->rows->lines * WORDS_PER_LINE;
    uint32_t farthest = 0;
    for (size_t i = likely->kept - likely->k; i < likely->kept; i++) {
        size_t row = likely->keys[i] & ((UINT64_C(1) << ROW_BITS) - 1);
        uint64_t d = p->table->distance(p->rows->words + row * stride, p->query, p->rows->lines);
        farthest = d > farthest ? (uint32_t)d : farthest;
    }
    if (farthest < p->limit)
        p->limit = farthest;
}

/* Beyond this limit too few rows would be dropped by the indexed bits: their distance over m bits is
   m/2, give or take sqrt(m)/2, for unrelated rows. */
static int worth_pruning(const pruned *p)
{
    double m = 64.0 * (double)indexed_words(p->rows), reach = m / 2 - p->limit;
    return reach > 0 && reach * reach > m / 2;
}

int sov_hdc_search_pruned(const sov_hdc_matrix *rows, const uint64_t *index, const uint64_t *query,
                          uint64_t k, uint32_t max_distance, uint32_t threads, int32_t *distances,
                          int64_t *found)
{
    size_t places = k < rows->count ? k : rows->count, groups = group_count(rows);
    size_t parts = places ? sov_parts(threads, rows->count, places) : 1, kept = top_kept(places);
    if (indexed_words(rows) == 0 || places == 0 || 64 * indexed_words(rows) > UINT16_MAX)
        return sov_hdc_search(rows, query, 1, k, max_distance, threads, distances, found);
    pruned p = {
        .table = sov_hdc_table(),
        .rows = rows,
        .index = index,
        .query = query,
        .parts = parts,
        .part = malloc(parts * (sizeof(part) + kept * sizeof(uint64_t))),
        .partial = calloc(groups * GROUP_ROWS, sizeof(uint16_t)),
        .alive = malloc(groups * sizeof(uint32_t)),
        .limit = max_distance,
    };
    int failed = p.part == NULL || p.partial == NULL || p.alive == NULL;
    if (!failed) {
        uint64_t *keys = (uint64_t *)(p.part + parts);
        for (size_t i = 0; i < parts; i++)
            p.part[i] = (part){
                .start = sov_part_start(groups, 1, i, parts),
                .end = sov_part_start(groups, 1, i + 1, parts),
                .top = {.keys = keys + i * kept, .k = places, .kept = kept},
            };
        sov_pool_run(parts, first_stage, &p);
        merge(&p);
        lower_limit(&p);
        if (worth_pruning(&p)) {
            sov_pool_run(parts, later_stages, &p);
            merge(&p);
            sov_top_write(&p.part[0].top, p.limit, k, distances, found);
        } else {
            failed = sov_hdc_search(rows, query, 1, k, p.limit, threads, distances, found);
        }
    }
    free(p.part);
    free(p.partial);
    free(p.alive);
    return failed ? -1 : 0;
}
