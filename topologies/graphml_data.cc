#include "topologies/graphml_data.h"

#include "topologies/graphml_tree.h"
#include "topologies/read_summary.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace murmur {
namespace {

using boost::property_tree::ptree;

/// Returns a name in small letters and digits alone.
std::string plain(std::string_view name) {
    std::string result;
    for (const char character : name) {
        if (std::isalnum(static_cast<unsigned char>(character)) != 0) {
            result += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
        }
    }
    return result;
}

std::vector<GraphmlData::Kind> bearers_of(const std::string& text) {
    using Kind = GraphmlData::Kind;
    if (text == "graph") {
        return {Kind::kGraph};
    }
    if (text == "node") {
        return {Kind::kNode};
    }
    if (text == "edge") {
        return {Kind::kEdge};
    }
    return text.empty() || text == "all" ? std::vector{Kind::kGraph, Kind::kNode, Kind::kEdge}
                                         : std::vector<Kind>{};
}

bool contains(const std::vector<GraphmlData::Kind>& kinds, GraphmlData::Kind kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

/// Returns the text of the first element of this name anywhere inside another.
const std::string* find_inside(const ptree& element, const std::string& name) {
    for (const auto& [child_name, child] : element) {
        if (child_name == name) {
            return &child.data();
        }
        if (const std::string* found = find_inside(child, name)) {
            return found;
        }
    }
    return nullptr;
}

std::string noun_of(GraphmlData::Kind kind) {
    return kind == GraphmlData::Kind::kEdge ? "link" : "node";
}

}  // namespace

GraphmlData::GraphmlData(const ptree& root) {
    for (auto [child, end] = root.equal_range("key"); child != end; ++child) {
        const ptree& element = child->second;
        std::string name = attribute(element, "attr.name");
        if (name.empty()) {
            name = attribute(element, "yfiles.type");
        }
        const auto fallback = element.get_optional<std::string>("default");
        keys_.push_back({attribute(element, "id"),
                         name.empty() ? attribute(element, "id") : name,
                         plain(name),
                         fallback ? std::optional(*fallback) : std::nullopt,
                         bearers_of(attribute(element, "for"))});
    }
}

std::optional<GraphmlData::Value> GraphmlData::find(
    const ptree& element, Kind kind, std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
        for (const Key& key : keys_) {
            if (key.plain_name != name || !contains(key.bearers, kind)) {
                continue;
            }
            std::string text = key.fallback.value_or("");
            for (auto [data, end] = element.equal_range("data"); data != end; ++data) {
                if (attribute(data->second, "key") == key.id) {
                    text = data->second.data();
                }
            }
            if (text = std::string(trimmed(text)); !text.empty()) {
                return Value{key.name, key.id, text, kind};
            }
        }
    }
    return std::nullopt;
}

std::string GraphmlData::drawn_label(const ptree& element) {
    const std::string* label = find_inside(element, "y:NodeLabel");
    return label == nullptr ? "" : *label;
}

void GraphmlData::count(const ptree& element, Kind kind) {
    for (auto [data, end] = element.equal_range("data"); data != end; ++data) {
        const std::string id = attribute(data->second, "key");
        const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const Key& candidate) {
            return candidate.id == id && contains(candidate.bearers, kind);
        });
        const bool is_empty = trimmed(data->second.data()).empty() && data->second.size() <= 1;
        if (!is_empty) {
            ++uses_[{kind, key == keys_.end() ? id : key->name}].counted;
        }
    }
}

void GraphmlData::use(const Value& value) {
    ++uses_[{value.kind, value.name}].used;
}

std::string GraphmlData::unused() const {
    constexpr std::size_t kListed = 6;
    std::string list;
    std::size_t more = 0;
    std::size_t listed = 0;
    // Links first: theirs are what a network is made of.
    for (const Kind kind : {Kind::kEdge, Kind::kNode}) {
        for (const auto& [bearer_and_name, use] : uses_) {
            const auto& [bearer, name] = bearer_and_name;
            if (bearer != kind || use.counted <= use.used) {
                continue;
            }
            if (listed == kListed) {
                ++more;
                continue;
            }
            ++listed;
            list += fmt::format("{}{} ({})",
                                list.empty() ? "" : ", ",
                                shown(name, 30),
                                counted(use.counted - use.used, noun_of(kind)));
        }
    }
    if (list.empty()) {
        return "";
    }
    return "not used: " + list + (more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace murmur
