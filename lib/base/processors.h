/** The processor time that control groups leave to this process. */
#ifndef BINET_BASE_PROCESSORS_H
#define BINET_BASE_PROCESSORS_H

#include <stdint.h>

/** Processors that the cgroups (v1 and v2) of this process allow: the smallest quota / period of its group and all
 *  groups above, rounded up, at least 1; INT32_MAX where nothing limits. `root` goes before every path that is read: ""
 *  but in tests. Thread-safe. */
int32_t binet__cgroup_limit(const char *root);

#endif
