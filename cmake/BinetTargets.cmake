# What every target of the project is compiled with.
add_library(binet_compile_options INTERFACE)
target_compile_features(binet_compile_options INTERFACE c_std_11)
target_compile_options(binet_compile_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                                       -ffp-contract=off $<$<BOOL:${BINET_WERROR}>:-Werror>)
if(BINET_COVERAGE)
  target_compile_options(binet_compile_options INTERFACE --coverage)
  target_link_options(binet_compile_options INTERFACE --coverage)
endif()
if(BINET_SANITIZE)
  target_compile_options(binet_compile_options INTERFACE -fsanitize=${BINET_SANITIZE} -fno-sanitize-recover=all
                                                         -fno-omit-frame-pointer)
  target_link_options(binet_compile_options INTERFACE -fsanitize=${BINET_SANITIZE})
endif()
