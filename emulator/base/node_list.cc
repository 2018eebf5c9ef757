#include "emulator/base/node_list.h"

#include "emulator/base/quantity.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

namespace murmur {

std::vector<std::uint32_t> parse_nodes(std::string_view where,
                                       std::string_view list,
                                       std::uint32_t num_nodes) {
    const auto node_of = [&](std::string_view text) {
        const std::uint64_t node = parse_count(where, text);
        if (node >= num_nodes) {
            throw std::invalid_argument(
                fmt::format("{}: got node {}, allowed 0 to {}", where, node, num_nodes - 1));
        }
        return static_cast<std::uint32_t>(node);
    };
    std::set<std::uint32_t> nodes;
    for (const std::string_view part : split(list, ',')) {
        const std::size_t dash = part.find('-');
        const std::uint32_t first = node_of(part.substr(0, dash));
        const std::uint32_t last =
            dash == std::string_view::npos ? first : node_of(part.substr(dash + 1));
        if (last < first) {
            throw std::invalid_argument(fmt::format(
                "{}: got nodes {}, allowed the smaller number first", where, shown(part)));
        }
        for (std::uint32_t node = first; node <= last; ++node) {
            nodes.insert(node);
        }
    }
    return {nodes.begin(), nodes.end()};
}

}  // namespace murmur
