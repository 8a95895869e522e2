/* The product of two spectra, real and imaginary parts in turn, times `scale`; `sign` is -1 for b's
   conjugate. Plain loops, which the including file's instructions vectorise. */

#define PRODUCT(REAL, name)                                                                      \
    static void name(REAL *restrict out, const REAL *a, const REAL *b, size_t count, REAL scale, \
                     REAL sign)                                                                  \
    {                                                                                            \
        for (size_t i = 0; i < 2 * count; i += 2) {                                              \
            REAL real = b[i], imaginary = sign * b[i + 1];                                       \
            out[i] = (a[i] * real - a[i + 1] * imaginary) * scale;                               \
            out[i + 1] = (a[i] * imaginary + a[i + 1] * real) * scale;                           \
        }                                                                                        \
    }

PRODUCT(float, product_f32)
PRODUCT(double, product_f64)
