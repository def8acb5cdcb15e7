/* The pool runs every piece once, takes the calling thread along, never hangs, and knows the processors it may use. */
#include "binet/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/context.h"
#include "base/processors.h"
#include "check.h"
#include "temporary.h"

enum { MANY = 10000 };

typedef struct record {
    atomic_int calls[MANY];
    pthread_t thread[MANY];
} record;

static void note(void *argument, int64_t index)
{
    record *seen = argument;
    atomic_fetch_add(&seen->calls[index], 1);
    seen->thread[index] = pthread_self();
}

static binet_status run_on(binet_thread_pool *pool, int64_t n_tasks, binet_task task, void *argument)
{
    binet_executor executor = binet_thread_pool_executor(pool);
    binet_error error;
    return executor.run(executor.user, n_tasks, task, argument, &error);
}

static void every_index_runs_once(void)
{
    static record seen;
    const int32_t sizes[] = {1, 2, 5};
    for (int s = 0; s < 3; s++) {
        binet_thread_pool *pool = NULL;
        CHECK_INT(binet_thread_pool_create(sizes[s], &pool, NULL), BINET_OK);
        CHECK_INT(binet_thread_pool_size(pool), sizes[s]);
        for (int64_t n = 0; n <= MANY; n = n < 3 ? n + 1 : n * 9) {
            memset(&seen, 0, sizeof seen);
            CHECK_INT(run_on(pool, n, note, &seen), BINET_OK);
            for (int64_t i = 0; i < MANY; i++) {
                CHECK_INT(seen.calls[i], i < n);
            }
            CHECK(n == 0 || pthread_equal(seen.thread[0], pthread_self()));
        }
        binet_thread_pool_destroy(pool);
    }
    binet_thread_pool_destroy(NULL);
}

static void wait_for_all(void *argument, int64_t index)
{
    (void)index;
    (void)pthread_barrier_wait(argument);
}

/* Would never end if fewer threads worked than the pool has. */
static void all_threads_work_at_once(void)
{
    for (int32_t n = 2; n <= 5; n++) {
        binet_thread_pool *pool = NULL;
        pthread_barrier_t barrier;
        CHECK_INT(binet_thread_pool_create(n, &pool, NULL), BINET_OK);
        (void)pthread_barrier_init(&barrier, NULL, (unsigned)n);
        for (int round = 0; round < 100; round++) {
            CHECK_INT(run_on(pool, n, wait_for_all, &barrier), BINET_OK);
        }
        (void)pthread_barrier_destroy(&barrier);
        binet_thread_pool_destroy(pool);
    }
}

enum { INNER = 50 };

typedef struct nest {
    binet_thread_pool *pool;
    record *inner;
    atomic_int wrong;
} nest;

static void run_inner(void *argument, int64_t index)
{
    nest *n = argument;
    record *own = &n->inner[index];
    if (run_on(n->pool, INNER, note, own) != BINET_OK) {
        n->wrong++;
    }
    for (int64_t i = 0; i < INNER; i++) {
        n->wrong += !pthread_equal(own->thread[i], pthread_self()) || own->calls[i] != 1;
    }
}

static void a_loop_in_a_task_stays_on_its_thread(void)
{
    static record inner[8];
    memset(inner, 0, sizeof inner);
    nest n = {NULL, inner, 0};
    CHECK_INT(binet_thread_pool_create(3, &n.pool, NULL), BINET_OK);
    CHECK_INT(run_on(n.pool, 8, run_inner, &n), BINET_OK);
    CHECK_INT(n.wrong, 0);
    binet_thread_pool_destroy(n.pool);
}

static void *run_beside(void *argument)
{
    run_inner(argument, 0);
    return NULL;
}

/* Task 0 holds the pool until another thread has run a whole loop on it. */
static void hold(void *argument, int64_t index)
{
    pthread_t thread;
    if (index == 0 && pthread_create(&thread, NULL, run_beside, argument) == 0) {
        (void)pthread_join(thread, NULL);
    }
}

static void a_loop_beside_another_stays_on_its_thread(void)
{
    static record inner[1];
    memset(inner, 0, sizeof inner);
    nest n = {NULL, inner, 0};
    CHECK_INT(binet_thread_pool_create(2, &n.pool, NULL), BINET_OK);
    CHECK_INT(run_on(n.pool, 2, hold, &n), BINET_OK);
    CHECK_INT(n.wrong, 0);
    CHECK_INT(inner[0].calls[INNER - 1], 1);
    binet_thread_pool_destroy(n.pool);
}

static void check_signals(void *argument, int64_t index)
{
    pthread_barrier_t *barrier = argument;
    (void)pthread_barrier_wait(barrier);
    sigset_t blocked;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    CHECK_INT(sigismember(&blocked, SIGINT), index != 0);
    CHECK_INT(sigismember(&blocked, SIGSEGV), 0);
    (void)pthread_barrier_wait(barrier);
}

