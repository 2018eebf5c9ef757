#include "emulator/record/timeline_options.h"

#include "emulator/base/node_list.h"
#include "emulator/base/quantity.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

namespace murmur {

namespace {

[[noreturn]] void refuse(std::string_view where, std::string_view text) {
    throw std::invalid_argument(
        fmt::format("{}: got '{}', allowed true, false, or nodes=LIST such as 0,3-5, from=TIME and "
                    "to=TIME, each once, apart by commas",
                    where,
                    shown(text)));
}

/// Returns the value of each key; commas in a value are those of a list of nodes.
std::map<std::string, std::string> values_of(std::string_view where, std::string_view text) {
    std::map<std::string, std::string> values;
    std::string key;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view entry = text.substr(begin, end - begin);
        if (const std::size_t equals = entry.find('='); equals != std::string_view::npos) {
            key = entry.substr(0, equals);
            const bool is_known = key == "nodes" || key == "from" || key == "to";
            const std::string value(entry.substr(equals + 1));
            if (!is_known || value.empty() || !values.emplace(key, value).second) {
                refuse(where, text);
            }
        } else if (key == "nodes" && !entry.empty()) {
            values[key] += ',';
            values[key] += entry;
        } else {
            refuse(where, text);
        }
        begin = end + 1;
    }
    return values;
}

}  // namespace

bool TimelineOptions::shows(std::uint32_t node) const {
    return nodes.empty() || std::binary_search(nodes.begin(), nodes.end(), node);
}

TimelineOptions parse_timeline(std::string_view where,
                               std::string_view text,
                               std::uint32_t num_nodes) {
    TimelineOptions options;
    options.is_on = !text.empty() && text != "false";
    if (!options.is_on || text == "true") {
        return options;
    }
    for (const auto& [key, value] : values_of(where, text)) {
        if (key == "nodes") {
            options.nodes = parse_nodes(where, value, num_nodes);
        } else if (key == "from") {
            options.from = from_seconds(parse_time(where, value));
        } else {
            options.to = from_seconds(parse_time(where, value));
        }
    }
    if (options.from > options.to) {
        throw std::invalid_argument(fmt::format(
            "{}: got '{}', allowed a time `from` that is not after `to`", where, shown(text)));
    }
    return options;
}

}  // namespace murmur
