#include "binet/threads.h"
