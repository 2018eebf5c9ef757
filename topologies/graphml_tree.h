#pragma once

#include <boost/property_tree/ptree.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Reads the text of an XML file.
/// @throws std::invalid_argument  "PATH:LINE: not XML, ...", on more than 64 MiB, and where
///                                elements lie more than 100 deep in each other
[[nodiscard]] boost::property_tree::ptree parse_xml(const std::string& path,
                                                    const std::string& text);

/// Returns the lines of the elements of one name in an XML text, in document order.
[[nodiscard]] std::vector<std::size_t> element_lines(std::string_view text, std::string_view name);

/// Returns the one graph of a GraphML document.
/// @throws std::invalid_argument  where there is none or more than one, and where it is nested or a
///                                hyper-graph
[[nodiscard]] const boost::property_tree::ptree& only_graph(
    const std::string& path, const boost::property_tree::ptree& document);

/// Returns whether the edges of a graph are directed where they do not say themselves.
[[nodiscard]] bool is_directed(const boost::property_tree::ptree& graph);

/// Returns an attribute's text, empty where there is none.
[[nodiscard]] std::string attribute(const boost::property_tree::ptree& element,
                                    const std::string& name);

}  // namespace murmur
