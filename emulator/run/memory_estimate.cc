#include "emulator/run/memory_estimate.h"

#include "emulator/base/system_memory.h"
#include "emulator/network/overlay.h"
#include "emulator/network/transports.h"
#include "emulator/network/underlays/underlays.h"
#include "learning/optimizer.h"
#include "tools/text/spec.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace murmur {

namespace {

// Round figures, estimated; per node, per undirected edge, per link.
constexpr double kNodeBytes = 3'000;
constexpr double kEdgeBytes = 240;
constexpr double kLinkBytes = 400;
constexpr double kWorkerBytes = 20e6;
constexpr double kStackBytes = 8 << 20;
constexpr double kArenaBytes = 64 << 20;

/// Vectors of the model's size that an encoder keeps for each node.
double state_vectors(std::string_view sharing) {
    const std::string name = parse_spec(sharing).name;
    if (name == "noise") {
        // noise:SIGMA:ENCODER
        return state_vectors(parse_spec(parse_spec(sharing).argument).argument);
    }
    if (name == "full" || name == "plain-average" || name == "random" || name == "secure") {
        return 0;
    }
    return name == "top-k" || name == "qsgd" ? 1 : 2;
}

/// The same of an aggregator; one behind another is found by its name.
double aggregator_vectors(std::string_view aggregation) {
    return aggregation.find("centered-clipping") != std::string_view::npos ? 1 : 0;
}

}  // namespace

double MemoryEstimate::total() const {
    return std::accumulate(parts.begin(), parts.end(), 0.0, [](double sum, const Part& part) {
        return sum + part.bytes;
    });
}

const MemoryEstimate::Part& MemoryEstimate::largest() const {
    return *std::max_element(
        parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.bytes < b.bytes; });
}

MemoryEstimate estimate_nodes(const ExperimentOptions& options, const ProtocolPlan& protocol) {
    const double nodes = options.nodes;
    const double edges = std::min(
        expected_edges(
            Overlay::of_a_round(protocol.overlay ? protocol.overlay->topology : options.topology),
            nodes),
        nodes * (nodes - 1) / 2);
    const bool is_dynamic = options.topology.starts_with("dynamic:");
    constexpr double kKeptRounds = 32;  // as the overlay keeps
    const double drawn = std::min<double>(kKeptRounds, static_cast<double>(options.rounds));
    const TransportMake& transport = transports().select(options.network).make;
    const bool is_heavy = transport.node_bytes > 0;
    const double links = links_pairs(options.underlay) ? 2 * edges : 2 * nodes;
    const std::string sparser =
        "use a --topology with fewer edges, such as regular:5, or fewer "
        "--nodes";
    MemoryEstimate estimate;
    estimate.parts = {
        {fmt::format("{:.0f} nodes", nodes), nodes * kNodeBytes, "use fewer --nodes"},
        {fmt::format("{:.0f} edges of the overlay", edges),
         edges * kEdgeBytes * (is_dynamic ? drawn : 1),
         sparser},
        {fmt::format("the {} network", options.network),
         nodes * transport.node_bytes + 2 * edges * transport.pair_bytes,
         is_heavy ? "use --network=flow, fewer --nodes or fewer edges" : sparser},
        {fmt::format("{:.0f} links, measured in {} parts of the time", links, options.link_bins),
         links * (kLinkBytes + 8.0 * options.link_bins),
         "use --link-bins=0, or fewer --nodes"},
        {fmt::format("{} workers", options.workers),
         options.workers * kWorkerBytes,
         "use fewer --workers"}};
    // glibc makes eight arenas a core at most.
    const unsigned arenas = std::min(options.workers, 8 * std::thread::hardware_concurrency());
    estimate.address_space = options.workers * kStackBytes + arenas * kArenaBytes;
    return estimate;
}

MemoryEstimate estimate_models(const ExperimentOptions& options,
                               const ModelSize& size,
                               bool same_start,
                               const LaunchedPlace& place) {
    const double model = static_cast<double>(size.num_parameters) * sizeof(float);
    // A batch of all of a partition is not known yet; one sample is in it at the least.
    const double batch =
        static_cast<double>(std::max<std::int64_t>(options.training.batch_size, 1));
    // Each node's present model and the one being made of it, and what each keeps beside it.
    const double of_node = 2 + state_vectors(options.sharing) +
                           aggregator_vectors(options.aggregation) +
                           make_optimizer(options.training)->state_vectors();
    const double own_nodes = static_cast<double>(options.nodes) / place.size;
    const double starts = same_start ? 0 : options.nodes;
    const std::string whose =
        place.size > 1 ? fmt::format("each of some {:.0f} of {} nodes", own_nodes, options.nodes)
                       : fmt::format("each of {} nodes", options.nodes);
    const std::string more_ranks = place.size > place.ranks_here ? ", or more machines" : "";
    MemoryEstimate estimate;
    estimate.parts = {{fmt::format("{} vectors of {} parameters for {}",
                                   of_node + (same_start ? 0 : 1),
                                   size.num_parameters,
                                   whose),
                       (own_nodes * of_node + starts) * model,
                       "use a smaller --model, or fewer --nodes" + more_ranks},
                      // Gradients, and what they are made from.
                      {"the workers' training steps",
                       options.workers * ((options.training.privacy == "none" ? 2 : 3) * model +
                                          batch * size.activation_bytes),
                       "use a smaller --model or --batch-size, or fewer --workers"}};
    return estimate;
}

void require_memory(const MemoryEstimate& estimate, const LaunchedPlace& place) {
    const AvailableMemory available = available_memory(place.ranks_here);
    const bool counts_address_space = available.limit.find("ulimit") != std::string::npos;
    const double reserved = counts_address_space ? estimate.address_space : 0;
    const double need = estimate.total() + reserved;
    if (need <= static_cast<double>(available.bytes)) {
        return;
    }
    const MemoryEstimate::Part threads{"the stacks of threads", reserved, "use fewer --workers"};
    const MemoryEstimate::Part& most =
        reserved > estimate.largest().bytes ? threads : estimate.largest();
    const std::string for_each =
        place.ranks_here > 1
            ? fmt::format(" for each of {} ranks on this machine", place.ranks_here)
            : "";
    throw std::invalid_argument(
        fmt::format("{} needs about {}, most of it for {}, but {} {} are left{}; {}",
                    place.size > 1 ? "a rank of the run" : "the run",
                    bytes_text(need),
                    most.what,
                    bytes_text(static_cast<double>(available.bytes)),
                    available.limit,
                    for_each,
                    most.remedy));
}

}  // namespace murmur
