/* Every variant of the kernel that this machine runs, against plain loops on made-up rows.
   Arguments: a seed and the number of rounds. Exit code 1 when a result differs. */
#include "plain.h"

static uint32_t any_dim(void)
{
    static const uint32_t edges[] = {64,  65,   127,  128,  511,  512,   513,
                                     576, 1023, 1024, 1025, 1536, 10000, 10240};
    return below(2) ? edges[below(sizeof edges / sizeof *edges)] : (uint32_t)(64 + below(4000));
}

static int same_rows(const uint64_t *a, const uint64_t *b, uint64_t lines)
{
    return memcmp(a, b, lines * 64) == 0;
}

static void search(uint32_t dim, uint64_t count, uint64_t queries)
{
    sov_hdc_matrix rows = random_rows(count, dim), asked = random_rows(queries, dim);
    uint64_t k = below(2) ? 1 + below(4) : below(count + 4), places = queries * k;
    const uint32_t limits[] = {0, (uint32_t)below(dim), dim / 4, dim / 2, dim};
    uint32_t limit = limits[below(5)], threads = (uint32_t)below(5);
    for (uint64_t i = 0; i < queries && count; i += 2)
        memcpy(row_of(&asked, i), row_of(&rows, below(count)), (size_t)rows.lines * 64);

    int32_t *wanted = malloc(places * sizeof *wanted + 1), *near = malloc(places * sizeof *near + 1);
    int64_t *wanted_rows = malloc(places * sizeof *wanted_rows + 1);
    int64_t *near_rows = malloc(places * sizeof *near_rows + 1);
    for (uint64_t i = 0; i < queries; i++)
        plain_search(&rows, row_of(&asked, i), k, limit, wanted + i * k, wanted_rows + i * k);
#define FOUND(what, from, to)                                                                  \
    expect(memcmp(wanted + (from), near + (from), ((to) - (from)) * sizeof *wanted) == 0 &&    \
               memcmp(wanted_rows + (from), near_rows + (from), ((to) - (from)) * sizeof *wanted_rows) == 0, \
           what, dim, count)

    int code = sov_hdc_search(&rows, asked.words, queries, k, limit, threads, near, near_rows);
    expect(code == 0, "the batched search's code", dim, count);
    FOUND("the batched search", 0, places);

    size_t words = sov_hdc_index_words(&rows);
    uint64_t *index = lines_of_memory(words / WORDS_PER_LINE);
    sov_hdc_index_build(index, &rows);
    for (uint64_t i = 0; i < queries && i < 8; i++) {
        const uint64_t *query = row_of(&asked, i);
        int32_t *distances = near + i * k;
        int64_t *found = near_rows + i * k;
        code = sov_hdc_search(&rows, query, 1, k, limit, threads, distances, found);
        expect(code == 0, "the search's code", dim, count);
        FOUND("the search", i * k, i * k + k);
        code = sov_hdc_search_pruned(&rows, index, query, k, limit, threads, distances, found);
        expect(code == 0, "the pruned search's code", dim, count);
        FOUND("the pruned search", i * k, i * k + k);
    }
#undef FOUND
    free(rows.words);
    free(asked.words);
    free(wanted);
    free(near);
    free(wanted_rows);
    free(near_rows);
    free(index);
}

static void pairs(uint32_t dim, uint64_t count)
{
    sov_hdc_matrix a = random_rows(count, dim), b = random_rows(count, dim);
    sov_hdc_matrix one = random_rows(1, dim), out = blank_rows(count, dim);
    sov_hdc_matrix bound = blank_rows(count, dim), rotated = blank_rows(count, dim);
    sov_hdc_vector key = vector_of(&one, 0);
    uint64_t lines = count * a.lines;
    int64_t shift = (int64_t)draw();

    for (uint64_t i = 0; i < lines * WORDS_PER_LINE; i++)
        bound.words[i] = a.words[i] ^ b.words[i];
    sov_hdc_bind_rows(&out, &a, &b);
    expect(same_rows(out.words, bound.words, lines), "binding rows with rows", dim, count);
    for (uint64_t row = 0; row < count; row++)
        for (size_t i = 0; i < (size_t)a.lines * WORDS_PER_LINE; i++)
            row_of(&bound, row)[i] = row_of(&a, row)[i] ^ key.words[i];
    memcpy(out.words, a.words, lines * 64);
    sov_hdc_bind_rows(&out, &out, &one);
    expect(same_rows(out.words, bound.words, lines), "binding rows in place", dim, count);

    sov_hdc_matrix few = a;
    few.count = count < 6 ? count : 6;
    for (uint64_t row = 0; row < few.count; row++)
        plain_rotate(row_of(&rotated, row), row_of(&a, row), dim, shift);
    sov_hdc_rotate_rows(&out, &few, shift);
    expect(same_rows(out.words, rotated.words, few.count * a.lines), "rotating rows", dim, count);

    int32_t *distances = malloc(count * sizeof *distances + 1);
    sov_hdc_distances(distances, &a, &key);
    for (uint64_t row = 0; row < few.count; row++) {
        sov_hdc_vector left = vector_of(&a, row), right = vector_of(&b, row);
        sov_hdc_vector result = vector_of(&out, row);
        uint32_t distance = plain_distance(left.words, right.words, dim);
        expect(sov_hdc_distance(&left, &right) == distance, "the distance", dim, count);
        expect(distances[row] == (int32_t)plain_distance(left.words, key.words, dim),
               "the distance of a row", dim, count);
        expect(sov_hdc_bind(&result, &left, &key) == 0 &&
                   same_rows(result.words, row_of(&bound, row), a.lines),
               "binding", dim, count);
        expect(sov_hdc_rotate(&result, &left, shift) == 0 &&
                   same_rows(result.words, row_of(&rotated, row), a.lines),
               "rotating", dim, count);
        expect(sov_hdc_rotate(&result, &result, shift) == -1, "rotating in place", dim, count);
    }
    free(a.words);
    free(b.words);
    free(one.words);
    free(out.words);
    free(bound.words);
    free(rotated.words);
    free(distances);
}

