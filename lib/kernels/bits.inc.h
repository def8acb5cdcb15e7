/** Counting bits: exact, so every instruction set gives the same. */

static int64_t count_different(const uint64_t *a, const uint64_t *b, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t x = a[i] ^ b[i];
#if defined(__GNUC__)
        count += __builtin_popcountll(x);
#else
        for (; x != 0; x &= x - 1) {
            count++;
        }
#endif
    }
    return count;
}
