# The objects compiled for one instruction set must define no weak symbol: the linker would keep one
# copy for all, and a processor without that set would fault on it.
#
#   cmake -DNM=nm "-DOBJECTS=a.o;b.o" -P no_weak_symbols.cmake
if(NOT OBJECTS)
  message(FATAL_ERROR "no objects were given")
endif()
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND "${NM}" --defined-only "${object}" OUTPUT_VARIABLE symbols
                  ERROR_VARIABLE trouble RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${NM} failed on ${object}: ${trouble}")
  endif()
  if(NOT symbols MATCHES "wald_(dense|fold|softmax|elementary|special|incomplete)_")
    message(FATAL_ERROR "${object} is not the object of an instruction set")
  endif()
  # A reference to the handler of exceptions is a pointer, the same from whichever object it is kept.
  string(REGEX REPLACE "[^\n]* V DW\\.ref\\.[^\n]*\n" "" symbols "${symbols}")
  string(REGEX MATCHALL "[^\n]* [WwVvuC] [^\n]*" weak "${symbols}")
  if(weak)
    list(JOIN weak "\n" weak)
    message(FATAL_ERROR "weak symbols in ${object}:\n${weak}")
  endif()
endforeach()
