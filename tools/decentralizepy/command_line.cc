#include "tools/decentralizepy/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

namespace murmur::decentralizepy {
namespace {

/// Every option of its utils.py: the short name, and ours.
const std::map<std::string, std::string, std::less<>>& short_names() {
    static const std::map<std::string, std::string, std::less<>> table{
        {"-mid", "machine-id"},
        {"-ps", "procs-per-machine"},
        {"-ms", "machines"},
        {"-ld", "log-dir"},
        {"-wsd", "weights-store-dir"},
        {"-is", "iterations"},
        {"-cf", "config-file"},
        {"-ll", "log-level"},
        {"-gf", "graph"},
        {"-gt", "graph-type"},
        {"-ta", "test-after"},
        {"-tea", "train-evaluate-after"},
        {"-ro", "reset-optimizer"},
        {"-sm", "server-machine"},
        {"-sr", "server-rank"},
        {"-wr", "working-rate"},
    };
    return table;
}

/// Returns our name of an option of DecentralizePy's; empty for anything else.
std::string long_name(std::string_view option) {
    if (const auto found = short_names().find(option); found != short_names().end()) {
        return found->second;
    }
    if (!option.starts_with("--")) {
        return "";
    }
    std::string name(option.substr(2));
    std::ranges::replace(name, '_', '-');
    name = name == "graph-file" ? "graph" : name;
    const bool is_known = std::ranges::any_of(
        short_names(), [&](const auto& short_name) { return short_name.second == name; });
    return is_known ? name : "";
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::vector<std::string> with_long_names(std::span<const std::string> arguments) {
    std::vector<std::string> renamed;
    for (std::size_t at = 0; at < arguments.size(); ++at) {
        const std::string& argument = arguments[at];
        const std::size_t equals = argument.find('=');
        const std::string name = long_name(std::string_view(argument).substr(0, equals));
        if (name.empty()) {
            renamed.push_back(argument);
            continue;
        }
        std::string value;
        if (equals != std::string::npos) {
            value = argument.substr(equals + 1);
        } else if (++at < arguments.size()) {
            value = arguments[at];
        } else {
            throw std::invalid_argument(fmt::format("{}: without a value", argument));
        }
        while (name == "procs-per-machine" && at + 1 < arguments.size() &&
               is_number(arguments[at + 1])) {
            value += "," + arguments[++at];
        }
        renamed.push_back(fmt::format("--{}={}", name, value));
    }
    return renamed;
}

}  // namespace murmur::decentralizepy
