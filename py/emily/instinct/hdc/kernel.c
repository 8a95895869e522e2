#include <stdint.h>

uint64_t sov_hdc_hamming(const uint64_t *a, const uint64_t *b, size_t words)
{
    uint64_t distance = 0;
    for (size_t i = 0; i < words; i++)
        distance += (uint64_t)__builtin_popcountll(a[i] ^ b[i]);
    return distance;
}

void sov_hdc_bind(const uint64_t *a, const uint64_t *b, uint64_t *out, size_t words)
{
    for (size_t i = 0; i < words; i++)
        out[i] = a[i] ^ b[i];
}
