# mlc_add_model(<target> <model.onnx> [STATIC] [OPTIONS <options of mlc compile>...])
#
# Compiles the model when the build needs it. By default <target> is a custom
# target that makes <target>.so in the current binary folder; its property
# MLC_MODEL is the path, for mlc_model_load. With STATIC, <target> is a library
# to link: it holds the model, and `const mlc_model_t *mlc_model_<name>(void)`
# gives it (<name> is the ONNX file's), as <target>.h declares.
function(mlc_add_model target model)
  cmake_parse_arguments(ARG "STATIC" "" "OPTIONS" ${ARGN})
  if(NOT MLC_EXECUTABLE)
    message(FATAL_ERROR "mlc_add_model: set MLC_EXECUTABLE to the mlc compiler")
  endif()
  get_filename_component(model ${model} ABSOLUTE)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}.so)
  set(emit --emit=so)
  if(ARG_STATIC)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}${CMAKE_C_OUTPUT_EXTENSION})
    set(emit --emit=obj)
  endif()
  add_custom_command(OUTPUT ${output}
    COMMAND ${MLC_EXECUTABLE} compile ${model} -o ${output} ${emit} ${ARG_OPTIONS}
    DEPENDS ${model} ${MLC_EXECUTABLE} VERBATIM
    COMMENT "Compiling ${target} from ${model}")
  if(ARG_STATIC)
    add_library(${target} STATIC ${output})
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
    target_include_directories(${target} INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
    set_source_files_properties(${output} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_link_libraries(${target} PUBLIC mlc::runtime m)
  else()
    add_custom_target(${target} ALL DEPENDS ${output})
    set_target_properties(${target} PROPERTIES MLC_MODEL ${output})
  endif()
endfunction()
