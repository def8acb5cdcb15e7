/** The kernels that a test holds to each other: those of every instruction set of this machine, the scalar build first.
 *  With KERNELS_EMULATED those of AVX-512 are among them on a machine without it: kernels_emulated.c. */
#ifndef TESTS_UNIT_KERNELS_AVAILABLE_H
#define TESTS_UNIT_KERNELS_AVAILABLE_H

#include "base/context.h"
#include "check.h"
#include "kernels/kernels.h"

enum { N_ISAS = 5 };

#if defined(KERNELS_EMULATED)
extern const binet__kernels kernels_emulated;
#endif

static const binet__kernels *available[N_ISAS + 1];
static int n_available;

static int is_here(int32_t isa)
{
    binet_context_options options = {.struct_size = sizeof options, .isa = isa};
    binet_context *context = NULL;
    int here = binet_context_create(&options, &context, NULL) == BINET_OK;
    if (here) {
        (void)printf("instruction set: %s\n", binet_context_isa(context));
    }
    binet_context_destroy(context);
    return here;
}

static void find_kernels(void)
{
    for (int32_t isa = BINET_ISA_SCALAR; isa < N_ISAS; isa++) {
        if (is_here(isa)) {
            binet_context context = binet__context_copy(NULL);
            context.isa = isa;
            CHECK_INT(binet__kernels_of(&context, &available[n_available++], NULL), BINET_OK);
        }
    }
    CHECK(n_available >= 1);
#if defined(KERNELS_EMULATED)
    available[n_available++] = &kernels_emulated;
    (void)printf("instruction set: avx512, emulated\n");
#endif
}

/* Whether this is the emulation on a machine where there is nothing to emulate, or that cannot. */
static int kernels_of_another_test(void)
{
#if defined(KERNELS_EMULATED)
    if (is_here(BINET_ISA_AVX512) || !is_here(BINET_ISA_AVX2)) {
        (void)printf("skipped: for machines with AVX2 and without AVX-512, which the test of its name runs itself\n");
        return 1;
    }
#endif
    return 0;
}

#endif
