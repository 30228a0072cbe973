# Fails if a kernel of LIBRARY whose source is one of SOURCES keeps more than STACK bytes of a thread in
# memory, on any architecture that LIBRARY has code for: CUOBJDUMP says what each uses. Without CUOBJDUMP
# it says so and passes over the test.
if(NOT CUOBJDUMP)
  message("skipped: no cuobjdump on the path")
  return()
endif()
execute_process(COMMAND ${CUOBJDUMP} --dump-resource-usage ${LIBRARY}
                OUTPUT_VARIABLE usage COMMAND_ERROR_IS_FATAL ANY)
list(JOIN SOURCES "|" sources)
string(REGEX MATCHALL
       "elf code:\n=+\narch = sm_[0-9a-z]+|Function [^:\n]*_(${sources})_cu_[^:\n]*:\n *REG:[0-9]+ STACK:[0-9]+"
       found "${usage}")
set(architectures)
foreach(part IN LISTS found)
  if(part MATCHES "arch = (.*)")
    set(architecture ${CMAKE_MATCH_1})
    list(APPEND architectures ${architecture})
  elseif(part MATCHES "Function ([^:]*):.*STACK:([0-9]+)")
    list(APPEND kernels_${architecture} ${CMAKE_MATCH_1})
    if(CMAKE_MATCH_2 GREATER STACK)
      message(SEND_ERROR "${CMAKE_MATCH_1}, ${architecture}: ${CMAKE_MATCH_2} bytes of a thread lie in memory, "
                         "more than ${STACK}")
    endif()
  endif()
endforeach()
list(REMOVE_DUPLICATES architectures)
if(NOT architectures)
  message(FATAL_ERROR "${LIBRARY} has no code")
endif()
foreach(architecture IN LISTS architectures)
  list(LENGTH kernels_${architecture} count)
  if(count EQUAL 0)
    message(SEND_ERROR "${LIBRARY} has no kernels of ${SOURCES} for ${architecture}")
  endif()
  message("${count} kernels of ${SOURCES} for ${architecture}")
endforeach()
