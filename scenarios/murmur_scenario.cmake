# murmur_scenario(NAME SOURCES file... LIBRARIES target...)
# A program for users: build/bin/NAME stand-alone, `./ns3 run NAME` inside an ns-3 tree.
function(murmur_scenario name)
  cmake_parse_arguments(S "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(MURMUR_CONTRIB)
    # ns-3's precompiled headers are C++17, these sources are C++20.
    build_exec(
      EXECNAME ${name}
      SOURCE_FILES ${S_SOURCES}
      LIBRARIES_TO_LINK ${S_LIBRARIES} murmur-options
      EXECUTABLE_DIRECTORY_PATH ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/contrib/murmuration/scenarios/
      IGNORE_PCH
    )
  else()
    add_executable(${name} ${S_SOURCES})
    target_link_libraries(${name} PRIVATE murmur-options ${S_LIBRARIES})
  endif()
endfunction()
