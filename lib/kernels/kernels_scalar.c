#include "kernels/draws_scalar.h"
#include "kernels/lanes_scalar.h"
#include "kernels/resize_scalar.h"

#define BINET__TABLE binet__kernels_scalar
#include "kernels/table.inc.h"
