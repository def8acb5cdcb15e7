/** Version, visibility and linkage. Included by every other header; holds no declarations. */
#ifndef BINET_MACROS_H
#define BINET_MACROS_H

#define BINET_VERSION_MAJOR 0
#define BINET_VERSION_MINOR 1
#define BINET_VERSION_PATCH 0
#define BINET_VERSION_STRING "0.1.0"

#if defined(_WIN32)
#if defined(BINET_BUILDING)
#define BINET_API __declspec(dllexport)
#else
#define BINET_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define BINET_API __attribute__((visibility("default")))
#else
#define BINET_API
#endif

#if defined(__cplusplus)
#define BINET_BEGIN extern "C" {
#define BINET_END }
#else
#define BINET_BEGIN
#define BINET_END
#endif

#endif
