/* Included by convolve.c once per type: REAL, PLANS, PRODUCT and the functions' names. */

static void TRANSFORM_ONE(const PLANS *plans, REAL *block)
{
    plans->to_spectrum(plans->forward, block, (REAL(*)[2])(block + plans->spectrum));
}

void TRANSFORM(const PLANS *plans, size_t count, void *blocks)
{
    for (size_t i = 0; i < count; i++)
        TRANSFORM_ONE(plans, (REAL *)blocks + i * plans->block);
}

/* The product is written where the result's spectrum would be, and is lost in the transform back. */
void COMBINE(const PLANS *plans, size_t count, void *out, void *a, void *b, int flags)
{
    REAL scale = (REAL)1 / (REAL)plans->dim, sign = flags & CONJUGATE ? -1 : 1;
    size_t a_step = flags & ONE_A ? 0 : plans->block, b_step = flags & ONE_B ? 0 : plans->block;
    for (size_t i = 0; i < count; i++) {
        REAL *x = (REAL *)a + i * a_step, *y = (REAL *)b + i * b_step;
        REAL *to = (REAL *)out + i * plans->block, *product = to + plans->spectrum;
        if (flags & TRANSFORM_A && (a_step || i == 0))
            TRANSFORM_ONE(plans, x);
        if (flags & TRANSFORM_B && (b_step || i == 0))
            TRANSFORM_ONE(plans, y);
        sov_hdc_table()->PRODUCT(product, x + plans->spectrum, y + plans->spectrum,
                                 plans->dim / 2 + 1, scale, sign);
        plans->to_values(plans->inverse, (REAL(*)[2])product, to);
    }
}
