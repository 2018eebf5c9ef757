#pragma once

#include "tools/replay/json_field.h"
#include "tools/replay/rounds.h"

#include <filesystem>
#include <string>
#include <vector>

namespace murmur::replay {

/// A method as a key of the section `optimisers` names it.
struct NamedMethod {
    std::string protocol;    ///< as `--protocol` takes it
    std::string topology{};  ///< as `--topology` takes it; empty: the next one, or the graph of W
    std::string arcs{};      ///< an edge list of a graph with directions of its own
    std::string edges{};     ///< of one without
    bool splits = false;     ///< columns of the mixing matrix sum to 1, by out-degrees
};

/// Understands `dpsgd`, `gradient_tracking_relaysgd_form`, `..._qg_form`, `..._diging`, `d2`,
/// `exact_diffusion`, `extra`, `qg_dsgdm_betaX_muY`; `sgp_directed_exponential_1peer`: in round r,
/// i sends to i + 2^(r mod L), L = ceil(log2 n); `sgp_irregular`: around a ring, and 0 to 2;
/// `relaysum_model_chain`: on the path 0 1 2 ...
/// @throws std::invalid_argument  on any other key, and where there are too few nodes
[[nodiscard]] NamedMethod parse_method_key(const std::string& key, std::size_t num_nodes);

/// Runs each method of the section `optimisers` on the file's `problem`, as an experiment over the
/// ideal network with a full-batch step a round, and compares the models of all nodes after rounds
/// 1, 2, 3, ... and the distance to the optimum after 2,000.
///
/// Models are float32 in a run, so that a method that comes to the optimum comes within some 1e-6.
/// @param path  of the file
[[nodiscard]] std::vector<RuleDifference> replay_optimisers(const std::filesystem::path& path,
                                                            const Field& root);

}  // namespace murmur::replay
