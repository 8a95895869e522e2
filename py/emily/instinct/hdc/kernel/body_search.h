/* Distances, and the scans for the nearest rows.

   Folding. With a row x and a query q of lines 1..n, let s be the XOR of lines 1..2j-1. Then
   majority(s^, x[2j]^q[2j], x[2j+1]^q[2j+1]) is the carry of a full adder whose sum is the next s^, and
   it needs only XORs of the row's lines with the same XORs of the query's:
       carry = (b^b') ^ ((c^c') & (d^d'))   with b = s, c = s ^ x[2j], d = s ^ x[2j+1].
   Two lines then cost one population count of weight two instead of two of weight one
   (Harley and Seal's carry-save count, with the XORs taken out of the inner loop). */

INLINE totals row_distance(const uint64_t *a, const uint64_t *b, size_t vecs)
{
    totals total = t_zero();
    for (size_t i = 0; i < vecs;) {
        size_t stop = vecs - i > LIMIT ? i + LIMIT : vecs;
        counts count = c_begin(total);
        PRAGMA(GCC unroll 5)
        for (; i < stop; i++)
            count = c_add(count, v_xor(v_load(a + i * PART), v_load(b + i * PART)));
        total = t_end(total, count);
    }
    return total;
}

static uint64_t distance(const uint64_t *a, const uint64_t *b, size_t lines)
{
    return t_sum(row_distance(a, b, lines * VECS));
}

static void distances(int32_t *out, const sov_scan *scan)
{
    size_t vecs = scan->lines * VECS;
    _Alignas(64) uint32_t sums[GROUP], no_limits[GROUP] = {0};
    const uint64_t *row = scan->rows;
    for (size_t i = 0; i < scan->count; i += GROUP) {
        size_t rows = scan->count - i < GROUP ? scan->count - i : GROUP;
        totals total[GROUP];
        for (size_t r = 0; r < rows; r++, row += scan->lines * WORDS_PER_LINE)
            total[r] = row_distance(row, scan->query, vecs);
        for (size_t r = rows; r < GROUP; r++)
            total[r] = t_zero();
        t_near(sums, total, no_limits);
        for (size_t r = 0; r < rows; r++)
            out[i + r] = (int32_t)sums[r];
    }
}

static void scan(const sov_scan *scan, sov_top *top)
{
    size_t vecs = scan->lines * VECS, stride = scan->lines * WORDS_PER_LINE;
    _Alignas(64) uint32_t limits[GROUP], sums[GROUP];
    for (size_t r = 0; r < GROUP; r++)
        limits[r] = top_limit(top);
    for (size_t row = 0; row < scan->count; row += GROUP) {
        size_t rows = scan->count - row < GROUP ? scan->count - row : GROUP;
        const uint64_t *at = scan->rows + row * stride;
        totals total[GROUP];
        for (size_t r = 0; r < rows; r++, at += stride)
            total[r] = row_distance(at, scan->query, vecs);
        for (size_t r = rows; r < GROUP; r++)
            total[r] = t_zero();
        uint32_t near = t_near(sums, total, limits) & ((UINT32_C(2) << (rows - 1)) - 1);
        if (near == 0)
            continue;
        for (; near; near &= near - 1) {
            size_t r = (size_t)__builtin_ctz(near);
            top_push(top, sums[r], scan->first + row + r);
        }
        for (size_t r = 0; r < GROUP; r++)
            limits[r] = top_limit(top);
    }
}

static void fold(uint64_t *out, const uint64_t *row, size_t lines)
{
    for (size_t part = 0; part < VECS; part++) {
        const uint64_t *in = row + part * PART;
        uint64_t *to = out + part * PART;
        vec sum = v_load(in);
        size_t line = 1;
        for (; line + 1 < lines; line += 2) {
            vec c = v_load(in + line * WORDS_PER_LINE),
                d = v_load(in + (line + 1) * WORDS_PER_LINE);
            v_store(to, sum);
            v_store(to + WORDS_PER_LINE, v_xor(sum, c));
            v_store(to + 2 * WORDS_PER_LINE, v_xor(sum, d));
            to += 3 * WORDS_PER_LINE;
            sum = v_xor3(sum, c, d);
        }
        v_store(to, sum);
        if (line < lines)
            v_store(to + WORDS_PER_LINE, v_load(in + line * WORDS_PER_LINE));
    }
}

