# Functions that every CMakeLists.txt of mlc uses.

# The MLIR headers cost 15 s per file to parse; one precompiled header brings a
# file down to 1-3 s. -fno-pch-timestamp keeps it usable through ccache.
add_library(mlcPch OBJECT ${CMAKE_SOURCE_DIR}/tools/dev/cmake/Pch.cpp)
target_precompile_headers(mlcPch PRIVATE ${CMAKE_SOURCE_DIR}/tools/dev/cmake/Pch.h)
target_compile_options(mlcPch PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>)

function(mlc_use_pch target)
  target_precompile_headers(${target} REUSE_FROM mlcPch)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>)
endfunction()

# mlc_library(<name> SOURCES a.cpp... LINK libs... DEPENDS targets...): a static
# library of code that includes MLIR. Sources found by glob are re-globbed at
# build time, so adding an op or a pass edits no list.
function(mlc_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  mlc_use_pch(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# mlc_tool(<name> SOURCES ... LINK ...): an executable in bin/; those of tools/
# are installed, those of tests and examples are not.
function(mlc_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  mlc_use_pch(${name})
  # The precompiled header was made as PIC; CMake would take PIE.
  target_compile_options(${name} PRIVATE -fPIC)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  if(folder MATCHES "^tools/")
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()
