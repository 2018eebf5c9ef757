# Copyright (c) 2026 The Murmuration maintainers
#
# SPDX-License-Identifier: GPL-2.0-only
#
# Author: The Murmuration maintainers (see ns3-module/AUTHORS)

# Finds an installed ns-3.  Debian 13's targets name the folder of Python's headers, which its package does
# not bring; CMake refuses to link a target whose folder is absent.
find_package(ns3 REQUIRED)
get_property(found_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target IN LISTS found_targets)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  if(target MATCHES "^ns3::" AND folders)
    set(present)
    foreach(folder IN LISTS folders)
      if(folder MATCHES "[$]<" OR EXISTS "${folder}")
        list(APPEND present "${folder}")
      endif()
    endforeach()
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${present}")
  endif()
endforeach()
