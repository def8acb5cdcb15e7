/** Real data for tests: BINET_TEST_DATA, or the folder that the build was told. */
#ifndef TESTS_DATA_H
#define TESTS_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** Write the path of a file of the data and return it; NULL, with the reason printed, where it is not there. */
static inline const char *data_path(char path[1024], const char *name)
{
    const char *folder = getenv("BINET_TEST_DATA");
    int length = snprintf(path, 1024, "%s/%s", folder != NULL ? folder : BINET_TEST_DATA_DEFAULT, name);
    if (length < 0 || length >= 1024 || access(path, R_OK) != 0) {
        (void)printf("skipped: no file %s (BINET_TEST_DATA says where the real data is)\n", path);
        return NULL;
    }
    return path;
}

#endif
