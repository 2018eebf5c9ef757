#include "emulator/report/comparison/curve_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace murmur::compare {
namespace {

using Places = std::vector<std::size_t>;

/// Options that say what a run does, not where: what one wants to see beside each other.
constexpr std::array<std::string_view, 6> kMethods = {
    "scenario", "protocol", "sharing", "codec", "aggregation", "optimizer"};

bool is_method(std::string_view option) {
    return std::ranges::find(kMethods, option) != kMethods.end();
}

/// The values of the methods' options, as one.
std::vector<std::string> method_of(const Comparison& comparison, std::size_t setting) {
    std::vector<std::string> method;
    for (std::size_t k = 0; k < comparison.options.size(); ++k) {
        if (is_method(comparison.options[k])) {
            method.push_back(comparison.settings[setting].values[k]);
        }
    }
    return method;
}

std::size_t count_methods(const Comparison& comparison, const Places& settings) {
    std::set<std::vector<std::string>> methods;
    for (const std::size_t setting : settings) {
        methods.insert(method_of(comparison, setting));
    }
    return methods.size();
}

/// Settings by the values of one option, in the order in which these come.
std::vector<Places> by_value(const Comparison& comparison,
                             const Places& settings,
                             std::size_t option) {
    std::vector<Places> parts;
    std::map<std::string, std::size_t> places;
    for (const std::size_t setting : settings) {
        const std::string& value = comparison.settings[setting].values[option];
        const auto [entry, is_new] = places.emplace(value, parts.size());
        if (is_new) {
            parts.emplace_back();
        }
        parts[entry->second].push_back(setting);
    }
    return parts;
}

/// How good a way of parting is; the greater, the better.
struct Worth {
    std::size_t methods;  ///< in the group that has fewest
    bool fits;
    std::ptrdiff_t few_parts;  ///< less the number of groups

    auto operator<=>(const Worth&) const = default;
};

std::vector<Places> best_parts(const Comparison& comparison,
                               const Places& settings,
                               std::size_t most) {
    std::vector<Places> best;
    std::optional<Worth> worth;
    for (std::size_t option = 0; option < comparison.options.size(); ++option) {
        std::vector<Places> parts = by_value(comparison, settings, option);
        if (parts.size() < 2) {
            continue;
        }
        Worth of_this{settings.size(), true, -static_cast<std::ptrdiff_t>(parts.size())};
        for (const Places& part : parts) {
            of_this.fits = of_this.fits && part.size() <= most;
            of_this.methods = std::min(of_this.methods, count_methods(comparison, part));
        }
        if (!worth || *worth < of_this) {
            worth = of_this;
            best = std::move(parts);
        }
    }
    return best;
}

std::vector<Places> in_order(const Places& settings, std::size_t most) {
    std::vector<Places> parts;
    for (std::size_t first = 0; first < settings.size(); first += most) {
        const auto begin = settings.begin() + static_cast<std::ptrdiff_t>(first);
        const std::size_t count = std::min(most, settings.size() - first);
        parts.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    return parts;
}

void part(const Comparison& comparison,
          const Places& settings,
          std::size_t most,
          std::vector<Places>& groups) {
    if (settings.size() <= most) {
        groups.push_back(settings);
        return;
    }
    std::vector<Places> parts = best_parts(comparison, settings, most);
    // Curves by themselves compare nothing.
    if (parts.empty() || parts.size() == settings.size()) {
        parts = in_order(settings, most);
    }
    for (const Places& one : parts) {
        part(comparison, one, most, groups);
    }
}

std::string value_text(const Comparison& comparison, std::size_t setting, std::size_t option) {
    const std::string& value = comparison.settings[setting].values[option];
    return fmt::format("{}={}", comparison.options[option], value.empty() ? "\"\"" : value);
}

/// The options that tell settings apart, methods first, without those that follow from these: where
/// each protocol has rounds of its own, the protocol says it all.
std::vector<std::size_t> telling(const Comparison& comparison, const Places& settings) {
    std::vector<std::size_t> order(comparison.options.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_partition(
        order, [&](std::size_t option) { return is_method(comparison.options[option]); });
    std::vector<std::size_t> chosen;
    std::vector<std::vector<std::string>> names(settings.size());
    std::size_t told = 1;
    for (const std::size_t option : order) {
        std::vector<std::vector<std::string>> longer = names;
        for (std::size_t i = 0; i < settings.size(); ++i) {
            longer[i].push_back(comparison.settings[settings[i]].values[option]);
        }
        const std::size_t count = std::set(longer.begin(), longer.end()).size();
        if (count > told) {
            told = count;
            names = std::move(longer);
            chosen.push_back(option);
        }
    }
    return chosen;
}

void append(std::string& text, const std::string& more) {
    text += (text.empty() ? "" : " ") + more;
}

CurveGroup named(const Comparison& comparison, const Places& settings, bool is_alone) {
    CurveGroup group{.name = {}, .settings = settings, .names = {}};
    for (std::size_t option = 0; !is_alone && option < comparison.options.size(); ++option) {
        if (by_value(comparison, settings, option).size() == 1) {
            append(group.name, value_text(comparison, settings.front(), option));
        }
    }
    const std::vector<std::size_t> options = telling(comparison, settings);
    for (const std::size_t setting : settings) {
        std::string name;
        for (const std::size_t option : options) {
            append(name, value_text(comparison, setting, option));
        }
        group.names.push_back(name.empty() ? comparison.settings[setting].name : name);
    }
    return group;
}

}  // namespace

std::vector<CurveGroup> curve_groups(const Comparison& comparison, std::size_t most) {
    Places all(comparison.settings.size());
    std::iota(all.begin(), all.end(), 0);
    std::vector<Places> parts;
    part(comparison, all, most, parts);
    std::vector<CurveGroup> groups;
    for (const Places& settings : parts) {
        groups.push_back(named(comparison, settings, parts.size() == 1));
    }
    return groups;
}

}  // namespace murmur::compare
