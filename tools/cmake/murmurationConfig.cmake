# find_package(murmuration): the targets murmuration::emulator, ::learning, ::topologies, ::ns3-module.
find_package(ns3 REQUIRED)
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/murmurationTargets.cmake)