/* Products that are given as rows too, in groups: each has the majority of its own. */
static void groups(sov_hdc_matrix *const *tables, uint64_t factors, const int32_t *indices,
                   const sov_hdc_matrix *products)
{
    uint32_t dim = products->dim, threads = (uint32_t)below(5);
    uint64_t ends[5], count = 1 + below(5), first = 0;
    if (count > products->count)
        count = products->count;
    sov_hdc_matrix out = blank_rows(count, dim), wanted = blank_rows(count, dim);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t left = products->count - first - (count - 1 - i);
        ends[i] = i + 1 < count ? first + 1 + below(left) : products->count;
        int64_t *votes = calloc(dim, sizeof *votes);
        for (; first < ends[i]; first++)
            plain_votes(votes, row_of(products, first), dim, 1);
        plain_majority(row_of(&wanted, i), votes, dim);
        free(votes);
    }
    expect(sov_hdc_bundle_groups(&out, tables, factors, indices, ends, threads) == 0 &&
               same_rows(out.words, wanted.words, count * out.lines),
           "the bundles of groups", dim, products->count);
    free(out.words);
    free(wanted.words);
}

static void bundles(uint32_t dim, uint64_t count)
{
    uint64_t factors = 1 + below(3);
    sov_hdc_matrix rows = random_rows(count, dim), results = blank_rows(2, dim);
    sov_hdc_matrix products = blank_rows(count, dim), tables[3], *addresses[3];
    sov_hdc_vector out = vector_of(&results, 0), wanted = vector_of(&results, 1);
    sov_hdc_vector *vectors = malloc(count * sizeof *vectors);
    sov_hdc_vector **pointers = malloc(count * sizeof *pointers);
    int32_t *indices = malloc(count * factors * sizeof *indices);
    int32_t *counts = calloc(out.lines, BITS_PER_LINE * sizeof *counts);
    int64_t *votes = calloc(dim, sizeof *votes), *total = calloc(dim, sizeof *total);
    int32_t weight = (int32_t)below(2000) - 1000;

    for (uint64_t row = 0; row < count; row++) {
        vectors[row] = vector_of(&rows, row);
        pointers[row] = vectors + row;
        plain_votes(votes, vectors[row].words, dim, 1);
    }
    plain_majority(wanted.words, votes, dim);
    expect(sov_hdc_bundle_rows(&out, &rows) == 0 && same_rows(out.words, wanted.words, out.lines),
           "the bundle of rows", dim, count);
    expect(sov_hdc_bundle_vectors(&out, pointers, count) == 0 &&
               same_rows(out.words, wanted.words, out.lines),
           "the bundle of vectors", dim, count);
    expect(sov_hdc_count_rows(counts, &rows, weight) == 0, "counting rows' code", dim, count);
    sov_hdc_count(counts, vectors, -weight);
    for (size_t i = 0; i < dim; i++)
        total[i] = weight * votes[i];
    plain_votes(total, vectors[0].words, dim, -weight);

    memset(votes, 0, dim * sizeof *votes);
    memset(products.words, 0, count * products.lines * 64);
    for (uint64_t f = 0; f < factors; f++) {
        tables[f] = random_rows(1 + below(9), dim);
        addresses[f] = tables + f;
        for (uint64_t row = 0; row < count; row++) {
            int32_t index = indices[row * factors + f] = (int32_t)below(tables[f].count);
            for (size_t i = 0; i < (size_t)rows.lines * WORDS_PER_LINE; i++)
                row_of(&products, row)[i] ^= row_of(tables + f, (uint64_t)index)[i];
        }
    }
    for (uint64_t row = 0; row < count; row++)
        plain_votes(votes, row_of(&products, row), dim, 1);
    plain_majority(wanted.words, votes, dim);
    expect(sov_hdc_bundle_products(&out, addresses, factors, indices, count) == 0 &&
               same_rows(out.words, wanted.words, out.lines),
           "the bundle of products", dim, count);
    groups(addresses, factors, indices, &products);
    expect(sov_hdc_count_products(counts, addresses, factors, indices, count, -weight) == 0,
           "counting products' code", dim, count);
    int equal = 1;
    for (size_t i = 0; i < dim; i++) {
        total[i] -= weight * votes[i];
        equal &= total[i] == counts[i];
    }
    expect(equal, "the counters", dim, count);
    plain_majority(wanted.words, total, dim);
    sov_hdc_majority(&out, counts);
    expect(same_rows(out.words, wanted.words, out.lines), "the counters' majority", dim, count);

    for (uint64_t f = 0; f < factors; f++)
        free(tables[f].words);
    free(rows.words);
    free(results.words);
    free(products.words);
    free(vectors);
    free(pointers);
    free(indices);
    free(counts);
    free(votes);
    free(total);
}

