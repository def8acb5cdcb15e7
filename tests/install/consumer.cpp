// As consumer.c, from C++11.
#include <cstdio>
#include <cstring>

#include <binet/binet.h>

int main()
{
    binet_context *context = nullptr;
    binet_error error = {};
    if (binet_context_create(nullptr, &context, &error) != BINET_OK) {
        std::fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    std::printf("%s on %s\n", binet_version(), binet_context_isa(context));
    binet_context_destroy(context);
    return std::strcmp(binet_version(), BINET_VERSION_STRING) == 0 ? 0 : 1;
}
