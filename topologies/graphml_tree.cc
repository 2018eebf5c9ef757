#include "topologies/graphml_tree.h"

#include "topologies/text_files.h"

#include <boost/property_tree/xml_parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace murmur {

using boost::property_tree::ptree;

namespace {

/// The parser calls itself for each element in another: a hostile file would exhaust the stack.
constexpr std::size_t kDeepest = 100;
/// The parsed document takes some twenty times as much memory.
constexpr std::size_t kLargestFile = std::size_t{64} << 20;

/// Returns the place behind the next `end`, or the end of the text.
std::size_t behind(std::string_view text, std::size_t from, std::string_view end) {
    const std::size_t at = text.find(end, from);
    return at == std::string_view::npos ? text.size() : at + end.size();
}

/// Returns the place behind the tag that begins here; a > in quotes does not end it.
std::size_t behind_tag(std::string_view text, std::size_t from) {
    while (from < text.size() && text[from] != '>') {
        const char character = text[from];
        const bool is_quote = character == '"' || character == '\'';
        from = is_quote ? behind(text, from + 1, text.substr(from, 1)) : from + 1;
    }
    return std::min(from + 1, text.size());
}

/// Calls `begin(at)` for every tag that begins an element, and `end` where one ends.
template <class Begin, class End>
void for_each_element(std::string_view text, Begin begin, End end) {
    for (std::size_t at = text.find('<'); at < text.size(); at = text.find('<', at)) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("<!--")) {
            at = behind(text, at, "-->");
        } else if (rest.starts_with("<![CDATA[")) {
            at = behind(text, at, "]]>");
        } else if (rest.starts_with("<?")) {
            at = behind(text, at, "?>");
        } else if (rest.starts_with("<!")) {
            at = behind(text, at, ">");
        } else if (rest.starts_with("</")) {
            end();
            at = behind(text, at, ">");
        } else {
            begin(at);
            at = behind_tag(text, at);
            if (text.substr(0, at).ends_with("/>")) {
                end();
            }
        }
    }
}

/// Returns how many elements of an XML text lie in each other at most.
std::size_t deepest_nesting(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    for_each_element(
        text,
        [&](std::size_t) { deepest = std::max(deepest, ++depth); },
        [&] { depth -= depth > 0 ? 1 : 0; });
    return deepest;
}

}  // namespace

ptree parse_xml(const std::string& path, const std::string& text) {
    if (text.size() > kLargestFile) {
        throw std::invalid_argument(fmt::format("{}: too much XML, got {} bytes, allowed {}",
                                                shown(path, 200),
                                                text.size(),
                                                kLargestFile));
    }
    if (const std::size_t depth = deepest_nesting(text); depth > kDeepest) {
        throw std::invalid_argument(
            fmt::format("{}: elements lie too deep in each other, got {}, allowed {}",
                        shown(path, 200),
                        depth,
                        kDeepest));
    }
    ptree document;
    // Without what follows the last element, so that what is cut off is so in the last line.
    std::istringstream stream(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
    try {
        boost::property_tree::read_xml(stream, document);
    } catch (const boost::property_tree::xml_parser_error& error) {
        throw std::invalid_argument(
            fmt::format("{}:{}: not XML, {}", shown(path, 200), error.line(), error.message()));
    }
    return document;
}

std::vector<std::size_t> element_lines(std::string_view text, std::string_view name) {
    std::vector<std::size_t> lines;
    std::size_t line = 1;
    std::size_t counted = 0;
    for_each_element(
        text,
        [&](std::size_t at) {
            line += static_cast<std::size_t>(
                std::count(text.begin() + counted, text.begin() + at, '\n'));
            counted = at;
            const std::string_view rest = text.substr(at + 1);
            if (rest.starts_with(name) &&
                rest.substr(name.size()).find_first_of(" \t\r\n/>") == 0) {
                lines.push_back(line);
            }
        },
        [] {});
    return lines;
}

const ptree& only_graph(const std::string& path, const ptree& document) {
    static const std::set<std::string> kKnown = {
        "node", "edge", "data", "desc", "<xmlattr>", "<xmlcomment>"};
    const auto root = document.get_child_optional("graphml");
    const std::size_t num_graphs = root ? root->count("graph") : 0;
    if (num_graphs != 1) {
        throw std::invalid_argument(fmt::format(
            "{}: not a GraphML graph, got {} <graph> elements inside <graphml>, expected one",
            shown(path, 200),
            num_graphs));
    }
    const ptree& graph = root->get_child("graph");
    for (const auto& [name, element] : graph) {
        if (kKnown.count(name) == 0 || element.count("graph") > 0) {
            throw std::invalid_argument(fmt::format(
                "{}: got a {} in the graph, allowed are <node> and <edge>",
                shown(path, 200),
                kKnown.count(name) == 0 ? "<" + shown(name, 30) + ">" : "nested <graph>"));
        }
    }
    return graph;
}

bool is_directed(const ptree& graph) {
    return attribute(graph, "edgedefault") == "directed";
}

std::string attribute(const ptree& element, const std::string& name) {
    // By another separator: the names of some attributes hold points.
    return element.get(ptree::path_type("<xmlattr>/" + name, '/'), std::string());
}

}  // namespace murmur
