#include "tools/replay/replay.h"

#include "learning/sharing.h"
#include "tools/replay/sent_content.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

namespace murmur::replay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// No std::regex here: it calls itself for every character, and its code in this program would stand
// in for that of ns-3's readers, which accepts other patterns.

using Parts = std::span<const std::string_view>;

/// Returns what stands behind the prefix, if it is made of these characters.
std::optional<std::string_view> behind(std::string_view prefix,
                                       std::string_view part,
                                       std::string_view characters = "0123456789.e-") {
    if (!part.starts_with(prefix) || part.size() == prefix.size()) {
        return std::nullopt;
    }
    part.remove_prefix(prefix.size());
    return part.find_first_not_of(characters) == std::string_view::npos ? std::optional(part)
                                                                        : std::nullopt;
}

/// Returns what the end of a key, "", "acc" or "acc_avg", says about accumulation.
std::optional<std::string_view> accumulation(Parts rest) {
    if (rest.empty()) {
        return "none";
    }
    if (rest.size() > 2 || rest[0] != "acc" || (rest.size() == 2 && rest[1] != "avg")) {
        return std::nullopt;
    }
    return rest.size() == 1 ? "changes" : "averaging";
}

std::uint64_t parse_seed(std::string_view digits) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (error != std::errc{}) {
        throw std::invalid_argument(
            fmt::format("seed out of range, got {}, allowed below 2^64", digits));
    }
    return seed;
}

/// The strategies that select entries and may accumulate: `aA[_acc|_acc_avg]` behind their name.
std::optional<NamedStrategy> selecting(std::string_view beginning, Parts parts) {
    const auto alpha = parts.empty() ? std::nullopt : behind("a", parts.front());
    const auto kept = alpha ? accumulation(parts.subspan(1)) : std::nullopt;
    if (!kept) {
        return std::nullopt;
    }
    return NamedStrategy{.sharing =
                             fmt::format("{}alpha={},accumulation={}", beginning, *alpha, *kept)};
}

/// `aA_seedS+Ki`
std::optional<NamedStrategy> random_strategy(Parts parts) {
    constexpr std::string_view kDigits = "0123456789";
    const auto alpha = parts.size() == 2 ? behind("a", parts[0]) : std::nullopt;
    if (!alpha || !parts[1].ends_with('i')) {
        return std::nullopt;
    }
    const auto seeds = split(parts[1].substr(0, parts[1].size() - 1), '+');
    const auto seed = seeds.size() == 2 ? behind("seed", seeds[0], kDigits) : std::nullopt;
    const auto step = seed ? behind("", seeds[1], kDigits) : std::nullopt;
    if (!step) {
        return std::nullopt;
    }
    return NamedStrategy{.sharing = fmt::format("random:alpha={}", *alpha),
                         .seed = parse_seed(*seed),
                         .seed_step = parse_seed(*step)};
}

/// `aA_gG`
std::optional<NamedStrategy> choco_strategy(Parts parts) {
    const auto alpha = parts.size() == 2 ? behind("a", parts[0]) : std::nullopt;
    const auto gamma = alpha ? behind("g", parts[1]) : std::nullopt;
    if (!gamma) {
        return std::nullopt;
    }
    return NamedStrategy{.sharing = fmt::format("choco:alpha={},gamma={}", *alpha, *gamma)};
}

/// `NAME_lL_aA[_acc|_acc_avg]`
std::optional<NamedStrategy> wavelet_strategy(Parts parts) {
    constexpr std::string_view kNames = "abcdefghijklmnopqrstuvwxyz0123456789";
    const auto family = parts.size() > 2 ? behind("", parts[0], kNames) : std::nullopt;
    const auto level = family ? behind("l", parts[1], "0123456789") : std::nullopt;
    return level ? selecting(fmt::format("wavelet:family={},level={},", *family, *level),
                             parts.subspan(2))
                 : std::nullopt;
}

std::optional<NamedStrategy> find_strategy(std::string_view name, Parts rest) {
    if (name == "topk") {
        return selecting("top-k:", rest);
    }
    if (name == "fft") {
        return selecting("fft:", rest);
    }
    if (name == "wavelet") {
        return wavelet_strategy(rest);
    }
    if (name == "choco") {
        return choco_strategy(rest);
    }
    return name == "subsampling" ? random_strategy(rest) : std::nullopt;
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
    // Numbers of a key appear in messages.
    constexpr std::size_t kLongestKey = 200;
    if (key.size() > kLongestKey) {
        throw std::invalid_argument(fmt::format(
            "names no strategy, got {} characters, allowed {}", key.size(), kLongestKey));
    }
    if (key == "sharing_mh") {
        return {.sharing = "full"};
    }
    if (key == "plain_average") {
        return {.sharing = "plain-average"};
    }
    const std::vector<std::string_view> parts = split(key, '_');
    if (auto strategy = find_strategy(parts.front(), Parts(parts).subspan(1))) {
        return *std::move(strategy);
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
            constexpr std::size_t kMostShown = 80;
            throw std::invalid_argument(
                fmt::format("{}: {}", recording.key.substr(0, kMostShown), error.what()));
        }
    }
    return differences;
}

}  // namespace murmur::replay
