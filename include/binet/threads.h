/** A ready executor: a pool of threads that is made, owned and destroyed by the caller. */
#ifndef BINET_THREADS_H
#define BINET_THREADS_H

#include "base.h"

BINET_BEGIN

/** A pool of threads. It belongs to the process that made it: after fork, a run in the child is BINET_UNSUPPORTED at
 *  once (never a hang), and destroying it there frees its memory only. */
typedef struct binet_thread_pool binet_thread_pool;

/** Threads that this process may use: the processors of its affinity mask, or less where a cgroup (v1 or v2) limits the
 *  processor time; at least 1. Thread-safe. Since 0.1. */
BINET_API int32_t binet_available_threads(void);

/** Make a pool.
 *
 * @param[in]  n_threads Threads that work on a loop, the calling one among them: 1 .. 1024; 0:
 *                       binet_available_threads().
 * @param[out] pool      To be destroyed by the caller, after every context that uses it. Not NULL.
 * @param[out] error     NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY, or _IO when the system gives no thread.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_thread_pool_create(int32_t n_threads, binet_thread_pool **pool, binet_error *error);

/** Stop the threads and free the pool. NULL is fine. Not while a loop runs on it. Since 0.1. */
BINET_API void binet_thread_pool_destroy(binet_thread_pool *pool);

/** Threads of the pool, the calling one among them. pool is not NULL. Thread-safe. Since 0.1. */
BINET_API int32_t binet_thread_pool_size(const binet_thread_pool *pool);

/** The pool as an executor for binet_context_options. Index 0 of a loop runs on the calling thread. A loop inside a
 *  task of the same pool, or beside another loop on it, runs on its calling thread alone. pool is not NULL.
 * Thread-safe. Since 0.1. */
BINET_API binet_executor binet_thread_pool_executor(binet_thread_pool *pool);

BINET_END

#endif
