/* Many threads search and bundle at once through the pool while another switches the variant: each
   must find what it finds alone. With an argument a child process does it too, which has none of its parent's
   threads. Exit code 1 when a result differs. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plain.h"

#define CALLERS 4
#define SEARCHES 30
#define ROWS 400
#define QUERIES 12
#define PLACES 5
#define DIM 2000

static sov_hdc_matrix rows, queries;
static uint64_t *index_words;
static int32_t wanted[QUERIES * PLACES];
static int64_t wanted_rows[QUERIES * PLACES];
static int32_t indices[ROWS];
static const uint64_t ends[] = {1, 30, 300, 301, ROWS};
#define GROUPS (sizeof ends / sizeof *ends)
static sov_hdc_matrix bundles;
static atomic_int wrong, searching = CALLERS;

static void search(int32_t *distances, int64_t *found)
{
    uint32_t threads = (uint32_t)(1 + below(6));
    int failed = sov_hdc_search(&rows, queries.words, QUERIES, PLACES, DIM, threads, distances, found);
    failed |= memcmp(distances, wanted, sizeof wanted) || memcmp(found, wanted_rows, sizeof wanted_rows);
    size_t query = below(QUERIES), at = query * PLACES;
    for (int pruned = 0; pruned < 2; pruned++) {
        const uint64_t *asked = row_of(&queries, query);
        failed |= pruned ? sov_hdc_search_pruned(&rows, index_words, asked, PLACES, DIM, threads,
                                                 distances, found)
                         : sov_hdc_search(&rows, asked, 1, PLACES, DIM, threads, distances, found);
        failed |= memcmp(distances, wanted + at, PLACES * sizeof *wanted) ||
                  memcmp(found, wanted_rows + at, PLACES * sizeof *wanted_rows);
    }
    wrong += failed != 0;
}

static void bundle(const sov_hdc_matrix *out)
{
    sov_hdc_matrix *tables[] = {&rows};
    uint32_t threads = (uint32_t)(1 + below(6));
    wrong += sov_hdc_bundle_groups(out, tables, 1, indices, ends, threads) ||
             memcmp(out->words, bundles.words, GROUPS * bundles.lines * 64);
}

static void *call(void *number)
{
    int32_t distances[QUERIES * PLACES];
    int64_t found[QUERIES * PLACES];
    sov_hdc_matrix out = blank_rows(GROUPS, DIM);
    drawn = 1 + (uintptr_t)number;
    for (int i = 0; i < SEARCHES; i++) {
        search(distances, found);
        bundle(&out);
    }
    free(out.words);
    searching--;
    return NULL;
}

static void *switch_variants(void *unused)
{
    (void)unused;
    for (size_t i = 0; searching; i++) {
        const char *name = sov_hdc_supported(i);
        if (name == NULL)
            i = (size_t)-1;
        else
            wrong += sov_hdc_use(name) != 0;
    }
    return NULL;
}

static int search_in_a_child(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        wrong = 0;
        alarm(30);
        call((void *)9);
        _exit(wrong != 0);
    }
    return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    rows = random_rows(ROWS, DIM);
    queries = random_rows(QUERIES, DIM);
    for (size_t i = 0; i < QUERIES; i++) {
        memcpy(row_of(&queries, i), row_of(&rows, below(ROWS)), rows.lines * 64);
        plain_search(&rows, row_of(&queries, i), PLACES, DIM, wanted + i * PLACES,
                     wanted_rows + i * PLACES);
    }
    for (int32_t i = 0; i < ROWS; i++)
        indices[i] = (int32_t)below(ROWS);
    bundles = blank_rows(GROUPS, DIM);
    sov_hdc_matrix *tables[] = {&rows};
    for (uint64_t i = 0; i < GROUPS; i++) {
        sov_hdc_vector out = vector_of(&bundles, i);
        uint64_t first = i ? ends[i - 1] : 0;
        wrong += sov_hdc_bundle_products(&out, tables, 1, indices + first, ends[i] - first) != 0;
    }
    index_words = lines_of_memory(sov_hdc_index_words(&rows) / WORDS_PER_LINE);
    sov_hdc_index_build(index_words, &rows);

    pthread_t threads[CALLERS + 1];
    for (uintptr_t i = 0; i <= CALLERS; i++)
        if (pthread_create(threads + i, NULL, i ? call : switch_variants, (void *)i))
            return 2;
    for (size_t i = 0; i <= CALLERS; i++)
        pthread_join(threads[i], NULL);
    if (argc > 1)
        wrong += search_in_a_child();
    printf("%d of %d differ\n", wrong, 2 * CALLERS * SEARCHES);
    free(rows.words);
    free(queries.words);
    free(index_words);
    free(bundles.words);
    return wrong != 0;
}
