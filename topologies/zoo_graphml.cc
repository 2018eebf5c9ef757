#include "topologies/graphml_data.h"
#include "topologies/graphml_tree.h"
#include "topologies/link_quantities.h"
#include "topologies/router_builder.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string_view>

namespace murmur {
namespace {

using boost::property_tree::ptree;
using Kind = GraphmlData::Kind;
using Value = GraphmlData::Value;

constexpr double kEarthRadiusKm = 6371.0088;
constexpr double kFiberKmPerS = 299792.458 * 2 / 3;
constexpr std::size_t kMostText = std::size_t{256} << 20;

/// Returns the line of an element.  Where our scan and the parser understand a file differently,
/// the line of the last one must do.
std::size_t line_of(const std::vector<std::size_t>& lines, std::size_t position) {
    return lines.empty() ? 1 : lines[std::min(position, lines.size() - 1)];
}

/// One GraphML file on its way to a graph of routers.
class ZooReader {
  public:
    ZooReader(const std::string& path, const LinkDefaults& defaults)
        : path_(path),
          defaults_(defaults),
          text_(read_text(path, kMostText)),
          document_(parse_xml(path, text_)),
          graph_(only_graph(path, document_)),
          data_(document_.get_child("graphml")),
          builder_(path, "GraphML") {}

    RouterGraph read() {
        learn_units();
        const std::vector<std::size_t> node_lines = element_lines(text_, "node");
        const std::vector<std::size_t> edge_lines = element_lines(text_, "edge");
        std::size_t position = 0;
        for (auto [node, end] = graph_.equal_range("node"); node != end; ++node) {
            add_node(node->second, line_of(node_lines, position++));
        }
        if (routers_.empty()) {
            throw std::invalid_argument(
                fmt::format("{}: the graph has no <node>", shown(path_, 200)));
        }
        position = 0;
        for (auto [edge, end] = graph_.equal_range("edge"); edge != end; ++edge) {
            add_edge(edge->second, line_of(edge_lines, position++));
        }
        builder_.note(data_.unused());
        return builder_.take();
    }

  private:
    [[noreturn]] void fail(std::size_t line, std::string_view what) const {
        throw std::invalid_argument(fmt::format("{}:{}: {}", shown(path_, 200), line, what));
    }

    /// Finds the units of the whole graph, as FNSS has them.
    void learn_units() {
        if (const auto unit =
                data_.find(graph_, Kind::kGraph, {"capacityunit", "bandwidthunit", "rateunit"})) {
            bps_per_unit_ = rate_of_text("1" + unit->text);
        }
        if (const auto unit = data_.find(graph_, Kind::kGraph, {"delayunit", "latencyunit"})) {
            s_per_unit_ = time_of_text("1" + unit->text);
        }
    }

    /// Returns the value of an attribute that is a number and nothing else.
    std::optional<double> number(const ptree& element,
                                 Kind kind,
                                 std::initializer_list<std::string_view> names,
                                 std::size_t line) {
        const std::optional<Value> given = data_.find(element, kind, names);
        if (!given) {
            return std::nullopt;
        }
        const auto value = plain_number(given->text);
        if (!value) {
            fail(line,
                 fmt::format(
                     "{} is not a number, got '{}'", shown(given->name), shown(given->text)));
        }
        data_.use(*given);
        return value;
    }

    std::string label_of(const ptree& node) {
        const std::optional<Value> given = data_.find(node, Kind::kNode, {"label", "name"});
        if (given) {
            data_.use(*given);
            return given->text;
        }
        const std::string drawn(trimmed(GraphmlData::drawn_label(node)));
        if (!drawn.empty()) {
            data_.use({"nodegraphics", "", drawn, Kind::kNode});
        }
        return drawn;
    }

    void add_node(const ptree& node, std::size_t line) {
        data_.count(node, Kind::kNode);
        const std::string id = attribute(node, "id");
        const std::string label = label_of(node);
        const RouterId router = builder_.add_router(label.empty() ? id : label);
        if (id.empty() || !routers_.emplace(id, router).second) {
            fail(line, fmt::format("the node's id is missing or repeated, got '{}'", shown(id)));
        }
        const auto latitude = number(node, Kind::kNode, {"latitude", "lat"}, line);
        const auto longitude = number(node, Kind::kNode, {"longitude", "lon", "lng", "long"}, line);
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
        const std::string id = attribute(edge, end);
        const auto router = routers_.find(id);
        if (router == routers_.end()) {
            fail(line, fmt::format("the {} is not a node of the graph, got '{}'", end, shown(id)));
        }
        return router->second;
    }

