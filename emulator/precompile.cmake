# murmur_precompile(TARGET HEADER...)
# Reads the headers of LibTorch, ns-3 and fmt once for all sources of a target that see the emulator, and these beside
# them: two thirds of what such a source takes to compile is reading them. Sources still include what they use.
option(MURMUR_PRECOMPILE "Precompile the headers of other projects" ON)
function(murmur_precompile target)
  if(MURMUR_CONTRIB OR NOT MURMUR_PRECOMPILE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE
    ${ARGN}
    <ATen/core/Tensor.h> <boost/graph/adjacency_list.hpp> <fmt/format.h> <fmt/ranges.h>
    <ns3/callback.h> <ns3/data-rate.h> <ns3/net-device-container.h> <ns3/simulator.h>
    <algorithm> <chrono> <condition_variable> <deque> <filesystem> <fstream> <functional> <map> <memory> <mutex>
    <optional> <set> <span> <string> <thread> <vector>)
  # What ccache needs to look into a precompiled header.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
