/* What Python sees. cffi reads this text as it stands: declarations alone, no preprocessor. */

/* A hypervector: `lines` lines of 64 bytes, aligned to 64; the bits from `dim` on are zero. */
typedef struct {
    uint64_t *words;
    uint32_t dim;
    uint32_t lines;
    uint32_t read_only;
} sov_hdc_vector;

/* `count` hypervectors, one after another. */
typedef struct {
    uint64_t *words;
    uint64_t count;
    uint32_t dim;
    uint32_t lines;
} sov_hdc_matrix;

/* The variant of the kernel. use: 0, or -1 when this machine cannot run it. */
const char *sov_hdc_variant(void);
const char *sov_hdc_supported(size_t index);
int sov_hdc_use(const char *name);

/* One vector. -1 when dimensions differ or `out` is read-only; a vector is not rotated into itself.
   place: lays one out in memory of 128 bytes and its lines. */
sov_hdc_vector *sov_hdc_place(char *memory, uint32_t dim);
int64_t sov_hdc_distance(const sov_hdc_vector *a, const sov_hdc_vector *b);
int sov_hdc_bind(sov_hdc_vector *out, const sov_hdc_vector *a, const sov_hdc_vector *b);
int sov_hdc_rotate(sov_hdc_vector *out, const sov_hdc_vector *a, int64_t shift);

/* Rows. `b` has as many rows as `a`, or one that serves for all. */
void sov_hdc_bind_rows(const sov_hdc_matrix *out, const sov_hdc_matrix *a, const sov_hdc_matrix *b);
void sov_hdc_rotate_rows(const sov_hdc_matrix *out, const sov_hdc_matrix *a, int64_t shift);
void sov_hdc_distances(int32_t *out, const sov_hdc_matrix *rows, const sov_hdc_vector *query);

/* Search. Per query k places, by distance, then by row; an empty place is row -1 at INT32_MAX.
   0, or -1 without memory. */
int sov_hdc_search(const sov_hdc_matrix *rows, const uint64_t *queries, uint64_t count, uint64_t k,
                   uint32_t max_distance, uint32_t threads, int32_t *distances, int64_t *found);

/* The pruning index: the first bits of all rows, word by word across eight rows. */
uint64_t sov_hdc_index_words(const sov_hdc_matrix *rows);
void sov_hdc_index_build(uint64_t *index, const sov_hdc_matrix *rows);
int sov_hdc_search_pruned(const sov_hdc_matrix *rows, const uint64_t *index, const uint64_t *query,
                          uint64_t k, uint32_t max_distance, uint32_t threads, int32_t *distances,
                          int64_t *found);

/* Bundling. A product is the XOR of one row from each table. 0, or -1 without memory; of rows, 1 when
   there are none, when dimensions differ or `out` is read-only. */
void sov_hdc_ties(uint64_t *out, uint32_t dim);
int sov_hdc_bundle_rows(sov_hdc_vector *out, const sov_hdc_matrix *rows);
int sov_hdc_bundle_vectors(sov_hdc_vector *out, sov_hdc_vector *const *vectors, uint64_t count);
int sov_hdc_bundle_products(sov_hdc_vector *out, sov_hdc_matrix *const *tables, uint64_t factors,
                            const int32_t *indices, uint64_t count);
/* Row i of `out` bundles the products from ends[i - 1], or 0, to ends[i]. */
int sov_hdc_bundle_groups(const sov_hdc_matrix *out, sov_hdc_matrix *const *tables,
                          uint64_t factors, const int32_t *indices, const uint64_t *ends,
                          uint32_t threads);

/* Counters: one int32 per bit, whole lines; a set bit adds its row's weight, a clear bit takes it. */
void sov_hdc_count(int32_t *counts, const sov_hdc_vector *vector, int32_t weight);
/* weights[i] for row i */
void sov_hdc_count_weighted(int32_t *counts, const sov_hdc_matrix *rows, const int32_t *weights);
int sov_hdc_count_rows(int32_t *counts, const sov_hdc_matrix *rows, int32_t weight);
int sov_hdc_count_products(int32_t *counts, sov_hdc_matrix *const *tables, uint64_t factors,
                           const int32_t *indices, uint64_t count, int32_t weight);
void sov_hdc_majority(sov_hdc_vector *out, const int32_t *counts);

/* Every variant that this machine can run against plain loops: the number of differences. */
uint64_t sov_hdc_selftest(uint64_t seed);

/* Holographic vectors. A block of `block` reals holds a vector's `dim` values and, from `spectrum` on,
   their transform. Plans and functions are FFTW's, for one dimension. */
struct fftwf_plan_s;
struct fftw_plan_s;
typedef struct {
    struct fftwf_plan_s *forward, *inverse;
    void (*to_spectrum)(struct fftwf_plan_s *plan, float *values, float (*spectrum)[2]);
    void (*to_values)(struct fftwf_plan_s *plan, float (*spectrum)[2], float *values);
    size_t dim, spectrum, block;
} sov_hrr_f32;
typedef struct {
    struct fftw_plan_s *forward, *inverse;
    void (*to_spectrum)(struct fftw_plan_s *plan, double *values, double (*spectrum)[2]);
    void (*to_values)(struct fftw_plan_s *plan, double (*spectrum)[2], double *values);
    size_t dim, spectrum, block;
} sov_hrr_f64;

/* Writes the spectra of `count` blocks. */
void sov_hrr_transform_f32(const sov_hrr_f32 *plans, size_t count, void *blocks);
void sov_hrr_transform_f64(const sov_hrr_f64 *plans, size_t count, void *blocks);

/* Writes the values of `count` convolutions of a and b; spoils the spectra of `out`. Flags: 1 for
   correlations (b's spectra conjugated); 2 writes the spectra of a first, 4 those of b; with 8 a is one
   block for all, with 16 b. */
void sov_hrr_combine_f32(const sov_hrr_f32 *plans, size_t count, void *out, void *a, void *b,
                         int flags);
void sov_hrr_combine_f64(const sov_hrr_f64 *plans, size_t count, void *out, void *a, void *b,
                         int flags);
