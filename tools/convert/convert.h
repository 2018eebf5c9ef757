#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace murmur::convert {

/// A file in one of our forms, made of another one.
struct Converted {
    std::string text;   ///< what the file holds
    std::string notes;  ///< what was made of the other one, and how to use it; a line or more
};

/// Makes lives (`node,on_s,off_s`) or devices (`device,ms_per_sample,down_bps,up_bps`) of a FedScale
/// trace, a pickle: `client_behave_trace` or `client_device_capacity`.
/// @throws std::invalid_argument  naming `path`, on what is no such file; so does each of these
[[nodiscard]] Converted from_fedscale(std::string_view bytes, const std::string& path);
/// Makes lives of the states of clients as FLHetBench caches them: `cached_timers.json`.
[[nodiscard]] Converted from_flhetbench(std::string_view bytes, const std::string& path);
/// Makes a matrix of one-way latencies of WonderNetwork's pings: a CSV file with the columns
/// source, destination and avg, in ms.
[[nodiscard]] Converted from_wondernetwork(std::string_view bytes, const std::string& path);
/// Makes a link trace (`time,rate`) of a Mahimahi trace, in bins of 100 ms.
[[nodiscard]] Converted from_mahimahi(std::string_view bytes, const std::string& path);

/// The names that the command line gives them.
[[nodiscard]] const std::vector<std::string>& kinds();
/// Converts as one of these names says.
/// @throws std::invalid_argument  also on an unknown name
[[nodiscard]] Converted convert(std::string_view kind,
                                std::string_view bytes,
                                const std::string& path);

}  // namespace murmur::convert
