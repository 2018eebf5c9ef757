#include "topologies/read_summary.h"

#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {
namespace {

struct Component {
    std::size_t first_node;
    std::size_t size = 0;
};

/// Returns the components in the order of their numbers.
std::vector<Component> sizes(std::span<const std::uint32_t> component) {
    std::vector<Component> components;
    for (std::size_t node = 0; node < component.size(); ++node) {
        if (component[node] >= components.size()) {
            components.resize(component[node] + 1, {component.size()});
        }
        Component& mine = components[component[node]];
        mine.first_node = std::min(mine.first_node, node);
        ++mine.size;
    }
    return components;
}

bool is_larger(const Component& a, const Component& b) {
    return a.size != b.size ? a.size > b.size : a.first_node < b.first_node;
}

void append(std::string& list, std::size_t count, const std::string& text) {
    if (count > 0) {
        list += (list.empty() ? "" : ", ") + text;
    }
}

}  // namespace

std::string counted(std::size_t count, const std::string& noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string ReadSummary::describe() const {
    std::string text = fmt::format(
        "{}: {}, {}, {}", shown(path, 200), form, counted(nodes, "node"), counted(links, "link"));
    std::string kinds;
    append(kinds, parallel, fmt::format("{} parallel", parallel));
    append(kinds, one_way, fmt::format("{} of one direction", one_way));
    append(kinds, both_listed, fmt::format("{} listed in both directions", both_listed));
    if (!kinds.empty()) {
        text += " (" + kinds + ")";
    }
    if (components != 1) {
        text += ", " + counted(components, "component");
    }
    std::string dropped;
    append(dropped, nodes_dropped, counted(nodes_dropped, "node") + " of other components");
    append(dropped, repeated, counted(repeated, "repetition"));
    append(dropped, self_loops, counted(self_loops, "self-loop"));
    if (!dropped.empty()) {
        text += "; left out: " + dropped;
    }
    for (const std::string& note : notes) {
        text += "; " + note;
    }
    return text;
}

std::string describe_components(std::span<const std::uint32_t> component,
                                const std::function<std::string(std::size_t node)>& name_of) {
    constexpr std::size_t kListed = 5;
    std::vector<Component> components = sizes(component);
    std::sort(components.begin(), components.end(), is_larger);
    std::string text = counted(components.size(), "component") + ":";
    for (std::size_t i = 0; i < std::min(components.size(), kListed); ++i) {
        text += fmt::format("{} {} with '{}'",
                            i == 0 ? "" : ",",
                            counted(components[i].size, "node"),
                            shown(name_of(components[i].first_node), 30));
    }
    if (components.size() > kListed) {
        text += fmt::format(" and {} more", components.size() - kListed);
    }
    return text;
}

std::uint32_t largest_component(std::span<const std::uint32_t> component) {
    const std::vector<Component> components = sizes(component);
    const auto largest = std::min_element(components.begin(), components.end(), is_larger);
    return static_cast<std::uint32_t>(largest - components.begin());
}

}  // namespace murmur
