#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace murmur {

/// Which models a run is to save, of which nodes and when.
struct ModelSaving {
    enum class When : std::uint8_t {
        kNever,
        kFinal,  ///< when the run is complete
        kBest,   ///< of the evaluated round whose tests are best, in the mean over the nodes
        kEvery,  ///< after each `every` rounds, and after the last
    };

    When when = When::kNever;
    std::uint64_t every = 0;
    std::vector<std::uint32_t> nodes{};  ///< ascending
    bool has_all_nodes = true;
    bool by_loss = false;  ///< the best have the lowest loss: the metric of tests is no accuracy

    [[nodiscard]] bool has(std::uint32_t node) const;
    /// Returns whether a node's model after so many rounds is to be written while the run goes on.
    /// @param is_last  of the run
    [[nodiscard]] bool wants(std::uint32_t node,
                             std::uint64_t rounds,
                             bool is_evaluated,
                             bool is_last) const;
};

/// Parses `final`, `best` or `every:K`, each with `,nodes=0,3-5` behind it or without; an empty
/// text saves nothing.
/// @throws std::invalid_argument  naming `where`; on a node that is not among `num_nodes`
[[nodiscard]] ModelSaving parse_model_saving(std::string_view where,
                                             std::string_view text,
                                             std::uint32_t num_nodes);

}  // namespace murmur
