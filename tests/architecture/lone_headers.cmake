# Compiles every public header alone, so that none leans on what another file included before it.
# Run with -DREPOSITORY= -DBUILD= : the flags of each room are taken from its own sources.
file(READ "${BUILD}/compile_commands.json" commands)
string(JSON count LENGTH "${commands}")
math(EXPR last "${count} - 1")

# command_of(ROOM VARIABLE): how sources of a room are compiled, less input and output.
function(command_of room variable)
  foreach(i RANGE ${last})
    string(JSON file GET "${commands}" ${i} file)
    cmake_path(IS_PREFIX REPOSITORY "${file}" is_ours)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${REPOSITORY}")
    # Any source of the room will do, but for the programs beside it.
    if(is_ours AND file MATCHES "^${room}/([a-z_0-9]+/)*[a-z_0-9-]+\\.cc$" AND NOT file MATCHES "/(test|examples)/")
      string(JSON command GET "${commands}" ${i} command)
      string(REGEX REPLACE " -o .* -c .*$" "" command "${command}")
      # A precompiled header would give every header what it forgot.
      string(REGEX REPLACE "-Winvalid-pch -include ([^ \"]+|\"[^\"]*\") " "" command "${command}")
      set(${variable} "${command}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "no source of ${room} is built")
endfunction()

set(failed 0)
foreach(room topologies learning emulator ns3-module)
  command_of(${room} command)
  if(room STREQUAL ns3-module)
    # The oldest standard that an ns-3 with this module may be built with.
    string(REGEX REPLACE "-std=c\\+\\+[0-9a-z]+" "-std=c++17" command "${command}")
  endif()
  separate_arguments(arguments UNIX_COMMAND "${command}")
  file(GLOB_RECURSE headers "${REPOSITORY}/${room}/*.h")
  list(FILTER headers EXCLUDE REGEX "/ns3-module/test/")
  foreach(header IN LISTS headers)
    file(WRITE "${BUILD}/lone_header.cc" "#include \"${header}\"\n#include \"${header}\"\n")
    execute_process(COMMAND ${arguments} -fsyntax-only -c "${BUILD}/lone_header.cc"
                    WORKING_DIRECTORY "${BUILD}" RESULT_VARIABLE status ERROR_VARIABLE text)
    if(NOT status EQUAL 0)
      message("${header} does not compile alone:\n${text}")
      set(failed 1)
    endif()
  endforeach()
endforeach()
if(failed)
  message(FATAL_ERROR "headers must be self-contained")
endif()
