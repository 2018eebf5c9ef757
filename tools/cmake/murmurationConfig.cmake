# find_package(murmuration): the targets murmuration::emulator, ::learning, ::topologies, ::ns3-module.
include(${CMAKE_CURRENT_LIST_DIR}/find_ns3.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/murmurationTargets.cmake)
