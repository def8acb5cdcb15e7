/* A program that uses an installed libbinet_torch: a file that is not there is an error that says so. */
#include <stdio.h>

#include <binet/torch.h>

int main(void)
{
    binet_model model = {.struct_size = sizeof model};
    binet_error error = {0};
    binet_status status = binet_torch_model_load("no such model.pt", NULL, &model, &error);
    printf("%s: %s\n", binet_status_name(status), error.message);
    return status == BINET_IO ? 0 : 1;
}
