# cmake -DPROGRAM=... -DEXPECTED=... -P compare.cmake: what the program prints is what the file holds.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
file(READ ${EXPECTED} expected)
if(NOT printed STREQUAL expected)
  file(WRITE ${PRINTED} "${printed}")
  execute_process(COMMAND diff -u ${EXPECTED} ${PRINTED})
  message(FATAL_ERROR "differs from ${EXPECTED}; where the change is meant: cp ${PRINTED} ${EXPECTED}")
endif()
