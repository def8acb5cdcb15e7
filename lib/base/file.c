#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

static int open_retrying(const char *path, int flags)
{
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static binet_status fail_too_long(binet_error *error, const char *argument, const char *path, int64_t most)
{
    return binet__fail(error, BINET_INVALID_DATA, argument, -1, "'%s' has more than %lld bytes", path, (long long)most);
}

binet_status binet__read_file(const binet_context *context, const char *path, const char *argument, int64_t most,
                              char **bytes, int64_t *size, binet_error *error)
{
    int descriptor = open_retrying(path, O_RDONLY);
    if (descriptor < 0) {
        return binet__fail_io(error, argument, "open", path, errno);
    }
    struct stat about;
    int64_t expected = fstat(descriptor, &about) == 0 && about.st_size > 0 ? about.st_size : 0;
    if (expected > most) {
        (void)close(descriptor);
        return fail_too_long(error, argument, path, most);
    }
    int64_t capacity = expected + 1;
    int64_t used = 0;
    void *block = binet__allocate(context, capacity, 1, error);
    binet_status status = block != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    while (status == BINET_OK) {
        ssize_t got = read(descriptor, (char *)block + used, (size_t)(capacity - used));
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            status = binet__fail_io(error, argument, "read", path, errno);
        }
        if (got > 0) {
            used += got;
            if (used > most) {
                status = fail_too_long(error, argument, path, most);
            } else if (used == capacity) {
                /* Room for one more byte, so that the end of the file can be met and the zero byte fits. */
                status = binet__grow(context, &block, &capacity, used + 1, 1, error);
            }
        }
    }
    (void)close(descriptor);
    if (status != BINET_OK) {
        binet__release(context, block);
        return status;
    }
    ((char *)block)[used] = '\0';
    *bytes = block;
    *size = used;
    return BINET_OK;
}

/* Make a new file beside `path`, with the permissions that the process gives its files. */
static int create_temporary(char *name, size_t room, const char *path)
{
    for (unsigned attempt = 0;; attempt++) {
        (void)snprintf(name, room, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        int descriptor = open_retrying(name, O_RDWR | O_CREAT | O_EXCL);
        if (descriptor >= 0 || errno != EEXIST || attempt == 10000) {
            return descriptor;
        }
    }
}

static void release_names(binet__file *file)
{
    binet__release(file->context, file->path);
    binet__release(file->context, file->temporary);
    memset(file, 0, sizeof *file);
}

binet_status binet__file_create(const binet_context *context, const char *path, const char *argument, binet__file *file,
                                binet_error *error)
{
    enum { SUFFIX = 64 };
    size_t length = strlen(path);
    binet__file made = {context, argument, NULL, NULL, NULL};
    binet_status status = BINET_OUT_OF_MEMORY;
    made.path = binet__copy_text(context, path, length, error);
    made.temporary = made.path != NULL ? binet__allocate(context, (int64_t)length + SUFFIX, 1, error) : NULL;
    if (made.temporary == NULL) {
        goto cleanup;
    }
    int descriptor = create_temporary(made.temporary, length + SUFFIX, path);
    if (descriptor < 0) {
        status = binet__fail_io(error, argument, "create", path, errno);
        goto cleanup;
    }
    made.stream = fdopen(descriptor, "w+b");
    if (made.stream == NULL) {
        status = binet__fail_io(error, argument, "create", path, errno);
        (void)close(descriptor);
        (void)unlink(made.temporary);
        goto cleanup;
    }
    *file = made;
    return BINET_OK;
cleanup:
    release_names(&made);
    return status;
}

binet_status binet__file_commit(binet__file *file, binet_error *error)
{
    errno = 0;
    int written = fflush(file->stream) == 0 && !ferror(file->stream);
    written = fclose(file->stream) == 0 && written;
    binet_status status = BINET_OK;
    if (!written) {
        /* The reason of an earlier write that failed is not known any more. */
        status = binet__fail_io(error, file->argument, "write", file->path, errno != 0 ? errno : EIO);
    } else if (rename(file->temporary, file->path) != 0) {
        status = binet__fail_io(error, file->argument, "write", file->path, errno);
    }
    if (status != BINET_OK) {
        (void)unlink(file->temporary);
    }
    release_names(file);
    return status;
}

void binet__file_discard(binet__file *file)
{
    if (file->stream != NULL) {
        (void)fclose(file->stream);
        (void)unlink(file->temporary);
        release_names(file);
    }
}
