# libjpeg-turbo's TurboJPEG interface. Defines turbojpeg::turbojpeg.
include(FindPackageHandleStandardArgs)

find_path(TurboJPEG_INCLUDE_DIR NAMES turbojpeg.h)
find_library(TurboJPEG_LIBRARY NAMES turbojpeg)
find_package_handle_standard_args(TurboJPEG REQUIRED_VARS TurboJPEG_LIBRARY TurboJPEG_INCLUDE_DIR)
mark_as_advanced(TurboJPEG_INCLUDE_DIR TurboJPEG_LIBRARY)

if(TurboJPEG_FOUND AND NOT TARGET turbojpeg::turbojpeg)
  add_library(turbojpeg::turbojpeg UNKNOWN IMPORTED GLOBAL)
  set_target_properties(turbojpeg::turbojpeg PROPERTIES IMPORTED_LOCATION ${TurboJPEG_LIBRARY}
                                                        INTERFACE_INCLUDE_DIRECTORIES ${TurboJPEG_INCLUDE_DIR})
endif()
