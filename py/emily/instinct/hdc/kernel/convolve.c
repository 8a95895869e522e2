/* Circular convolution and correlation of real vectors. The transforms are FFTW's, which Python finds;
   executing a plan on other arrays of the same alignment is safe from any thread. */
#include "table.h"

enum { CONJUGATE = 1, TRANSFORM_A = 2, TRANSFORM_B = 4, ONE_A = 8, ONE_B = 16 };

#define REAL float
#define PLANS sov_hrr_f32
#define PRODUCT product_f32
#define TRANSFORM_ONE transform_f32
#define TRANSFORM sov_hrr_transform_f32
#define COMBINE sov_hrr_combine_f32
#include "convolve.h"
#undef REAL
#undef PLANS
#undef PRODUCT
#undef TRANSFORM_ONE
#undef TRANSFORM
#undef COMBINE

#define REAL double
#define PLANS sov_hrr_f64
#define PRODUCT product_f64
#define TRANSFORM_ONE transform_f64
#define TRANSFORM sov_hrr_transform_f64
#define COMBINE sov_hrr_combine_f64
#include "convolve.h"