    void add_edge(const ptree& edge, std::size_t line) {
        const RouterId first = router_at(edge, "source", line);
        const RouterId second = router_at(edge, "target", line);
        if (first == second) {
            builder_.count_self_loop();
            return;
        }
        builder_.at_line(line);
        data_.count(edge, Kind::kEdge);
        const double rate_bps = rate(edge, line);
        const double latency_s = latency(edge, first, second, line);
        const std::string directed = attribute(edge, "directed");
        if (directed == "true" || (directed.empty() && is_directed(graph_))) {
            builder_.add_direction(first, second, rate_bps, latency_s);
        } else {
            builder_.add_link(first, second, rate_bps, latency_s);
        }
    }

    double rate(const ptree& edge, std::size_t line) {
        const auto raw = number(edge, Kind::kEdge, {"linkspeedraw"}, line);
        const auto given = raw ? raw : rate_with_unit(edge);
        if (given && *given <= 0) {
            fail(line, fmt::format("the edge's rate is none, got {}, allowed above 0", *given));
        }
        if (!given && !defaults_.rate_bps) {
            fail(line,
                 "the edge has no rate (LinkSpeedRaw); give one for such links, as in ,rate=1Gbps");
        }
        return given ? *given : *defaults_.rate_bps;
    }

    /// Returns the rate of an edge without LinkSpeedRaw; none where it has none, or one without a
    /// unit.
    std::optional<double> rate_with_unit(const ptree& edge) {
        if (const auto speed = data_.find(edge, Kind::kEdge, {"linkspeed"})) {
            const auto unit = data_.find(edge, Kind::kEdge, {"linkspeedunits"});
            const auto bps = rate_of_text(speed->text + (unit ? unit->text : ""));
            if (bps) {
                data_.use(*speed);
                if (unit) {
                    data_.use(*unit);
                }
                return bps;
            }
        }
        const auto given = data_.find(
            edge, Kind::kEdge, {"rate", "bandwidth", "capacity", "speed", "linkspeed", "bw"});
        if (!given) {
            return std::nullopt;
        }
        auto bps = rate_of_text(given->text);
        const auto bps_per_unit =
            defaults_.rate_bps_per_unit ? defaults_.rate_bps_per_unit : bps_per_unit_;
        if (const auto bare = plain_number(given->text); bare && bps_per_unit) {
            bps = *bare * *bps_per_unit;
        }
        if (bps) {
            data_.use(*given);
        }
        return bps;
    }

    double latency(const ptree& edge, RouterId first, RouterId second, std::size_t line) {
        if (const auto given = own_latency(edge)) {
            return *given;
        }
        if (places_[first] && places_[second]) {
            return great_circle_latency(*places_[first], *places_[second]);
        }
        if (!defaults_.latency_s) {
            fail(
                line,
                fmt::format("the edge's end '{}' has no Latitude and Longitude; give a latency for "
                            "such links, as in ,latency=5ms",
                            shown(builder_.name_of(places_[first] ? second : first), 30)));
        }
        return *defaults_.latency_s;
    }

    /// Returns the latency that an edge states; none where it states none, or one without a unit.
    std::optional<double> own_latency(const ptree& edge) {
        const auto s_per_unit =
            defaults_.latency_s_per_weight ? defaults_.latency_s_per_weight : s_per_unit_;
        const auto given = data_.find(edge, Kind::kEdge, {"latency", "delay"});
        std::optional<double> seconds;
        if (given) {
            seconds = time_of_text(given->text);
            if (const auto bare = plain_number(given->text); bare && s_per_unit) {
                seconds = *bare * *s_per_unit;
            }
            if (seconds) {
                data_.use(*given);
                return seconds;
            }
        }
        const auto weight = data_.find(edge, Kind::kEdge, {"weight", "distance", "dist", "length"});
        const auto bare = weight ? plain_number(weight->text) : std::nullopt;
        if (!bare || !defaults_.latency_s_per_weight) {
            return std::nullopt;
        }
        data_.use(*weight);
        return *bare * *defaults_.latency_s_per_weight;
    }

    std::string path_;
    LinkDefaults defaults_;
    std::string text_;
    ptree document_;
    const ptree& graph_;
    GraphmlData data_;
    std::optional<double> bps_per_unit_;        ///< of rates without a unit
    std::optional<double> s_per_unit_;          ///< of latencies without a unit
    std::map<std::string, RouterId> routers_;   ///< by id
    std::vector<std::optional<Place>> places_;  ///< by router
    RouterBuilder builder_;
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