/* The products of spectra, with transforms that change nothing: `forward` holds the number of reals. */
#define SPECTRA(type, real, plan)                                                              \
    static void nothing_##type(struct plan *count, real *values, real(*spectrum)[2])           \
    {                                                                                          \
        (void)count, (void)values, (void)spectrum;                                             \
    }                                                                                          \
    static void copy_##type(struct plan *count, real(*spectrum)[2], real *values)              \
    {                                                                                          \
        memcpy(values, spectrum, *(size_t *)(void *)count * sizeof *values);                   \
    }                                                                                          \
    static void spectra_##type(size_t dim, int flags)                                          \
    {                                                                                          \
        size_t start = (dim + 15) / 16 * 16, block = start + 2 * (dim / 2 + 1);                \
        real *a = malloc(2 * block * sizeof *a), *b = malloc(2 * block * sizeof *b);           \
        real *out = malloc(2 * block * sizeof *out);                                           \
        sov_hrr_##type plans = {(void *)&dim, (void *)&dim, nothing_##type, copy_##type,       \
                                dim, start, block};                                            \
        for (size_t i = 0; i < 2 * block; i++) {                                               \
            a[i] = (real)below(2000) - 1000;                                                   \
            b[i] = (real)below(2000) - 1000;                                                   \
        }                                                                                      \
        sov_hrr_combine_##type(&plans, 2, out, a, b, flags);                                   \
        double sign = flags & 1 ? -1 : 1, worst = 0;                                           \
        for (size_t i = 0; i < 2 * dim; i++) {                                                 \
            size_t at = i / dim * block + start + i % dim / 2 * 2;                             \
            double x = a[at], y = a[at + 1], u = b[at], v = sign * b[at + 1];                  \
            double wanted = (i % dim % 2 ? x * v + y * u : x * u - y * v) / (double)dim;       \
            double off = out[i / dim * block + i % dim] - wanted;                              \
            worst = off > worst ? off : -off > worst ? -off : worst;                           \
        }                                                                                      \
        expect(worst < 1, "the product of spectra of " #real, (uint32_t)dim, 2);               \
        free(a);                                                                               \
        free(b);                                                                               \
        free(out);                                                                             \
    }
SPECTRA(f32, float, fftwf_plan_s)
SPECTRA(f64, double, fftw_plan_s)

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    uint64_t seed = strtoull(argv[1], NULL, 10), rounds = strtoull(argv[2], NULL, 10);
    const char *name;
    for (size_t variant = 0; (name = sov_hdc_supported(variant)) != NULL; variant++) {
        drawn = 2 * seed + 1;
        comparisons = 0;
        expect(sov_hdc_use(name) == 0 && sov_hdc_variant() == name, "the variant in use", 0, 0);
        for (uint64_t round = 0; round < rounds; round++) {
            search(any_dim(), below(200), 1 + below(20));
            pairs(any_dim(), below(6));
            bundles(any_dim(), 1 + below(70));
            spectra_f32(2 + below(300), (int)below(2));
            spectra_f64(2 + below(300), (int)below(2));
        }
        search(64, 100, 300);                /* more queries than are searched at once */
        search(100000, 9, 40);               /* long rows: few queries at once */
        search(1 << 20, 9, 2);               /* the longest: they are not pruned */
        pairs((1 << 20) - 1, 70);            /* results that are written past the caches */
        bundles(64, (1 << 16) + 5);          /* more rows than are counted at once */
        printf("%s %lu\n", name, (unsigned long)comparisons);
    }
    expect(sov_hdc_use("none") == -1, "the use of an unknown variant", 0, 0);
    expect(sov_hdc_selftest(seed) == 0, "the kernel's own test", 0, 0);
    return differences != 0;
}
