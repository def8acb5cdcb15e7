#include "base/context.h"
#include "kernels/tables.h"

/* Which table serves which instruction set. binet__context_isa gives only those that the machine has. */
static const binet__kernels *const tables[] = {
    [BINET_ISA_SCALAR] = &binet__kernels_scalar,
#if defined(__x86_64__)
    [BINET_ISA_AVX2] = &binet__kernels_avx2,
    [BINET_ISA_AVX512] = &binet__kernels_avx512,
#elif defined(__aarch64__)
    [BINET_ISA_NEON] = &binet__kernels_neon,
#endif
};

binet_status binet__kernels_of(const binet_context *context, const binet__kernels **kernels, binet_error *error)
{
    int32_t isa;
    binet_status status = binet__context_isa(context, &isa, error);
    if (status == BINET_OK) {
        *kernels = tables[isa];
    }
    return status;
}
