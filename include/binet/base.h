/** Status, error, array, context and version: what every other header is written in.
 *
 * Conventions that hold for every function of libbinet:
 *  - The order of arguments is context, inputs, options, outputs, error.
 *  - A function that can fail returns a binet_status. When it is not BINET_OK the outputs are untouched and, where the
 *    caller passed one, the binet_error is filled. On success the binet_error is left as it was.
 *  - Options and results begin with `struct_size`, which the caller sets to sizeof of the struct as compiled. They only
 *    ever grow at the end; zero in an option means its default, and an unknown tail that is not zero is
 *    BINET_UNSUPPORTED.
 *  - Text is UTF-8 and ends in a zero byte. Paths are passed to the operating system as they are.
 *  - "Thread-safe" means: may be called from several threads at once, also on the same const objects.
 */
#ifndef BINET_BASE_H
#define BINET_BASE_H

#include <stddef.h>
#include <stdint.h>

#include "macros.h"

BINET_BEGIN

/* ---- Status ------------------------------------------------------------------------------------------------------ */

/** Outcome of a call. The values are pinned for ever. */
typedef int32_t binet_status;

enum {
    BINET_OK = 0,
    BINET_INVALID_ARGUMENT = 1, /**< the caller's fault: NULL, a wrong dtype, shape or option */
    BINET_INVALID_DATA = 2,     /**< the data's fault: a NaN, a label out of range, a broken file */
    BINET_UNSUPPORTED = 3,      /**< not in this build, on this machine or in this version */
    BINET_OUT_OF_MEMORY = 4,
    BINET_NOT_CONVERGED = 5,
    BINET_CANCELLED = 6, /**< a callback asked to stop */
    BINET_IO = 7,        /**< the operating system refused: a missing file, a full disk */
    BINET_INTERNAL = 8   /**< a defect in libbinet, or in a model or executor that it was given */
};

/** The status as a word, such as "INVALID_DATA"; "UNKNOWN" for any other number. Never NULL. Thread-safe. Since 0.1. */
BINET_API const char *binet_status_name(binet_status status);

/** What went wrong. Owned by the caller, 512 bytes, frozen for ever. */
typedef struct binet_error {
    int32_t status;    /**< the status returned */
    int32_t reserved;  /**< 0 */
    int64_t element;   /**< row, or index along the first axis, that is at fault; -1 where there is none */
    char argument[48]; /**< name of the parameter at fault as the header spells it; empty where there is none */
    char message[448]; /**< one line: the value met and the values allowed */
} binet_error;

/* ---- Arrays ------------------------------------------------------------------------------------------------------ */

/** Element type of an array. The values are pinned for ever. */
typedef int32_t binet_dtype;

enum {
    BINET_F16 = 1,  /**< IEEE 754 binary16 */
    BINET_BF16 = 2, /**< bfloat16 */
    BINET_F32 = 3,
    BINET_F64 = 4,
    BINET_I32 = 5,
    BINET_I64 = 6,
    BINET_U8 = 7
};

/** A view of memory that somebody else owns; borrowed for the call. 80 bytes, frozen for ever.
 *
 * Element (i, j, ...) lies at data + i * strides[0] + j * strides[1] + ... bytes. Strides may be negative, and zero
 * where an axis is repeated. Every element must be aligned to its own size. Entries of shape and strides at and after
 * ndim are ignored. libbinet never writes through an array that it is given.
 */
typedef struct binet_array {
    const void *data;   /**< element (0, 0, ...); may be NULL only where a shape is 0 */
    int32_t dtype;      /**< a BINET_F16 .. BINET_U8 */
    int32_t ndim;       /**< 1 .. 4 */
    int64_t shape[4];   /**< elements along each axis */
    int64_t strides[4]; /**< bytes from one element to the next along each axis */
} binet_array;

/* ---- Context ----------------------------------------------------------------------------------------------------- */

/** Memory for what libbinet keeps. Both functions may be called from any thread. Copied into the context. */
typedef struct binet_allocator {
    void *user; /**< passed back as it is */
    /** At least `size` bytes (never 0), aligned as malloc aligns; NULL when there is none. */
    void *(*allocate)(void *user, size_t size);
    /** Give back what allocate returned. Never called with NULL. */
    void (*release)(void *user, void *pointer);
} binet_allocator;

/** One piece of work: called with each index once. */
typedef void (*binet_task)(void *argument, int64_t index);

/** Runs the pieces of a loop. Copied into the context.
 *
 * The results of libbinet never depend on how many threads the executor has, nor on the order in which it runs pieces.
 */
typedef struct binet_executor {
    void *user; /**< passed back as it is */
    /** Call task(argument, i) once for every i in 0 .. n_tasks - 1, on any threads in any order, and return when all
     *  have ended. Index 0 should run on the calling thread: binet_evaluate runs the model there. May be entered from
     *  several threads at once. Anything but BINET_OK means that not every piece ran; `error` (never NULL) says why. */
    binet_status (*run)(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error);
} binet_executor;

/** Instruction sets that the kernels are built for. All give the same bits. */
enum {
    BINET_ISA_DEFAULT = 0, /**< BINET_ISA of the environment (scalar, avx2, avx512, neon), else the best there is */
    BINET_ISA_SCALAR = 1,  /**< plain C, the specification of the others */
    BINET_ISA_AVX2 = 2,    /**< AVX2, FMA and F16C */
    BINET_ISA_AVX512 = 3,  /**< AVX-512 F, BW, DQ and VL */
    BINET_ISA_NEON = 4
};

typedef struct binet_context_options {
    uint32_t struct_size;
    int32_t isa;                      /**< a BINET_ISA_*; 0: BINET_ISA_DEFAULT */
    const binet_allocator *allocator; /**< NULL: malloc and free */
    const binet_executor *executor;   /**< NULL: the calling thread alone. See threads.h for a ready pool. */
} binet_context_options;

/** Allocator, executor and instruction set of the calls that it is passed to. Immutable; share it between threads. */
typedef struct binet_context binet_context;

/** Make a context.
 *
 * A context is optional: every function takes NULL for malloc, one thread and BINET_ISA_DEFAULT.
 *
 * @param[in]  options NULL: all defaults.
 * @param[out] context To be destroyed by the caller, after everything made with it. Not NULL.
 * @param[out] error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY, or _UNSUPPORTED with the list of instruction sets there are when
 *         the one asked for, here or in BINET_ISA, is not known or not on this machine.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_context_create(const binet_context_options *options, binet_context **context,
                                            binet_error *error);

/** Destroy a context. NULL is fine. Since 0.1. */
BINET_API void binet_context_destroy(binet_context *context);

/** The instruction set in use: "scalar", "avx2", "avx512" or "neon"; NULL when BINET_ISA asks for one that is not
 *  here and context is NULL. Thread-safe. Since 0.1. */
BINET_API const char *binet_context_isa(const binet_context *context);

/* ---- Version ----------------------------------------------------------------------------------------------------- */

/** Version of the library that is running, such as "0.1.0"; BINET_VERSION_STRING is that of the headers. Thread-safe.
 *  Since 0.1. */
BINET_API const char *binet_version(void);

BINET_END

#endif
