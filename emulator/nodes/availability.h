#pragma once

#include "emulator/nodes/life.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// What `--availability` names, read: makes the life of each node.
struct Availability {
    std::function<Life(NodeId node)> make_life;
    bool has_changes = true;  ///< else every node is there all the time
    std::vector<std::string> notes{};
};

/// What an availability may ask of a run.
struct AvailabilityRequest {
    const Options& options;
    NodeId num_nodes;
    std::uint64_t seed;
};

/// Reads the options of an availability, and the files that they name.
/// @throws std::invalid_argument  where an option is wrong
using AvailabilityMake = std::function<Availability(const AvailabilityRequest& request)>;
using AvailabilityRegistry = Registry<AvailabilityMake>;

/// Returns what `--availability` may name: ours, and what a program adds.
[[nodiscard]] AvailabilityRegistry& availabilities();

/// Registers those of this folder's files.
void register_all(AvailabilityRegistry& registry);

/// Reads what `--availability` says: a name with its options, or a file as `file:` takes it.
/// @throws std::invalid_argument  on an unknown name, a wrong option or a malformed file
[[nodiscard]] Availability plan_availability(std::string_view spec,
                                             NodeId num_nodes,
                                             std::uint64_t seed);

/// A time in which a node is there.
struct Span {
    SimTime from;
    SimTime until;  ///< `SimTime::max()`: for good
    bool operator==(const Span&) const = default;
};

/// The times of one node, ascending and apart; a life follows them, again and again where there is
/// a period.
using Spans = std::vector<Span>;

/// Reads a file of times: CSV with a header `node,on_s,off_s`, a row for each time in which a node
/// is there, of each node in order.  An empty `off_s` means for good.
/// @param period  the file says what happens in so long, again and again; 0: once
/// @return [num_nodes], nothing for nodes that the file does not name; the rows of others are
///         counted in `passed_over`
/// @throws std::invalid_argument  PATH:LINE: what is wrong
[[nodiscard]] std::vector<std::optional<Spans>> read_availability(const std::string& path,
                                                                  SimTime period,
                                                                  NodeId num_nodes,
                                                                  std::size_t& passed_over);

/// Returns the life of a node that is there in these times.
[[nodiscard]] Life life_of(std::shared_ptr<const Spans> spans, SimTime period);

}  // namespace murmur
