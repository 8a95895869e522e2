/* Bit-sliced counters, and counters of 32 bits. */

/* A full adder over whole registers: a + b + c = sum + 2 * carry. */
#define FULL_ADD(carry, sum, a, b, c)   \
    do {                                \
        vec a_ = a, b_ = b, c_ = c;     \
        carry = v_majority(a_, b_, c_); \
        sum = v_xor3(a_, b_, c_);       \
    } while (0)

/* A half adder: a + b = sum + 2 * carry. */
#define HALF_ADD(carry, sum, a, b) \
    do {                           \
        vec a_ = a, b_ = b;        \
        carry = v_and(a_, b_);     \
        sum = v_xor(a_, b_);       \
    } while (0)

/* Adds a register of each of sixteen rows to the counters bits[0..3]; returns the carry of weight
   sixteen. A tree: the counters enter last, so that the next sixteen need not wait. */
INLINE vec add_sixteen(vec *bits, const uint64_t *rows, size_t stride)
{
    vec s[8], c[8], d[4], e[2], carry;
#define ROW(i) v_keep(v_load(rows + (i) * stride))
    FULL_ADD(c[0], s[0], ROW(0), ROW(1), ROW(2));
    FULL_ADD(c[1], s[1], ROW(3), ROW(4), ROW(5));
    FULL_ADD(c[2], s[2], ROW(6), ROW(7), ROW(8));
    FULL_ADD(c[3], s[3], s[0], s[1], s[2]);
    FULL_ADD(d[0], s[4], c[0], c[1], c[2]);
    FULL_ADD(c[4], s[0], ROW(9), ROW(10), ROW(11));
    FULL_ADD(c[5], s[1], ROW(12), ROW(13), ROW(14));
    FULL_ADD(c[6], s[2], s[0], s[1], ROW(15));
    FULL_ADD(d[1], s[5], c[3], c[4], c[5]);
    FULL_ADD(c[7], bits[0], s[3], s[2], bits[0]);
    FULL_ADD(d[2], s[6], c[6], s[4], s[5]);
    FULL_ADD(e[0], s[7], d[0], d[1], d[2]);
    FULL_ADD(d[3], bits[1], s[6], c[7], bits[1]);
    FULL_ADD(e[1], bits[2], s[7], d[3], bits[2]);
    FULL_ADD(carry, bits[3], e[0], e[1], bits[3]);
#undef ROW
    return carry;
}

/* Counts sixteen or thirty-two rows in the planes, which hold nothing before the first. */
INLINE void count_some(uint64_t *planes, size_t depth, const uint64_t *rows, int both, int first,
                       size_t lines)
{
    size_t stride = lines * WORDS_PER_LINE;
    for (size_t i = 0; i < stride; i += PART) {
        vec bits[5];
        UNROLL
        for (size_t p = 0; p < 5; p++)
            bits[p] = first ? v_zero() : v_load(planes + p * stride + i);
        vec carry = add_sixteen(bits, rows + i, stride);
        if (both)
            FULL_ADD(carry, bits[4], bits[4], carry,
                     add_sixteen(bits, rows + CHUNK * stride + i, stride));
        else
            HALF_ADD(carry, bits[4], bits[4], carry);
        UNROLL
        for (size_t p = 0; p < 5; p++)
            if (!first || p < depth)
                v_store(planes + p * stride + i, bits[p]);
        for (size_t p = 5; p < depth; p++) {
            vec bit = first ? v_zero() : v_load(planes + p * stride + i);
            HALF_ADD(carry, bit, bit, carry);
            v_store(planes + p * stride + i, bit);
        }
    }
}

static void count_rows(uint64_t *planes, size_t depth, const uint64_t *rows, size_t count,
                       int first, size_t lines)
{
    for (size_t some; count; first = 0, count -= some) {
        some = count > CHUNK ? 2 * CHUNK : CHUNK;
        if (some == CHUNK)
            count_some(planes, depth, rows, 0, first, lines);
        else if (first)
            count_some(planes, depth, rows, 1, 1, lines);
        else
            count_some(planes, depth, rows, 1, 0, lines);
        rows += some * lines * WORDS_PER_LINE;
    }
}

/* One where a counter exceeds `half`; the tie's bit where it equals an `even` total's half. */
static void decide(uint64_t *out, const uint64_t *planes, size_t depth, uint64_t half, int even,
                   const uint64_t *ties, size_t lines)
{
    size_t stride = lines * WORDS_PER_LINE;
    for (size_t i = 0; i < stride; i += PART) {
        vec more = v_zero(), equal = v_ones();
        for (size_t p = depth; p-- > 0;) {
            vec plane = v_load(planes + p * stride + i);
            if (half >> p & 1)
                equal = v_and(equal, plane);
            else {
                more = v_or(more, v_and(equal, plane));
                equal = v_and_not(equal, plane);
            }
        }
        v_store(out + i, even ? v_or(more, v_and(equal, v_load(ties + i))) : more);
    }
}

/* counts += weight * (2 * counter - rows) */
static void add_planes(int32_t *counts, const uint64_t *planes, size_t depth, int32_t rows,
                       int32_t weight, size_t lines)
{
    size_t stride = lines * WORDS_PER_LINE;
    for (size_t i = 0; i < stride; i++, counts += 64) {
        add_word(counts, 0, 0, 0 - (uint32_t)weight * (uint32_t)rows);
        for (size_t p = 0; p < depth; p++)
            add_word(counts, planes[p * stride + i], (uint32_t)weight << (p + 1), 0);
    }
}

static void add(int32_t *counts, const uint64_t *words, int32_t weight, size_t lines)
{
    for (size_t i = 0; i < lines * WORDS_PER_LINE; i++)
        add_word(counts + i * 64, words[i], (uint32_t)weight, 0 - (uint32_t)weight);
}

static void majority(uint64_t *out, const int32_t *counts, const uint64_t *ties, size_t lines)
{
    for (size_t i = 0; i < lines * WORDS_PER_LINE; i++, counts += 64) {
        uint64_t more = 0, equal = 0;
        for (unsigned bit = 0; bit < 64; bit++) {
            more |= (uint64_t)(counts[bit] > 0) << bit;
            equal |= (uint64_t)(counts[bit] == 0) << bit;
        }
        out[i] = more | (equal & ties[i]);
    }
}