/* Distances of TILE_ROWS folded rows from TILE_QUERIES folded queries; total[query][row]. */
INLINE void tile(totals *total, const uint64_t *rows, const uint64_t *queries, size_t lines)
{
    size_t carries = (lines - 1) / 2, folded = sov_folded_lines(lines);
    size_t stride = folded * WORDS_PER_LINE;
    UNROLL
    for (size_t i = 0; i < GROUP; i++)
        total[i] = t_zero();
    for (size_t part = 0; part < VECS; part++) {
        const uint64_t *x = rows + part * PART, *q = queries + part * PART;
        for (size_t carry = 0; carry < carries;) {
            size_t stop = carries - carry > LIMIT ? carry + LIMIT : carries;
            counts count[GROUP];
            UNROLL
            for (size_t i = 0; i < GROUP; i++)
                count[i] = c_begin(total[i]);
            for (; carry < stop; carry++, x += 3 * WORDS_PER_LINE, q += 3 * WORDS_PER_LINE) {
                vec b[TILE_ROWS], c[TILE_ROWS], d[TILE_ROWS];
                UNROLL
                for (size_t r = 0; r < TILE_ROWS; r++) {
                    b[r] = v_keep(v_load(x + r * stride));
                    c[r] = v_keep(v_load(x + r * stride + WORDS_PER_LINE));
                    d[r] = v_keep(v_load(x + r * stride + 2 * WORDS_PER_LINE));
                }
                UNROLL
                for (size_t k = 0; k < TILE_QUERIES; k++) {
                    vec qb = v_keep(v_load(q + k * stride));
                    vec qc = v_keep(v_load(q + k * stride + WORDS_PER_LINE));
                    vec qd = v_keep(v_load(q + k * stride + 2 * WORDS_PER_LINE));
                    UNROLL
                    for (size_t r = 0; r < TILE_ROWS; r++) {
                        counts *at = count + k * TILE_ROWS + r;
                        *at = c_add(*at, v_xor3(v_and_xor(v_xor(c[r], qc), d[r], qd), b[r], qb));
                    }
                }
            }
            UNROLL
            for (size_t i = 0; i < GROUP; i++)
                total[i] = t_end(total[i], count[i]);
        }
    }
    UNROLL
    for (size_t i = 0; i < GROUP; i++)
        total[i] = t_double(total[i]);
    size_t singles = folded - 3 * carries;
    counts count[GROUP];
    UNROLL
    for (size_t i = 0; i < GROUP; i++)
        count[i] = c_begin(total[i]);
    for (size_t v = 3 * carries * VECS; v < (3 * carries + singles) * VECS; v++) {
        vec x[TILE_ROWS];
        UNROLL
        for (size_t r = 0; r < TILE_ROWS; r++)
            x[r] = v_keep(v_load(rows + r * stride + v * PART));
        UNROLL
        for (size_t k = 0; k < TILE_QUERIES; k++) {
            vec q = v_keep(v_load(queries + k * stride + v * PART));
            UNROLL
            for (size_t r = 0; r < TILE_ROWS; r++) {
                counts *at = count + k * TILE_ROWS + r;
                *at = c_add(*at, v_xor(x[r], q));
            }
        }
    }
    UNROLL
    for (size_t i = 0; i < GROUP; i++)
        total[i] = t_end(total[i], count[i]);
}

#define KEPT 64 /* tiles */

/* Sums of tiles that are looked at later. What is near cannot be foretold, and a branch on it would
   often be wrong; so the sums are kept, and now and then the near ones are taken out in one go. */
typedef struct {
    _Alignas(64) uint32_t sums[KEPT][GROUP];
    uint32_t near[KEPT]; /* bit i: sum i is below its limit */
    uint32_t tags[KEPT]; /* of sum 0 */
    uint64_t busy;       /* bit t: tile t has near ones */
    size_t tiles;
} kept_tiles;

