#include "scenarios/replay/replay.h"

#include "learning/sharing.h"
#include "scenarios/replay/sent_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <regex>
#include <stdexcept>

namespace murmur::replay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string accumulation(const std::string& suffix) {
    if (suffix.empty()) {
        return "none";
    }
    return suffix == "_acc" ? "changes" : "averaging";
}

std::uint64_t parse_seed(const std::string& digits) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (error != std::errc{}) {
        throw std::invalid_argument(
            fmt::format("seed out of range, got {}, allowed below 2^64", digits));
    }
    return seed;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) {
        return kInfinity;
    }
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
        largest = std::isnan(difference) ? kInfinity : std::max(largest, difference);
    }
    return largest;
}

/// One run of a strategy over all rounds of a file.
class Run {
  public:
    Run(const VectorFile& file, const Recording& recording)
        : file_(file),
          recording_(recording),
          strategy_(parse_strategy_key(recording.key)),
          sharing_(make_sharing(strategy_.sharing)) {
        const Parameters start = make_parameters(file.start);
        for (std::size_t node = 0; node < file.num_nodes; ++node) {
            models_.push_back(start);
            states_.push_back(sharing_->initial_state(start, SharingRole::kPeer));
        }
        difference_.key = recording.key;
    }

    Difference run() {
        for (std::size_t round = 0; round < recording_.rounds.size(); ++round) {
            train(round);
            const auto messages = send(round);
            merge(messages, round);
        }
        return difference_;
    }

  private:
    using Messages = std::vector<std::shared_ptr<const EncodedModel>>;

    void train(std::size_t round) {
        for (std::size_t node = 0; node < models_.size(); ++node) {
            std::vector<float> trained(models_[node]->values().begin(),
                                       models_[node]->values().end());
            for (std::size_t i = 0; i < trained.size(); ++i) {
                trained[i] += file_.training[round][node][i];
            }
            compare(trained, recording_.rounds[round].before[node], difference_.before);
            models_[node] = make_parameters(trained);
        }
    }

    Messages send(std::size_t round) {
        Messages messages;
        for (std::uint32_t node = 0; node < models_.size(); ++node) {
            const SharingContext context{
                .node = node,
                .round = round,
                .degree = static_cast<std::uint32_t>(file_.neighbors[node].size()),
                .stream_seed = strategy_.seed + strategy_.seed_step * node + round};
            messages.push_back(sharing_->encode(*states_[node], models_[node], context));
            compare_message(*messages.back(), round, node);
        }
        return messages;
    }

    void merge(const Messages& messages, std::size_t round) {
        for (std::uint32_t node = 0; node < models_.size(); ++node) {
            std::vector<WeightedMessage> neighbors;
            for (const std::uint32_t other : file_.neighbors[node]) {
                neighbors.push_back({other, file_.weights[node][other], messages[other]});
            }
            models_[node] = sharing_->merge(
                *states_[node], models_[node], file_.weights[node][node], neighbors);
            const std::vector<float> merged(models_[node]->values().begin(),
                                            models_[node]->values().end());
            compare(merged, recording_.rounds[round].after[node], difference_.after);
        }
    }

    static void compare(const std::vector<float>& ours,
                        const std::vector<float>& theirs,
                        double& largest) {
        largest = std::max(largest, largest_difference(ours, theirs));
    }

    void compare_message(const EncodedModel& message, std::size_t round, std::uint32_t node) {
        SentMessage ours = read_content(message);
        SentMessage theirs = recording_.rounds[round].sent[node];
        const std::string mismatch = make_comparable(ours, theirs);
        if (!mismatch.empty()) {
            difference_.message = kInfinity;
            if (difference_.first_mismatch.empty()) {
                difference_.first_mismatch =
                    fmt::format("round {}, node {}: {}", round, node, mismatch);
            }
            return;
        }
        double scale = 1.0;
        for (const float value : theirs.values) {
            scale = std::max(scale, static_cast<double>(std::abs(value)));
        }
        difference_.message =
            std::max(difference_.message, largest_difference(ours.values, theirs.values) / scale);
    }

    const VectorFile& file_;
    const Recording& recording_;
    NamedStrategy strategy_;
    std::unique_ptr<const Sharing> sharing_;
    std::vector<Parameters> models_;
    std::vector<std::unique_ptr<SharingState>> states_;
    Difference difference_;
};

}  // namespace

double Difference::largest() const {
    return std::max({before, message, after});
}

NamedStrategy parse_strategy_key(const std::string& key) {
    static const std::regex kTopK("topk_a([0-9.e-]+?)(|_acc|_acc_avg)");
    static const std::regex kRandom("subsampling_a([0-9.e-]+)_seed([0-9]+)\\+([0-9]+)i");
    static const std::regex kChoco("choco_a([0-9.e-]+)_g([0-9.e-]+)");
    static const std::regex kWavelet("wavelet_([a-z0-9]+)_l([0-9]+)_a([0-9.e-]+?)(|_acc|_acc_avg)");
    static const std::regex kFft("fft_a([0-9.e-]+?)(|_acc|_acc_avg)");
    std::smatch part;
    if (key == "sharing_mh") {
        return {.sharing = "full"};
    }
    if (key == "plain_average") {
        return {.sharing = "plain-average"};
    }
    if (std::regex_match(key, part, kTopK)) {
        return {.sharing = fmt::format(
                    "top-k:alpha={},accumulation={}", part[1].str(), accumulation(part[2]))};
    }
    if (std::regex_match(key, part, kRandom)) {
        return {.sharing = fmt::format("random:alpha={}", part[1].str()),
                .seed = parse_seed(part[2]),
                .seed_step = parse_seed(part[3])};
    }
    if (std::regex_match(key, part, kChoco)) {
        return {.sharing = fmt::format("choco:alpha={},gamma={}", part[1].str(), part[2].str())};
    }
    if (std::regex_match(key, part, kWavelet)) {
        return {.sharing = fmt::format("wavelet:family={},level={},alpha={},accumulation={}",
                                       part[1].str(),
                                       part[2].str(),
                                       part[3].str(),
                                       accumulation(part[4]))};
    }
    if (std::regex_match(key, part, kFft)) {
        return {.sharing = fmt::format(
                    "fft:alpha={},accumulation={}", part[1].str(), accumulation(part[2]))};
    }
    throw std::invalid_argument(
        "names no strategy, allowed sharing_mh, plain_average, "
        "topk_aA[_acc|_acc_avg], subsampling_aA_seedS+Ki, choco_aA_gG, "
        "wavelet_NAME_lL_aA[_acc|_acc_avg], fft_aA[_acc|_acc_avg]");
}

std::vector<Difference> replay(const VectorFile& file) {
    std::vector<Difference> differences;
    for (const Recording& recording : file.recordings) {
        try {
            differences.push_back(Run(file, recording).run());
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument(fmt::format("{}: {}", recording.key, error.what()));
        }
    }
    return differences;
}

}  // namespace murmur::replay
