# What `cmake --install` gives: headers, libraries, the CMake package and pkg-config files. A wheel holds libraries only.
get_property(CBLAS_BUNDLED GLOBAL PROPERTY binet_cblas_bundled)
if(CBLAS_BUNDLED)
  set_property(TARGET binet PROPERTY INSTALL_RPATH "$ORIGIN") # where it lies beside libbinet
endif()
if(SKBUILD)
  # Wheels cannot hold symbolic links: one file, whose soname is its name.
  set_property(TARGET binet PROPERTY VERSION)
  set_property(TARGET binet PROPERTY SOVERSION)
  install(TARGETS binet LIBRARY DESTINATION binet COMPONENT wheel)
  if(CBLAS_BUNDLED)
    install(FILES ${CBLAS_BUNDLED} DESTINATION binet COMPONENT wheel)
  endif()
  return()
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/binet)

# binet_install_library(<target> <name>): the library, its part of the CMake package and its pkg-config file.
function(binet_install_library target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(
    TARGETS ${target}
    EXPORT binet-${name}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(
    EXPORT binet-${name}
    NAMESPACE binet::
    DESTINATION ${package_dir})
endfunction()

function(binet_install_pkg_config name)
  # Paths relative to the file: the installed tree may be moved, or staged with DESTDIR.
  file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

binet_install_library(binet binet)
if(CBLAS_BUNDLED)
  install(FILES ${CBLAS_BUNDLED} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
binet_install_pkg_config(binet)
install(
  DIRECTORY include/binet
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING
  PATTERN "*.h"
  PATTERN "torch.h" EXCLUDE)

if(TARGET binet_torch)
  binet_install_library(binet_torch torch)
  binet_install_pkg_config(binet-torch)
  # libtorch stays where it is: the installed library remembers the place.
  set_target_properties(binet_torch PROPERTIES INSTALL_RPATH "$ORIGIN;$<TARGET_FILE_DIR:torch>")
  install(FILES include/binet/torch.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/binet)
endif()

configure_package_config_file(cmake/binet-config.cmake.in binet-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor release may break; after it, only a major one.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(binet-config-version.cmake COMPATIBILITY ${compatibility})
install(FILES ${PROJECT_BINARY_DIR}/binet-config.cmake ${PROJECT_BINARY_DIR}/binet-config-version.cmake
        DESTINATION ${package_dir})
