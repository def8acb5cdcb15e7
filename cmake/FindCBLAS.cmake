# OpenBLAS with its CBLAS and LAPACK: PyPI's scipy-openblas32 where the active Python has it, or where
# ScipyOpenBLAS_DIR says (the folder of the package); else the system's (Debian's libopenblas-dev). PyPI's comes first
# because it is every processor's build in one file, and belongs to libbinet alone, so that its threads may be turned off.
#
# Defines cblas::cblas, CBLAS_PREFIX (of its names) and CBLAS_BUNDLED (the file to install beside libbinet, or empty).
include(FindPackageHandleStandardArgs)

set(scipy_openblas_folder ${ScipyOpenBLAS_DIR})
if(NOT scipy_openblas_folder AND NOT CMAKE_CROSSCOMPILING)
  # Not by find_package(Python3), which may find another than that of the virtual environment.
  find_program(CBLAS_PYTHON NAMES ${Python3_EXECUTABLE} ${Python_EXECUTABLE} python3 python
               HINTS $ENV{VIRTUAL_ENV}/bin)
  mark_as_advanced(CBLAS_PYTHON)
  if(CBLAS_PYTHON)
    execute_process(
      COMMAND ${CBLAS_PYTHON} -c "import scipy_openblas32 as s, pathlib; print(pathlib.Path(s.__file__).parent)"
      OUTPUT_VARIABLE scipy_openblas_folder
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()

set(CBLAS_PREFIX "")
set(CBLAS_BUNDLED "")
if(scipy_openblas_folder)
  set(CBLAS_PREFIX scipy_)
  set(CBLAS_BUNDLED ${scipy_openblas_folder}/lib/libscipy_openblas.so)
  set(CBLAS_LIBRARY ${CBLAS_BUNDLED})
  set(CBLAS_INCLUDE_DIR ${scipy_openblas_folder}/include)
else()
  find_library(CBLAS_LIBRARY NAMES openblas)
  find_path(CBLAS_INCLUDE_DIR NAMES openblas_config.h PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE} openblas
                                                                     ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread)
endif()
find_package_handle_standard_args(
  CBLAS
  REQUIRED_VARS CBLAS_LIBRARY CBLAS_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install it (pip install scipy-openblas32, or on Debian: apt install libopenblas-dev)")

if(CBLAS_FOUND AND NOT TARGET cblas::cblas)
  add_library(cblas::cblas UNKNOWN IMPORTED GLOBAL)
  set_target_properties(cblas::cblas PROPERTIES IMPORTED_LOCATION ${CBLAS_LIBRARY})
  target_include_directories(cblas::cblas SYSTEM INTERFACE ${CBLAS_INCLUDE_DIR})
endif()
