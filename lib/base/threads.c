/* sched_getaffinity and CPU_COUNT_S are GNU's. */
#define _GNU_SOURCE
#include "binet/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/processors.h"

enum { MAX_THREADS = 1024 };

/* One loop runs on the pool at a time; whoever comes while `busy` is set works alone. The loop's fields are written
 * under the mutex while no worker is in a loop, and read by workers that joined under the mutex. */
struct binet_thread_pool {
    pid_t owner;
    int32_t n_threads;
    int32_t n_started;
    pthread_t *threads;
    atomic_bool busy;

    pthread_mutex_t mutex;
    pthread_cond_t work;  /* a loop is there, or stop */
    pthread_cond_t ended; /* the last worker left the loop */
    int stop;
    uint64_t loop; /* number of the newest loop */
    int open;      /* workers may still join it */
    int32_t n_working;
    binet_task task;
    void *argument;
    int64_t n_tasks;
    atomic_int_fast64_t next;
};

int32_t binet_available_threads(void)
{
    /* Room for 65,536 processors: the call fails where the set is smaller than the kernel's. */
    cpu_set_t sets[64];
    memset(sets, 0, sizeof sets);
    int64_t available = 1;
    if (sched_getaffinity(0, sizeof sets, sets) == 0) {
        available = CPU_COUNT_S(sizeof sets, sets);
    }
    int32_t limit = binet__cgroup_limit("");
    if (available > limit) {
        available = limit;
    }
    return available < 1 ? 1 : available > MAX_THREADS ? MAX_THREADS : (int32_t)available;
}

static void work_on(binet_thread_pool *pool)
{
    for (;;) {
        int64_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (index >= pool->n_tasks) {
            return;
        }
        pool->task(pool->argument, index);
    }
}

static void *worker(void *argument)
{
    binet_thread_pool *pool = argument;
    uint64_t seen = 0;
    (void)pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->stop && (!pool->open || pool->loop == seen)) {
            (void)pthread_cond_wait(&pool->work, &pool->mutex);
        }
        if (pool->stop) {
            break;
        }
        seen = pool->loop;
        pool->n_working++;
        (void)pthread_mutex_unlock(&pool->mutex);
        work_on(pool);
        (void)pthread_mutex_lock(&pool->mutex);
        pool->n_working--;
        if (pool->n_working == 0) {
            (void)pthread_cond_signal(&pool->ended);
        }
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void run_together(binet_thread_pool *pool, int64_t n_tasks, binet_task task, void *argument)
{
    (void)pthread_mutex_lock(&pool->mutex);
    pool->task = task;
    pool->argument = argument;
    pool->n_tasks = n_tasks;
    atomic_store_explicit(&pool->next, 1, memory_order_relaxed);
    pool->loop++;
    pool->open = 1;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->mutex);

    task(argument, 0);
    work_on(pool);

    (void)pthread_mutex_lock(&pool->mutex);
    pool->open = 0;
    while (pool->n_working > 0) {
        (void)pthread_cond_wait(&pool->ended, &pool->mutex);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
}

static binet_status run(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    binet_thread_pool *pool = user;
    if (getpid() != pool->owner) {
        return binet__fail(error, BINET_UNSUPPORTED, "", -1,
                           "the thread pool belongs to process %ld, which forked this one; make a pool here",
                           (long)pool->owner);
    }
    if (n_tasks > 1 && pool->n_started > 0 && !atomic_exchange_explicit(&pool->busy, 1, memory_order_acquire)) {
        run_together(pool, n_tasks, task, argument);
        atomic_store_explicit(&pool->busy, 0, memory_order_release);
        return BINET_OK;
    }
    for (int64_t i = 0; i < n_tasks; i++) {
        task(argument, i);
    }
    return BINET_OK;
}

/* Workers take no signals but those that a thread causes itself: the program's handlers run on its own threads. */
static int start_threads(binet_thread_pool *pool)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        (void)sigdelset(&all, own[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int code = 0;
    while (code == 0 && pool->n_started < pool->n_threads - 1) {
        code = pthread_create(&pool->threads[pool->n_started], NULL, worker, pool);
        pool->n_started += code == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

binet_status binet_thread_pool_create(int32_t n_threads, binet_thread_pool **pool, binet_error *error)
{
    binet_status status = binet__require(pool, "pool", error);
    if (status != BINET_OK) {
        return status;
    }
    if (n_threads < 0 || n_threads > MAX_THREADS) {
        return binet__fail_argument(error, "n_threads", "n_threads is %d, not 0 .. %d", (int)n_threads, MAX_THREADS);
    }
    if (n_threads == 0) {
        n_threads = binet_available_threads();
    }
    binet_thread_pool *made = binet__allocate_zero(NULL, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->threads = binet__allocate(NULL, n_threads, sizeof *made->threads, error);
    if (made->threads == NULL) {
        binet__release(NULL, made);
        return BINET_OUT_OF_MEMORY;
    }
    made->owner = getpid();
    made->n_threads = n_threads;
    atomic_init(&made->busy, 0);
    atomic_init(&made->next, 0);
    (void)pthread_mutex_init(&made->mutex, NULL);
    (void)pthread_cond_init(&made->work, NULL);
    (void)pthread_cond_init(&made->ended, NULL);
    int code = start_threads(made);
    if (code != 0) {
        int32_t n_started = made->n_started;
        binet_thread_pool_destroy(made);
        return binet__fail(error, BINET_IO, "n_threads", -1,
                           "the system gave %d of the %d threads asked for (error %d); ask for fewer",
                           (int)n_started + 1, (int)n_threads, code);
    }
    *pool = made;
    return BINET_OK;
}

void binet_thread_pool_destroy(binet_thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    /* In a forked child there are no threads to stop, and the mutex may be held by one that does not exist here. */
    if (getpid() == pool->owner) {
        (void)pthread_mutex_lock(&pool->mutex);
        pool->stop = 1;
        (void)pthread_cond_broadcast(&pool->work);
        (void)pthread_mutex_unlock(&pool->mutex);
        for (int32_t i = 0; i < pool->n_started; i++) {
            (void)pthread_join(pool->threads[i], NULL);
        }
        (void)pthread_cond_destroy(&pool->ended);
        (void)pthread_cond_destroy(&pool->work);
        (void)pthread_mutex_destroy(&pool->mutex);
    }
    binet__release(NULL, pool->threads);
    binet__release(NULL, pool);
}

int32_t binet_thread_pool_size(const binet_thread_pool *pool)
{
    return pool->n_threads;
}

binet_executor binet_thread_pool_executor(binet_thread_pool *pool)
{
    binet_executor executor = {pool, run};
    return executor;
}
