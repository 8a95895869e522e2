/* The variants, fastest first; the first that this machine runs is in use. */
#include "table.h"

#include <stdatomic.h>
#include <string.h>

static const sov_table *const tables[] = {
#if defined(__x86_64__)
    &sov_avx512,
    &sov_avx2,
#elif defined(__aarch64__)
    &sov_neon,
#endif
    &sov_portable,
};
#define TABLES (sizeof tables / sizeof *tables)

static _Atomic(const sov_table *) in_use;

const sov_table *sov_hdc_table(void)
{
    const sov_table *table = atomic_load_explicit(&in_use, memory_order_acquire);
    for (size_t i = 0; table == NULL; i++)
        if (tables[i]->supported()) {
            table = tables[i];
            atomic_store_explicit(&in_use, table, memory_order_release);
        }
    return table;
}

const char *sov_hdc_variant(void) { return sov_hdc_table()->name; }

/* The name of the index-th variant that this machine runs; NULL after the last. */
const char *sov_hdc_supported(size_t index)
{
    for (size_t i = 0; i < TABLES; i++)
        if (tables[i]->supported() && index-- == 0)
            return tables[i]->name;
    return NULL;
}

int sov_hdc_use(const char *name)
{
    for (size_t i = 0; i < TABLES; i++)
        if (strcmp(tables[i]->name, name) == 0 && tables[i]->supported()) {
            atomic_store_explicit(&in_use, tables[i], memory_order_release);
            return 0;
        }
    return -1;
}
