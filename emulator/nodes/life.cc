#include "emulator/nodes/life.h"

#include "emulator/base/quantity.h"
#include "emulator/nodes/availability.h"
#include "learning/random_stream.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

/// Reads `FRACTION@TIME`, several apart by commas, and returns the instant of each node; nothing
/// for nodes that were not drawn.
std::vector<std::optional<SimTime>> draw_instants(std::string_view option,
                                                  const std::string& text,
                                                  std::string_view purpose,
                                                  const LifeOptions& options,
                                                  NodeId always_there) {
    std::vector<std::optional<SimTime>> instants(options.nodes);
    if (text.empty()) {
        return instants;
    }
    std::vector<NodeId> order(options.nodes - always_there);
    std::iota(order.begin(), order.end(), always_there);
    RandomStream(stream_seed(options.seed, purpose)).shuffle(std::span(order));
    std::size_t next = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view entry = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
        const std::size_t at = entry.find('@');
        if (at == entry.npos) {
            throw std::invalid_argument(fmt::format(
                "{}: got '{}', allowed FRACTION@TIME, such as 0.5@30s", option, shown(entry)));
        }
        const double share = parse_fraction(std::string(option), entry.substr(0, at));
        const Distribution times(option, entry.substr(at + 1), parse_time);
        const auto count = static_cast<std::size_t>(std::llround(share * static_cast<double>(order.size())));
        if (count > order.size() - next) {
            throw std::invalid_argument(fmt::format(
                "{}: got '{}', allowed fractions whose sum is at most 1", option, shown(text)));
        }
        for (std::size_t i = 0; i < count; ++i) {
            const NodeId node = order[next++];
            RandomStream stream(stream_seed(options.seed, purpose, node));
            const double seconds = times.draw(stream, node);
            if (!(seconds > 0 && seconds <= kLongestSeconds)) {
                throw std::invalid_argument(fmt::format(
                    "{}: got '{}', allowed times above 0, up to 1e9 s", option, shown(entry)));
            }
            instants[node] = from_seconds(seconds);
        }
    }
    return instants;
}

/// A life in which the node is not there before `join`.
Life joining(Life life, SimTime join) {
    bool present = life.starts_present;
    std::optional<SimTime> next = life.next_change();
    while (next && *next <= join) {
        present = !present;
        next = life.next_change();
    }
    const auto rest = [next_change = std::move(life.next_change), next, join, joins = present]() mutable
        -> std::optional<SimTime> {
        if (std::exchange(joins, false)) {
            return join;
        }
        return next ? std::exchange(next, next_change()) : std::nullopt;
    };
    return {false, rest};
}

/// A life that ends at `crash`.
Life crashing(Life life, SimTime crash) {
    const auto rest = [next_change = std::move(life.next_change),
                       crash,
                       present = life.starts_present,
                       is_over = false]() mutable -> std::optional<SimTime> {
        if (is_over) {
            return std::nullopt;
        }
        const std::optional<SimTime> next = next_change();
        if (next && *next < crash) {
            present = !present;
            return next;
        }
        is_over = true;
        return present ? std::optional(crash) : std::nullopt;
    };
    return {life.starts_present, rest};
}

template <class T>
T word_of(std::string_view option,
          const std::string& text,
          const std::vector<std::pair<std::string, T>>& words) {
    std::vector<std::string> allowed;
    for (const auto& [word, meaning] : words) {
        if (word == text) {
            return meaning;
        }
        allowed.push_back(word);
    }
    throw std::invalid_argument(unknown_word(std::string(option), text, allowed));
}

}  // namespace

LifePlan plan_lives(const LifeOptions& options, NodeId always_there) {
    LifePlan plan;
    plan.finishes_work =
        word_of<bool>("--on-leave", options.on_leave, {{"lose", false}, {"finish", true}});
    plan.returns_with = word_of<ReturnsWith>("--on-return",
                                             options.on_return,
                                             {{"old", ReturnsWith::kOld},
                                              {"neighbor", ReturnsWith::kNeighbor},
                                              {"start", ReturnsWith::kStart}});
    Availability availability =
        plan_availability(options.availability, options.nodes, options.seed);
    auto joins = draw_instants("--join", options.join, "join", options, always_there);
    auto crashes = draw_instants("--crash", options.crash, "crash", options, always_there);
    plan.returns = availability.has_changes || !options.join.empty();
    plan.has_churn = plan.returns || !options.crash.empty();
    plan.notes = std::move(availability.notes);
    plan.make_life = [make = std::move(availability.make_life),
                      joins = std::move(joins),
                      crashes = std::move(crashes),
                      always_there](NodeId node) {
        if (node < always_there) {
            return Life();
        }
        Life life = make(node);
        if (joins[node]) {
            life = joining(std::move(life), *joins[node]);
        }
        return crashes[node] ? crashing(std::move(life), *crashes[node]) : life;
    };
    return plan;
}

}  // namespace murmur