INLINE void keep_tile(kept_tiles *k, const totals *total, const uint32_t *limits, size_t query,
                      size_t row)
{
    uint32_t near = t_near(k->sums[k->tiles], total, limits);
    k->near[k->tiles] = near;
    k->tags[k->tiles] = (uint32_t)(query * TAG_QUERY + row);
    k->busy |= (uint64_t)(near != 0) << k->tiles++;
}

/* Takes out what is near: distances and tags. Returns how many. */
INLINE size_t take_near(kept_tiles *k, uint32_t *distances, uint32_t *tags)
{
    size_t taken = 0;
    for (; k->busy; k->busy &= k->busy - 1) {
        int t = __builtin_ctzll(k->busy);
        taken += t_take(distances + taken, tags + taken, k->sums[t], k->near[t], k->tags[t]);
    }
    k->tiles = 0;
    return taken;
}

#define TAKEN (KEPT * GROUP + GROUP)

static void take_batch(const sov_batch *job, kept_tiles *k, size_t first, size_t rows)
{
    uint32_t distances[TAKEN], tags[TAKEN];
    size_t taken = take_near(k, distances, tags);
    for (size_t i = 0; i < taken; i++) {
        size_t query = tags[i] / TAG_QUERY, row = tags[i] % TAG_QUERY;
        if (row >= rows)
            continue;
        sov_top *top = job->tops + query;
        top_push(top, distances[i], job->first + first + row);
        for (size_t t = 0; t < TILE_ROWS; t++)
            job->limits[query * TILE_ROWS + t] = top_limit(top);
    }
}

static void batch(const sov_batch *job)
{
    size_t stride = job->lines * WORDS_PER_LINE;
    size_t folded = sov_folded_lines(job->lines) * WORDS_PER_LINE;
    kept_tiles kept = {.tiles = 0};
    for (size_t row = 0; row < job->count; row += job->block_rows) {
        size_t left = job->count - row;
        size_t rows = left < job->block_rows ? left : job->block_rows;
        for (size_t r = 0; r < rows; r++)
            fold(job->block + r * folded, job->rows + (row + r) * stride, job->lines);
        /* the next block comes from memory while this one is counted */
        const char *next = (const char *)(job->rows + (row + rows) * stride);
        size_t ahead = left - rows < job->block_rows ? left - rows : job->block_rows;
        size_t bytes = ahead * stride * sizeof(uint64_t), fetched = 0;
        size_t share = bytes * TILE_QUERIES / job->query_count + 64;
        for (size_t q = 0; q < job->query_count; q += TILE_QUERIES) {
            for (size_t end = fetched + share; fetched < end && fetched < bytes; fetched += 64)
                __builtin_prefetch(next + fetched, 0, 2);
            for (size_t r = 0; r < rows; r += TILE_ROWS) {
                totals total[GROUP];
                tile(total, job->block + r * folded, job->queries + q * folded, job->lines);
                keep_tile(&kept, total, job->limits + q * TILE_ROWS, q, r);
                if (kept.tiles == KEPT)
                    take_batch(job, &kept, row, rows);
            }
        }
        take_batch(job, &kept, row, rows);
    }
}

#define AHEAD 16 /* groups */

static size_t prune(uint16_t *partial, uint32_t *alive, size_t count, const uint64_t *index,
                    const uint64_t *query, size_t words, uint32_t limit)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t group = alive[i];
        const uint64_t *at = index + (size_t)group * words * WORDS_PER_LINE;
        totals total[VECS];
        /* which groups come next no hardware can guess */
        if (i + AHEAD < count)
            for (size_t w = 0; w < words; w++)
                __builtin_prefetch(index + ((size_t)alive[i + AHEAD] * words + w) * WORDS_PER_LINE);
        for (size_t part = 0; part < VECS; part++) {
            counts sum = c_begin(t_zero());
            for (size_t w = 0; w < words; w++)
                sum = c_add(
                    sum, v_xor(v_load(at + w * WORDS_PER_LINE + part * PART), v_repeat(query[w])));
            total[part] = t_end(t_zero(), sum);
        }
        alive[kept] = group;
        kept += t_within(partial + (size_t)group * WORDS_PER_LINE, total, limit);
    }
    return kept;
}
