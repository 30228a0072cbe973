# One static library per folder: its sources, its public headers, what it may include.
#
#   wald_library(NAME kernels SOURCES ... HEADERS ... LINK ...)
function(wald_library)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;HEADERS;LINK;LINK_PRIVATE" ${ARGN})
  set(target wald_${arg_NAME})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(wald::${arg_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME})
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM arg_HEADERS PREPEND ${PROJECT_SOURCE_DIR}/include/wald/${folder}/)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include
                                  FILES ${arg_HEADERS})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${arg_LINK} PRIVATE ${arg_LINK_PRIVATE})
  # Position-independent, but nobody replaces a function of wald's: calls within a file may be inlined.
  target_compile_options(${target} PRIVATE -fno-semantic-interposition)
  wald_compile_options(${target})
endfunction()

# Contraction off: the same bits whatever the optimizer fuses. GCC 12 warns of overlaps in std::string that
# cannot be (its bug 105329).
function(wald_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wno-psabi -ffp-contract=off
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
endfunction()
