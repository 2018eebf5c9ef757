#include "emulator/network/underlays/underlay_spec.h"

#include "emulator/base/quantity.h"
#include "topologies/router_graph.h"
#include "topologies/text_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace murmur {

namespace {

/// Returns how long the key of a part `key=value` is, or 0 where it is no such part.
std::size_t key_length(std::string_view part) {
    const std::size_t end = part.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
    return end != std::string_view::npos && part[end] == '=' ? end : 0;
}

}  // namespace

UnderlaySpec::UnderlaySpec(std::string_view text) : text_(text) {
    const std::size_t colon = text.find(':');
    name_ = text.substr(0, colon);
    std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    // Options follow a name without arguments after its colon as well: leaf-spine:rate=1Gbps.
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        if (const std::size_t length = key_length(part); length > 0) {
            options_.emplace_back(part.substr(0, length), part.substr(length + 1));
        } else {
            arguments_.emplace_back(part);
        }
    }
}

std::string UnderlaySpec::argument() const {
    return fmt::format("{}", fmt::join(arguments_, ","));
}

void UnderlaySpec::allow(const std::vector<std::string_view>& keys) const {
    std::set<std::string_view> seen;
    for (const auto& [key, value] : options_) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
            fail(keys.empty()
                     ? fmt::format("no option {}, allowed none", key)
                     : fmt::format("no option {}, allowed {}", key, fmt::join(keys, ", ")));
        }
        if (!seen.insert(key).second) {
            fail(fmt::format("option {} is given twice, allowed once", key));
        }
    }
}

void UnderlaySpec::refuse_arguments() const {
    if (!arguments_.empty()) {
        fail(fmt::format("got '{}' after {}, allowed nothing", argument(), name_));
    }
}

std::optional<std::string> UnderlaySpec::text(std::string_view key) const {
    for (const auto& [name, value] : options_) {
        if (name == key) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<double> UnderlaySpec::rate_bps(std::string_view key) const {
    const std::optional<std::string> value = text(key);
    return value ? std::optional(parse_rate(fmt::format("--underlay: {}", key), *value))
                 : std::nullopt;
}

std::optional<double> UnderlaySpec::time_s(std::string_view key) const {
    const std::optional<std::string> value = text(key);
    if (!value) {
        return std::nullopt;
    }
    const double seconds = parse_time(fmt::format("--underlay: {}", key), *value);
    if (seconds > kLongestLatency_s) {
        throw std::invalid_argument(fmt::format(
            "--underlay: {}: got '{}', allowed up to {:g} s", key, *value, kLongestLatency_s));
    }
    return seconds;
}

void UnderlaySpec::fail(std::string_view what) const {
    throw std::invalid_argument(fmt::format("--underlay: '{}': {}", shown(text_, 200), what));
}

}  // namespace murmur