/* A Ctrl-C must reach the program's own thread. */
static void workers_take_no_signals(void)
{
    binet_thread_pool *pool = NULL;
    pthread_barrier_t barrier;
    CHECK_INT(binet_thread_pool_create(2, &pool, NULL), BINET_OK);
    (void)pthread_barrier_init(&barrier, NULL, 2);
    CHECK_INT(run_on(pool, 2, check_signals, &barrier), BINET_OK);
    (void)pthread_barrier_destroy(&barrier);
    binet_thread_pool_destroy(pool);
}

/* What a forked child sees: bits of what went wrong. */
static int in_the_child(binet_thread_pool *pool, binet_context *context)
{
    static record seen;
    binet_error error;
    memset(&error, 0, sizeof error);
    int wrong = binet__run(context, 3, note, &seen, &error) != BINET_UNSUPPORTED;
    wrong |= (error.status != BINET_UNSUPPORTED) << 1;
    wrong |= (strstr(error.message, "fork") == NULL) << 2;
    wrong |= (seen.calls[0] != 0) << 3;
    binet_context_destroy(context);
    binet_thread_pool_destroy(pool);
    return wrong;
}

static void fork_in_task(void *argument, int64_t index)
{
    nest *n = argument;
    if (index != 0) {
        return;
    }
    binet_executor executor = binet_thread_pool_executor(n->pool);
    binet_context_options options = {sizeof options, BINET_ISA_SCALAR, NULL, &executor};
    binet_context *context = NULL;
    if (binet_context_create(&options, &context, NULL) != BINET_OK) {
        n->wrong++;
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        _exit(in_the_child(n->pool, context));
    }
    int state = -1;
    (void)waitpid(child, &state, 0);
    n->wrong += !WIFEXITED(state) || WEXITSTATUS(state) != 0;
    binet_context_destroy(context);
}

static void a_forked_child_gets_a_status_and_no_hang(void)
{
    nest n = {NULL, NULL, 0};
    CHECK_INT(binet_thread_pool_create(2, &n.pool, NULL), BINET_OK);
    fork_in_task(&n, 0);
    CHECK_INT(n.wrong, 0);
    /* The same while a loop runs: the child inherits a pool that is busy. */
    CHECK_INT(run_on(n.pool, 2, fork_in_task, &n), BINET_OK);
    CHECK_INT(n.wrong, 0);
    binet_thread_pool_destroy(n.pool);
}

static void bad_sizes_are_named(void)
{
    binet_thread_pool *pool = (binet_thread_pool *)&pool;
    binet_thread_pool *before = pool;
    binet_error error;
    CHECK_INT(binet_thread_pool_create(-1, &pool, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n_threads");
    CHECK_CONTAINS(error.message, "-1");
    CHECK_INT(binet_thread_pool_create(1025, &pool, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "1024");
    CHECK(pool == before);
    CHECK_INT(binet_thread_pool_create(2, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "pool");
}

static void zero_is_what_the_process_may_use(void)
{
    binet_thread_pool *pool = NULL;
    CHECK(binet_available_threads() >= 1);
    CHECK_INT(binet_thread_pool_create(0, &pool, NULL), BINET_OK);
    CHECK_INT(binet_thread_pool_size(pool), binet_available_threads());
    binet_thread_pool_destroy(pool);
}

/* ---- cgroups, read from a made-up root --------------------------------------------------------------------------- */

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT                                                                                                       \
    "31 23 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"                                                \
    "32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

typedef struct cgroup_file {
    const char *path;
    const char *text;
} cgroup_file;

static int32_t limit_with(const cgroup_file *files, int n_files)
{
    char root[TEMPORARY_SIZE];
    temporary_make(root);
    for (int i = 0; i < n_files; i++) {
        temporary_write_text(root, files[i].path, files[i].text);
    }
    int32_t limit = binet__cgroup_limit(root);
    temporary_remove(root);
    return limit;
}

#define LIMIT(...)                                                                                                     \
    limit_with((const cgroup_file[]){__VA_ARGS__},                                                                     \
               (int)(sizeof((const cgroup_file[]){__VA_ARGS__}) / sizeof(cgroup_file)))

static void cgroup_v2_limits_at_any_level(void)
{
    cgroup_file group = {"proc/self/cgroup", "0::/a/b\n"};
    cgroup_file mounts = {"proc/self/mountinfo", V2_MOUNT};
    CHECK_INT(LIMIT(group, mounts), INT32_MAX);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"}), INT32_MAX);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/a/b/cpu.max", "200000 100000\n"}), 2);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/a/b/cpu.max", "200001 100000\n"}), 3);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/a/b/cpu.max", "1000 100000\n"}), 1);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"},
                    {"sys/fs/cgroup/a/cpu.max", "150000 50000\n"}),
              3);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/cpu.max", "100000 100000\n"}), 1);
    /* A group beside ours does not count. */
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/a/c/cpu.max", "100000 100000\n"}), INT32_MAX);
}

