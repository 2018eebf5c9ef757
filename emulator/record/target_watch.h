#pragma once

#include "emulator/record/target.h"
#include "learning/learner.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace murmur {

/// Says when targets are reached while tests come in one by one, without a walk over all nodes for
/// each of them; to the last bit what `Target::is_reached` says of all latest tests.
class TargetWatch {
  public:
    TargetWatch(std::vector<Target> targets, std::uint32_t num_nodes);

    /// Takes the latest test of a node in place of the one before.
    void note(std::uint32_t node, const EvaluationResult& test);
    /// Tells whether a target is reached; false without any test.
    [[nodiscard]] bool is_reached();

  private:
    /// A target, and what is known of its figure.
    struct Watched {
        Target target;
        std::uint32_t good = 0;     ///< nodes that are there
        double sum = 0;             ///< of all nodes, but for rounding
        double largest = 0;         ///< |sum| since it was last added up
        std::uint64_t changes = 0;  ///< of the sum since then
    };

    static void take_out(const EvaluationResult& test, Watched& watched);
    static void put_in(const EvaluationResult& test, Watched& watched);
    [[nodiscard]] bool is_reached(Watched& watched) const;
    [[nodiscard]] std::vector<EvaluationResult> tests() const;
    void add_up(Watched& watched) const;

    std::vector<Watched> watched_;
    std::vector<std::optional<EvaluationResult>> latest_;  ///< [num_nodes]
    std::uint32_t tested_ = 0;                             ///< nodes
};

}  // namespace murmur
