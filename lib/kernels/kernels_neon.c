#include "kernels/draws_scalar.h"
#include "kernels/lanes_neon.h"
#include "kernels/resize_neon.h"

#define BINET__TABLE binet__kernels_neon
#include "kernels/table.inc.h"