static void cgroup_v1_is_read_too(void)
{
    cgroup_file group = {"proc/self/cgroup", "12:cpuset:/\n4:cpu,cpuacct:/pod/job\n1:name=systemd:/\n"};
    cgroup_file mounts = {"proc/self/mountinfo", V1_MOUNT};
    CHECK_INT(LIMIT(group, mounts), INT32_MAX);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/cpu,cpuacct/pod/job/cpu.cfs_quota_us", "-1\n"},
                    {"sys/fs/cgroup/cpu,cpuacct/pod/job/cpu.cfs_period_us", "100000\n"}),
              INT32_MAX);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/cpu,cpuacct/pod/job/cpu.cfs_quota_us", "250000\n"},
                    {"sys/fs/cgroup/cpu,cpuacct/pod/job/cpu.cfs_period_us", "100000\n"}),
              3);
    CHECK_INT(LIMIT(group, mounts, {"sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us", "50000\n"},
                    {"sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us", "50000\n"}),
              1);
    /* The v2 tree beside it, which has no cpu controller then, changes nothing; where both limit, the smaller holds. */
    CHECK_INT(LIMIT({"proc/self/cgroup", "4:cpu,cpuacct:/job\n0::/x\n"}, {"proc/self/mountinfo", V1_MOUNT V2_MOUNT},
                    {"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "400000\n"},
                    {"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"},
                    {"sys/fs/cgroup/x/cpu.max", "200000 100000\n"}),
              2);
}

static void a_container_sees_a_part_of_the_tree(void)
{
    /* The mount shows the container's group as its root. */
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/docker/abc/worker\n"},
                    {"proc/self/mountinfo", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n"},
                    {"sys/fs/cgroup/worker/cpu.max", "500000 100000\n"}, {"sys/fs/cgroup/cpu.max", "600000 100000\n"}),
              5);
    /* A group that the mount does not show: the mount's own limit. */
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/docker/abcdef\n"},
                    {"proc/self/mountinfo", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n"},
                    {"sys/fs/cgroup/cpu.max", "600000 100000\n"}),
              6);
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/../other\n"}, {"proc/self/mountinfo", V2_MOUNT},
                    {"sys/fs/cgroup/cpu.max", "700000 100000\n"}),
              7);
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/a\n"},
                    {"proc/self/mountinfo", "30 23 0:26 / /c\\040d rw - cgroup2 cgroup rw\n"},
                    {"c d/a/cpu.max", "800000 100000\n"}),
              8);
}

static void files_that_are_not_what_they_should_be_limit_nothing(void)
{
    static char long_line[20000];
    memset(long_line, 'x', sizeof long_line - 1);
    memcpy(long_line + sizeof long_line - 1 - sizeof V2_MOUNT, "\n" V2_MOUNT, sizeof V2_MOUNT);
    CHECK_INT(binet__cgroup_limit("/nowhere/at/all"), INT32_MAX);
    CHECK_INT(
        LIMIT({"proc/self/cgroup", "nonsense\n::\n0:\n"}, {"proc/self/mountinfo", "nonsense\n - \n - cgroup2 x\n"}),
        INT32_MAX);
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/a"}, {"proc/self/mountinfo", long_line},
                    {"sys/fs/cgroup/a/cpu.max", "900000 100000"}),
              9);
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/a\n"}, {"proc/self/mountinfo", V2_MOUNT},
                    {"sys/fs/cgroup/a/cpu.max", "100000 0\n"}, {"sys/fs/cgroup/cpu.max", ""}),
              INT32_MAX);
    CHECK_INT(LIMIT({"proc/self/cgroup", "0::/a\n"}, {"proc/self/mountinfo", V2_MOUNT},
                    {"sys/fs/cgroup/a/cpu.max", "9000000000000000000 1\n"}),
              INT32_MAX);
}

int main(void)
{
    RUN(every_index_runs_once);
    RUN(all_threads_work_at_once);
    RUN(a_loop_in_a_task_stays_on_its_thread);
    RUN(a_loop_beside_another_stays_on_its_thread);
    RUN(workers_take_no_signals);
    RUN(a_forked_child_gets_a_status_and_no_hang);
    RUN(bad_sizes_are_named);
    RUN(zero_is_what_the_process_may_use);
    RUN(cgroup_v2_limits_at_any_level);
    RUN(cgroup_v1_is_read_too);
    RUN(a_container_sees_a_part_of_the_tree);
    RUN(files_that_are_not_what_they_should_be_limit_nothing);
    return check_result();
}
