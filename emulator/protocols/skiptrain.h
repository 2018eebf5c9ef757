#pragma once

#include "emulator/protocols/dpsgd.h"

#include <optional>

namespace murmur {

/// SkipTrain [Dhasade, 2024]: D-PSGD that trains in `train` rounds and then only synchronizes in
/// `sync` rounds, in turn: nodes share and merge as always, and their devices rest.  What training
/// costs in energy falls by sync / (train + sync), and models agree better.
///
/// With a budget of B trainings a node (SkipTrain-constrained), it trains in each of the T training
/// rounds of the run with probability min(1, B / T), or in the first B of them (the greedy
/// baseline), and never more than B times.  What it does not train in, it synchronizes in.
/// - [Dhasade, 2024] A. Dhasade et al. Energy-aware decentralized learning with intermittent model
///   training. IPDPS workshops; arXiv:2407.01283.
class SkipTrain final : public Dpsgd {
  public:
    enum class Spending : std::uint8_t { kProbability, kGreedy };
    struct Options {
        std::uint64_t train = 4;
        std::uint64_t sync = 4;
        std::optional<std::uint64_t> budget{};  ///< trainings of this node; none: no limit
        Spending spending = Spending::kProbability;
    };

    SkipTrain(NodeContext& node, Options options, const Dpsgd::Options& missing = {})
        : Dpsgd(node, missing), options_(options) {}

    /// Returns whether a round is one of training, for nodes that may still train.
    [[nodiscard]] static bool is_training_round(const Options& options, std::uint64_t round) {
        return round % (options.train + options.sync) < options.train;
    }
    /// Returns how many of the first `rounds` rounds are.
    [[nodiscard]] static std::uint64_t training_rounds(const Options& options,
                                                       std::uint64_t rounds);

  private:
    bool trains() override;

    Options options_;
    std::uint64_t trainings_ = 0;
};

}  // namespace murmur
