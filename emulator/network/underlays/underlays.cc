#include "emulator/network/underlays/underlays.h"

#include "emulator/network/underlays/plans.h"
#include "topologies/router_graph.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

UnderlayRegistry& underlays() {
    static UnderlayRegistry registry("underlay", register_all);
    return registry;
}

bool links_pairs(std::string_view spec) {
    return underlays().has(parse_spec(spec).name) && underlays().select(spec).make.links_pairs;
}

std::optional<double> rate_option_bps(const Options& options, std::string_view key) {
    if (!options.declares(key) || options.text(key).empty()) {
        return std::nullopt;
    }
    return parse_rate(fmt::format("{}: {}", options.where(), key), options.text(key));
}

std::optional<double> latency_option_s(const Options& options, std::string_view key) {
    if (!options.declares(key) || options.text(key).empty()) {
        return std::nullopt;
    }
    const std::string& text = options.text(key);
    const std::string where = fmt::format("{}: {}", options.where(), key);
    const double seconds = parse_time(where, text);
    if (seconds > kLongestLatency_s) {
        throw std::invalid_argument(
            fmt::format("{}: got '{}', allowed up to {:g} s", where, text, kLongestLatency_s));
    }
    return seconds;
}

}  // namespace murmur
