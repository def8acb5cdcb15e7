#include "kernels/draws_x86.h"
#include "kernels/lanes_avx2.h"
#include "kernels/resize_avx2.h"

#define BINET__TABLE binet__kernels_avx2
#include "kernels/table.inc.h"
