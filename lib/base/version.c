#include "binet/base.h"

const char *binet_version(void)
{
    return BINET_VERSION_STRING;
}
