/** Instruction sets: which there are on this machine, and which one to use. */
#ifndef BINET_BASE_ISA_H
#define BINET_BASE_ISA_H

#include "binet/base.h"

/** "scalar", "avx2", "avx512" or "neon"; NULL for anything else. */
const char *binet__isa_name(int32_t isa);

/** The instruction set to use for the one asked for (a BINET_ISA_*; BINET_ISA_DEFAULT reads BINET_ISA of the
 *  environment, else takes the best). BINET_UNSUPPORTED with the list of those there are. Thread-safe. */
binet_status binet__isa_resolve(int32_t asked, int32_t *isa, binet_error *error);

#endif
