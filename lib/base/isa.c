#include "base/isa.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* This file is compiled for the baseline of the architecture: nothing here may need what it looks for. */

static const char *const names[] = {NULL, "scalar", "avx2", "avx512", "neon"};

enum { N_NAMES = sizeof names / sizeof names[0] };

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>

/* Bits of XCR0: which registers the operating system saves. */
static uint32_t saved_registers(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static uint32_t detect(void)
{
    const uint32_t osxsave_fma_f16c = (1u << 27) | (1u << 12) | (1u << 29);
    const uint32_t avx2 = 1u << 5;
    const uint32_t avx512 = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31); /* F, DQ, BW, VL */
    const uint32_t saves_ymm = 0x06;
    const uint32_t saves_zmm = 0xe6;
    uint32_t found = 1u << BINET_ISA_SCALAR;
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & osxsave_fma_f16c) != osxsave_fma_f16c) {
        return found;
    }
    uint32_t saved = saved_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & avx2) == 0 || (saved & saves_ymm) != saves_ymm) {
        return found;
    }
    found |= 1u << BINET_ISA_AVX2;
    if ((b & avx512) == avx512 && (saved & saves_zmm) == saves_zmm) {
        found |= 1u << BINET_ISA_AVX512;
    }
    return found;
}

#elif defined(__aarch64__)

static uint32_t detect(void)
{
    return (1u << BINET_ISA_SCALAR) | (1u << BINET_ISA_NEON); /* part of the architecture */
}

#else

static uint32_t detect(void)
{
    return 1u << BINET_ISA_SCALAR;
}

#endif

/* Bit i is set where BINET_ISA_i is on this machine. Threads that come at the same time find the same. */
static uint32_t available(void)
{
    static _Atomic uint32_t cache;
    uint32_t found = atomic_load_explicit(&cache, memory_order_relaxed);
    if (found == 0) {
        found = detect();
        atomic_store_explicit(&cache, found, memory_order_relaxed);
    }
    return found;
}

static int32_t best(uint32_t found)
{
    int32_t isa = N_NAMES - 1;
    while ((found >> isa & 1u) == 0) {
        isa--;
    }
    return isa;
}

static binet_status fail(uint32_t found, const char *argument, const char *source, const char *asked,
                         binet_error *error)
{
    char list[64] = "";
    for (int32_t i = 1; i < N_NAMES; i++) {
        if ((found >> i & 1u) != 0) {
            size_t used = strlen(list);
            (void)snprintf(list + used, sizeof list - used, "%s%s", used != 0 ? ", " : "", names[i]);
        }
    }
    return binet__fail(error, BINET_UNSUPPORTED, argument, -1,
                       "%s asks for the instruction set \"%.40s\"; on this machine there are: %s", source, asked, list);
}

const char *binet__isa_name(int32_t isa)
{
    return isa > 0 && isa < N_NAMES ? names[isa] : NULL;
}

binet_status binet__isa_resolve(int32_t asked, int32_t *isa, binet_error *error)
{
    uint32_t found = available();
    const char *wish = asked == BINET_ISA_DEFAULT ? getenv("BINET_ISA") : NULL;
    if (asked == BINET_ISA_DEFAULT && (wish == NULL || wish[0] == '\0')) {
        *isa = best(found);
        return BINET_OK;
    }
    if (wish != NULL) {
        for (int32_t i = 1; i < N_NAMES; i++) {
            if (strcmp(wish, names[i]) == 0 && (found >> i & 1u) != 0) {
                *isa = i;
                return BINET_OK;
            }
        }
        return fail(found, "BINET_ISA", "BINET_ISA", wish, error);
    }
    if (binet__isa_name(asked) == NULL) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", (int)asked);
        return fail(found, "options", "options->isa", number, error);
    }
    if ((found >> asked & 1u) == 0) {
        return fail(found, "options", "options->isa", names[asked], error);
    }
    *isa = asked;
    return BINET_OK;
}
