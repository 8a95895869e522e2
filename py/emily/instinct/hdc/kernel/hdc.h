/* The C side of emily.instinct.hdc; what Python sees stands in api.h. */
#ifndef SOV_HDC_H
#define SOV_HDC_H

#include <stddef.h>
#include <stdint.h>

#include "api.h"

#define WORDS_PER_LINE 8
#define BITS_PER_LINE 512

static inline uint32_t sov_hdc_lines(uint32_t dim)
{
    return (dim + BITS_PER_LINE - 1) / BITS_PER_LINE;
}

/* The bits of the last word that belong to the vector. */
static inline uint64_t sov_hdc_last_mask(uint32_t dim)
{
    return dim % 64 ? (UINT64_C(1) << dim % 64) - 1 : ~UINT64_C(0);
}

#endif
