#include "kernels/draws_x86.h"
#include "kernels/lanes_avx512.h"
#include "kernels/resize_avx512.h"

#define BINET__TABLE binet__kernels_avx512
#include "kernels/table.inc.h"
