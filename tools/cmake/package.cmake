# What others link: murmuration::emulator and the rooms below it, by find_package(murmuration) after
# `cmake --install`, or by add_subdirectory and FetchContent.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(murmuration PROPERTIES EXPORT_NAME ns3-module)
add_library(murmuration::ns3-module ALIAS murmuration)
foreach(room topologies learning emulator)
  set_target_properties(murmur-${room} PROPERTIES EXPORT_NAME ${room})
  add_library(murmuration::${room} ALIAS murmur-${room})
endforeach()
set_target_properties(murmur-headers PROPERTIES EXPORT_NAME headers)
set_target_properties(murmur-report PROPERTIES EXPORT_NAME report)
set_target_properties(murmur-text PROPERTIES EXPORT_NAME text)

option(MURMUR_INSTALL "Install headers, libraries and the CMake package" ${PROJECT_IS_TOP_LEVEL})
if(NOT MURMUR_INSTALL)
  return()
endif()
install(TARGETS murmuration murmur-headers murmur-text murmur-topologies murmur-learning murmur-report murmur-emulator
        EXPORT murmurationTargets)
install(DIRECTORY topologies learning emulator DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/murmuration
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY tools/text DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/murmuration/tools
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ns3-module/helper/ ns3-module/model/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/murmuration/ns3 FILES_MATCHING PATTERN "*.h")
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/murmuration)
install(EXPORT murmurationTargets NAMESPACE murmuration:: DESTINATION ${package})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/murmurationConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES tools/cmake/murmurationConfig.cmake tools/cmake/dependencies.cmake ns3-module/find_ns3.cmake
              ${PROJECT_BINARY_DIR}/murmurationConfigVersion.cmake
        DESTINATION ${package})
