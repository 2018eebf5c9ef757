# Copyright (c) 2026 The Murmuration maintainers
#
# SPDX-License-Identifier: GPL-2.0-only
#
# Author: The Murmuration maintainers (see ns3-module/AUTHORS)

# ns3_library(VARIABLE MODULE): the target of an ns-3 module.  Inside ns-3's source tree its variables
# name it; the targets that ns-3 installs are called ns3::libcore until 3.37, and ns3::core since.
function(ns3_library variable module)
  if(COMMAND build_lib)
    set(name "lib${module}")
    set(target ${${name}})
  elseif(TARGET ns3::lib${module})
    set(target ns3::lib${module})
  else()
    set(target ns3::${module})
  endif()
  set(${variable} ${target} PARENT_SCOPE)
endfunction()
