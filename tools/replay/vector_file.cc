#include "tools/replay/vector_file.h"

#include "tools/replay/json_field.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace murmur::replay {
namespace {

std::vector<float> read_floats(const Field& field, std::size_t size) {
    field.require_size(size);
    std::vector<float> floats;
    for (std::size_t i = 0; i < size; ++i) {
        floats.push_back(static_cast<float>(field.at(i).number()));
    }
    return floats;
}

NodeVectors read_node_vectors(const Field& field, const VectorFile& file) {
    field.require_size(file.num_nodes);
    NodeVectors vectors;
    for (std::size_t node = 0; node < file.num_nodes; ++node) {
        vectors.push_back(read_floats(field.at(node), file.num_parameters));
    }
    return vectors;
}

/// Reads values that may be complex, each of them then a pair.
std::vector<float> read_values(const Field& field) {
    std::vector<float> values;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const Field value = field.at(i);
        if (!value.json.is_array()) {
            values.push_back(static_cast<float>(value.number()));
            continue;
        }
        const std::vector<float> pair = read_floats(value, 2);
        values.insert(values.end(), pair.begin(), pair.end());
    }
    return values;
}

SentMessage read_message(const Field& field) {
    constexpr std::uint64_t kMostEntries = std::uint64_t{1} << 32;
    SentMessage message;
    message.values = read_values(field.at("params"));
    if (field.json.contains("indices")) {
        const Field indices = field.at("indices");
        auto& numbers = message.indices.emplace();
        for (std::size_t i = 0; i < indices.size(); ++i) {
            numbers.push_back(static_cast<std::uint32_t>(indices.at(i).natural(kMostEntries - 1)));
        }
        if (numbers.empty() ? !message.values.empty()
                            : message.values.size() % numbers.size() != 0) {
            field.refuse(
                fmt::format("{} values for {} indices", message.values.size(), numbers.size()));
        }
    }
    if (field.json.contains("seed")) {
        message.seed = field.at("seed").natural(std::numeric_limits<std::uint64_t>::max());
    }
    return message;
}

Recording read_recording(const Field& field, const std::string& key, const VectorFile& file) {
    field.require_size(file.training.size());
    Recording recording{key, {}};
    for (std::size_t t = 0; t < file.training.size(); ++t) {
        const Field round = field.at(t);
        RecordedRound recorded;
        recorded.before = read_node_vectors(round.at("pre"), file);
        recorded.after = read_node_vectors(round.at("post"), file);
        const Field sent = round.at("sent");
        sent.require_size(file.num_nodes);
        for (std::size_t node = 0; node < file.num_nodes; ++node) {
            recorded.sent.push_back(read_message(sent.at(node)));
        }
        recording.rounds.push_back(std::move(recorded));
    }
    return recording;
}

std::vector<std::vector<std::uint32_t>> read_edges(const Field& field, std::size_t num_nodes) {
    std::vector<std::vector<std::uint32_t>> neighbors(num_nodes);
    for (std::size_t i = 0; i < field.size(); ++i) {
        const Field edge = field.at(i);
        edge.require_size(2);
        const auto u = static_cast<std::uint32_t>(edge.at(std::size_t{0}).natural(num_nodes - 1));
        const auto v = static_cast<std::uint32_t>(edge.at(std::size_t{1}).natural(num_nodes - 1));
        if (u == v || std::ranges::find(neighbors[u], v) != neighbors[u].end()) {
            edge.refuse(fmt::format("a loop or given twice, got {}", edge.json.dump()));
        }
        neighbors[u].push_back(v);
        neighbors[v].push_back(u);
    }
    for (auto& list : neighbors) {
        std::ranges::sort(list);
    }
    return neighbors;
}

/// Reads all but the recordings.
VectorFile read_system(const Field& root) {
    constexpr std::uint64_t kMost = 1'000'000'000;
    VectorFile file;
    file.num_nodes = root.at("N").natural(kMost);
    file.num_parameters = root.at("D").natural(kMost);
    const std::size_t num_rounds = root.at("R").natural(kMost);
    if (file.num_nodes == 0 || file.num_parameters == 0) {
        root.refuse("N or D is 0, allowed at least 1");
    }
    file.start = read_floats(root.at("x0"), file.num_parameters);
    const Field weights = root.at("W");
    weights.require_size(file.num_nodes);
    for (std::size_t node = 0; node < file.num_nodes; ++node) {
        const Field row = weights.at(node);
        row.require_size(file.num_nodes);
        auto& numbers = file.weights.emplace_back();
        for (std::size_t other = 0; other < file.num_nodes; ++other) {
            numbers.push_back(row.at(other).number());
        }
    }
    file.neighbors = read_edges(root.at("edges"), file.num_nodes);
    const Field training = root.at("delta");
    training.require_size(num_rounds);
    for (std::size_t t = 0; t < num_rounds; ++t) {
        file.training.push_back(read_node_vectors(training.at(t), file));
    }
    return file;
}

}  // namespace

VectorFile read_vector_file(const std::filesystem::path& path) {
    const Json json = read_json_file(path);
    return read_vector_file(json, path.string());
}

VectorFile read_vector_file(const nlohmann::json& json, const std::string& where) {
    const Field root{json, where};
    VectorFile file = read_system(root);
    constexpr std::array<std::string_view, 7> kSystem{"D", "N", "R", "W", "delta", "edges", "x0"};
    for (const auto& [key, value] : json.items()) {
        if (std::ranges::find(kSystem, key) == kSystem.end()) {
            file.recordings.push_back(read_recording(root.at(key), key, file));
        }
    }
    return file;
}

}  // namespace murmur::replay
