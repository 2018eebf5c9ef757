# What this project sets for itself where it is the one that is built, and for nobody who includes it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# No line tables of every template: full debug information doubles the build's time and size.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O3 -g1")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(MURMUR_CCACHE ccache)
if(MURMUR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A second clone compiles from the cache of the first: paths below the repository are taken from
  # the build folder on, and line tables may name the folder of another clone.  A debugger may not be
  # sent there, so the builds that are made for one keep their own.  The last is what ccache needs to
  # look behind a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros)
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    list(APPEND CMAKE_CXX_COMPILER_LAUNCHER CCACHE_NOHASHDIR=true)
  endif()
  list(APPEND CMAKE_CXX_COMPILER_LAUNCHER ${MURMUR_CCACHE})
endif()

set(MURMUR_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: address,undefined or thread")
if(MURMUR_SANITIZE)
  # Half the time to compile of -O3, and stacks that name every function.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  # A report ends the program: a test that only prints one would pass.
  add_compile_options(-fsanitize=${MURMUR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MURMUR_SANITIZE})
endif()
