/* What the variants without masks and horizontal sums of their own share. */

INLINE uint32_t t_near(uint32_t *sums, const totals *total, const uint32_t *limits)
{
    uint32_t near = 0;
    for (unsigned i = 0; i < GROUP; i++) {
        sums[i] = (uint32_t)t_sum(total[i]);
        near |= (uint32_t)(sums[i] < limits[i]) << i;
    }
    return near;
}

INLINE size_t t_take(uint32_t *distances, uint32_t *tags, const uint32_t *sums, uint32_t near,
                     uint32_t tag)
{
    size_t taken = 0;
    for (; near; near &= near - 1, taken++) {
        uint32_t i = (uint32_t)__builtin_ctz(near);
        distances[taken] = sums[i];
        tags[taken] = tag + i / TILE_ROWS * TAG_QUERY + i % TILE_ROWS;
    }
    return taken;
}

INLINE size_t t_within(uint16_t *partial, const totals *total, uint32_t limit)
{
    uint64_t sums[WORDS_PER_LINE];
    size_t within = 0;
    for (unsigned part = 0; part < WORDS_PER_LINE / PART; part++)
        t_store(sums + part * PART, total[part]);
    for (unsigned r = 0; r < WORDS_PER_LINE; r++) {
        partial[r] = (uint16_t)(partial[r] + sums[r]);
        within |= partial[r] <= limit;
    }
    return within;
}

INLINE void add_word(int32_t *counts, uint64_t word, uint32_t on, uint32_t off)
{
    for (unsigned bit = 0; bit < 64; bit++)
        counts[bit] = (int32_t)((uint32_t)counts[bit] + (word >> bit & 1 ? on : off));
}
