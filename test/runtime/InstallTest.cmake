# Installs the runtime into a new folder, moves that folder, and builds and runs
# the consumer from it: with find_package(mlc) and with pkg-config.
#   -DBUILD= -DSOURCE= -DWORK= -DMODEL= -DCOMPILER= -DGENERATOR=
function(check)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed: ${ARGN}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
check(${CMAKE_COMMAND} --install ${BUILD} --component mlc-runtime --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/moved)
check(${CMAKE_COMMAND} -S ${SOURCE}/consumer -B ${WORK}/build -G ${GENERATOR}
      -DCMAKE_C_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${WORK}/moved)
check(${CMAKE_COMMAND} --build ${WORK}/build)
check(${WORK}/build/consumer ${MODEL})

file(GLOB_RECURSE pc ${WORK}/moved/mlc-runtime.pc)
get_filename_component(pcFolder ${pc} DIRECTORY)
find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} ${pcFolder})
  execute_process(COMMAND ${PKG_CONFIG} --cflags --libs mlc-runtime
                  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
  separate_arguments(flags)
  check(${COMPILER} -std=c99 -DUSE_LOADER ${SOURCE}/consumer/main.c ${flags}
        -o ${WORK}/pkg-consumer)
  check(${WORK}/pkg-consumer ${MODEL})
endif()
