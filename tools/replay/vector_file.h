#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur::replay {

/// One vector of each node: [num_nodes][num_parameters].
using NodeVectors = std::vector<std::vector<float>>;

/// What one node sent in one round, as far as the file says.
struct SentMessage {
    std::vector<float> values;  ///< real and imaginary part side by side where they are complex
    std::optional<std::vector<std::uint32_t>> indices = std::nullopt;
    std::optional<std::uint64_t> seed = std::nullopt;
};

struct RecordedRound {
    NodeVectors before;             ///< models before sending
    std::vector<SentMessage> sent;  ///< [num_nodes]
    NodeVectors after;              ///< models after merging
};

/// The rounds of one strategy, under the key that names it and its settings.
struct Recording {
    std::string key;
    std::vector<RecordedRound> rounds;
};

/// A file of test vectors: what some other program sent and computed with sharing strategies.
struct VectorFile {
    std::size_t num_nodes = 0;
    std::size_t num_parameters = 0;
    std::vector<std::vector<std::uint32_t>> neighbors;  ///< of each node, ascending
    std::vector<std::vector<double>> weights;           ///< [num_nodes][num_nodes]
    std::vector<float> start;                           ///< [num_parameters], of every node
    std::vector<NodeVectors> training;                  ///< [num_rounds]: added before sending
    std::vector<Recording> recordings;
};

/// Reads a JSON file with `N` nodes, `D` parameters, `R` rounds, undirected `edges`, mixing weights
/// `W[N][N]`, the start `x0[D]`, the training `delta[R][N][D]`, and a list of R rounds
/// `{pre[N][D], sent[N], post[N][D]}` for each strategy.
/// @throws std::invalid_argument  naming file and key, where the file is missing, no JSON, or of
///                                another shape
[[nodiscard]] VectorFile read_vector_file(const std::filesystem::path& path);
/// Reads what such a file holds.
/// @param where  names the file in messages
[[nodiscard]] VectorFile read_vector_file(const nlohmann::json& json, const std::string& where);

}  // namespace murmur::replay
