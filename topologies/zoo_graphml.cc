#include "topologies/graphml_tree.h"
#include "topologies/router_files.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string_view>

namespace murmur {
namespace {

using boost::property_tree::ptree;

constexpr double kEarthRadiusKm = 6371.0088;
constexpr double kFiberKmPerS = 299792.458 * 2 / 3;

/// Returns the line of an element.  Where our scan and the parser understand a file differently,
/// the line of the last one must do.
std::size_t line_of(const std::vector<std::size_t>& lines, std::size_t position) {
    return lines.empty() ? 1 : lines[std::min(position, lines.size() - 1)];
}

/// One Topology Zoo file on its way to a graph.
class ZooReader {
  public:
    ZooReader(const std::string& path, const LinkDefaults& defaults)
        : path_(path), defaults_(defaults), document_(parse_xml(path)) {
        auto stream = open_for_reading(path);
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        node_lines_ = element_lines(text, "node");
        edge_lines_ = element_lines(text, "edge");
    }

    RouterGraph read() {
        const ptree& graph = only_graph(path_, document_);
        check_supported(path_, graph);
        learn_keys();
        std::size_t position = 0;
        for (auto [node, end] = graph.equal_range("node"); node != end; ++node) {
            add_node(node->second, line_of(node_lines_, position++));
        }
        position = 0;
        for (auto [edge, end] = graph.equal_range("edge"); edge != end; ++edge) {
            add_edge(edge->second, line_of(edge_lines_, position++));
        }
        return std::move(graph_);
    }

  private:
    [[noreturn]] void fail(std::size_t line, std::string_view what) const {
        throw std::invalid_argument(fmt::format("{}:{}: {}", path_, line, what));
    }

    void learn_keys() {
        const ptree& root = document_.get_child("graphml");
        for (auto [key, end] = root.equal_range("key"); key != end; ++key) {
            const ptree& element = key->second;
            const auto bearer = element.get<std::string>("<xmlattr>.for", "all");
            for (const char* kind : {"node", "edge"}) {
                if (bearer == kind || bearer == "all") {
                    const auto name = element.get(ptree::path_type("<xmlattr>/attr.name", '/'), "");
                    keys_[fmt::format("{} {}", kind, name)] = element.get("<xmlattr>.id", "");
                }
            }
        }
    }

    /// Returns the text of an element's attribute; none where it is missing.
    std::optional<std::string> text(const ptree& element,
                                    const std::string& kind,
                                    const std::string& name) const {
        const auto key = keys_.find(kind + " " + name);
        if (key == keys_.end()) {
            return std::nullopt;
        }
        for (auto [data, end] = element.equal_range("data"); data != end; ++data) {
            if (data->second.get<std::string>("<xmlattr>.key", "") == key->second) {
                return data->second.data();
            }
        }
        return std::nullopt;
    }

    std::optional<double> number(const ptree& element,
                                 const std::string& kind,
                                 const std::string& name,
                                 std::size_t line) const {
        const std::optional<std::string> given = text(element, kind, name);
        if (!given) {
            return std::nullopt;
        }
        const auto value = parse_number<double>(*given);
        if (!value || !std::isfinite(*value)) {
            fail(line, fmt::format("{} is not a number, got '{}'", name, *given));
        }
        return value;
    }

    void add_node(const ptree& node, std::size_t line) {
        const auto id = node.get<std::string>("<xmlattr>.id", "");
        const std::string label = text(node, "node", "label").value_or("");
        const RouterId router = graph_.add_router(label.empty() ? id : label);
        if (id.empty() || !routers_.emplace(id, router).second) {
            fail(line, fmt::format("the node's id is missing or repeated, got '{}'", id));
        }
        graph_.access.push_back(router);
        const auto latitude = number(node, "node", "Latitude", line);
        const auto longitude = number(node, "node", "Longitude", line);
        if (!latitude || !longitude) {
            places_.push_back(std::nullopt);
            return;
        }
        if (std::abs(*latitude) > 90 || std::abs(*longitude) > 180) {
            fail(line,
                 fmt::format("no place on Earth, got Latitude {} and Longitude {}, allowed up to "
                             "+-90 and +-180",
                             *latitude,
                             *longitude));
        }
        places_.push_back(Place{*latitude, *longitude});
    }

    RouterId router_at(const ptree& edge, const std::string& end, std::size_t line) const {
        const auto id = edge.get<std::string>("<xmlattr>." + end, "");
        const auto router = routers_.find(id);
        if (router == routers_.end()) {
            fail(line, fmt::format("the {} is not a node of the graph, got '{}'", end, id));
        }
        return router->second;
    }

    void add_edge(const ptree& edge, std::size_t line) {
        const RouterId first = router_at(edge, "source", line);
        const RouterId second = router_at(edge, "target", line);
        if (first == second) {
            fail(line, fmt::format("the edge joins '{}' to itself", graph_.routers[first]));
        }
        const double rate_bps = rate(edge, line);
        graph_.join(first, second, rate_bps, latency(first, second, line));
    }

    double rate(const ptree& edge, std::size_t line) const {
        const auto given = number(edge, "edge", "LinkSpeedRaw", line);
        if (given && *given <= 0) {
            fail(line, fmt::format("LinkSpeedRaw is no rate, got {}, allowed above 0", *given));
        }
        if (!given && !defaults_.rate_bps) {
            fail(line,
                 "the edge has no LinkSpeedRaw; give a rate for such links, as in ,rate=1Gbps");
        }
        return given ? *given : *defaults_.rate_bps;
    }

    double latency(RouterId first, RouterId second, std::size_t line) const {
        if (places_[first] && places_[second]) {
            return great_circle_latency(*places_[first], *places_[second]);
        }
        if (!defaults_.latency_s) {
            fail(
                line,
                fmt::format("the edge's end '{}' has no Latitude and Longitude; give a latency for "
                            "such links, as in ,latency=5ms",
                            graph_.routers[places_[first] ? second : first]));
        }
        return *defaults_.latency_s;
    }

    std::string path_;
    LinkDefaults defaults_;
    ptree document_;
    std::vector<std::size_t> node_lines_;
    std::vector<std::size_t> edge_lines_;
    std::map<std::string, std::string> keys_;   ///< id by kind and name
    std::map<std::string, RouterId> routers_;   ///< by id
    std::vector<std::optional<Place>> places_;  ///< by router
    RouterGraph graph_;
};

}  // namespace

double great_circle_latency(const Place& a, const Place& b) {
    const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
    const auto haversine = [](double angle) { return std::pow(std::sin(angle / 2), 2); };
    const double h = haversine(radians(b.latitude_deg - a.latitude_deg)) +
                     std::cos(radians(a.latitude_deg)) * std::cos(radians(b.latitude_deg)) *
                         haversine(radians(b.longitude_deg - a.longitude_deg));
    // Rounding may carry the sine of half the angle beyond 1 at antipodes.
    return 2 * kEarthRadiusKm * std::asin(std::min(1.0, std::sqrt(h))) / kFiberKmPerS;
}

RouterGraph read_zoo_graphml(const std::string& path, const LinkDefaults& defaults) {
    return ZooReader(path, defaults).read();
}

}  // namespace murmur
