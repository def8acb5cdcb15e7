# stb_image: the system's header (Debian's libstb-dev), else one file of the project's repository, pinned by commit and
# SHA-256. Defines stb::image and Stb_VERSION.
include(FindPackageHandleStandardArgs)

find_path(Stb_INCLUDE_DIR NAMES stb_image.h PATH_SUFFIXES stb)

if(NOT Stb_INCLUDE_DIR)
  set(stb_commit 31c1ad37456438565541f4919958214b6e762fb4) # version 2.30
  set(stb_folder ${CMAKE_BINARY_DIR}/_deps/stb-${stb_commit})
  message(STATUS "stb_image.h is not on this system; fetching version 2.30")
  file(
    DOWNLOAD https://raw.githubusercontent.com/nothings/stb/${stb_commit}/stb_image.h ${stb_folder}/stb_image.h
    EXPECTED_HASH SHA256=594c2fe35d49488b4382dbfaec8f98366defca819d916ac95becf3e75f4200b3
    STATUS stb_status)
  list(GET stb_status 0 stb_code)
  if(NOT stb_code EQUAL 0)
    message(FATAL_ERROR "stb_image.h could not be fetched (${stb_status}); install it (Debian: apt install libstb-dev) "
                        "or set Stb_INCLUDE_DIR to the folder that has it")
  endif()
  set(Stb_INCLUDE_DIR ${stb_folder} CACHE PATH "Folder of stb_image.h" FORCE)
endif()

file(STRINGS ${Stb_INCLUDE_DIR}/stb_image.h stb_first_line LIMIT_COUNT 1)
string(REGEX MATCH "[0-9]+\\.[0-9]+" Stb_VERSION "${stb_first_line}")

find_package_handle_standard_args(Stb REQUIRED_VARS Stb_INCLUDE_DIR VERSION_VAR Stb_VERSION)
mark_as_advanced(Stb_INCLUDE_DIR)

if(Stb_FOUND AND NOT TARGET stb::image)
  add_library(stb::image INTERFACE IMPORTED GLOBAL)
  # A system folder: the warnings of the header are not ours.
  target_include_directories(stb::image SYSTEM INTERFACE ${Stb_INCLUDE_DIR})
endif()
