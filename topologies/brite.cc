#include "topologies/router_builder.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace murmur {
namespace {

/// The BRITE format is sections: "Nodes: ( N )" and a line per node, "Edges: ( E )" and a line per
/// edge, after some lines of description.
class BriteReader {
  public:
    BriteReader(const std::string& path, const LinkDefaults& defaults)
        : lines_(path), defaults_(defaults), builder_(path, "BRITE") {}

    RouterGraph read() {
        const std::size_t num_nodes = find_section("Nodes:");
        for (std::size_t i = 0; i < num_nodes; ++i) {
            next_line("node", i, num_nodes);
            add_node();
        }
        const std::size_t num_edges = find_section("Edges:");
        for (std::size_t i = 0; i < num_edges; ++i) {
            next_line("edge", i, num_edges);
            add_edge();
        }
        if (lines_.next()) {
            lines_.fail(fmt::format("more lines than the {} edges announced", num_edges));
        }
        return builder_.take();
    }

  private:
    /// Moves to the line "NAME ( COUNT )" and returns the count.
    std::size_t find_section(std::string_view name) {
        while (lines_.next()) {
            const std::string_view line = lines_.line();
            if (!lines_.fields().front().starts_with(name)) {
                continue;
            }
            // "( 20 )" by one of BRITE's two programs, "(20)" by the other.
            const std::size_t digits = line.find_first_of("0123456789");
            const auto count = parse_number<std::size_t>(
                line.substr(std::min(digits, line.size()),
                            line.find_first_not_of("0123456789", digits) - digits));
            if (!count || *count == 0) {
                lines_.fail(
                    fmt::format("not a section, got '{}', allowed {} ( COUNT ) with COUNT of 1 or "
                                "more",
                                shown(line),
                                name));
            }
            return *count;
        }
        lines_.fail(fmt::format("no line {} ( COUNT ); not a BRITE file, or cut short", name));
    }

    void next_line(std::string_view what, std::size_t have, std::size_t wanted) {
        if (!lines_.next()) {
            lines_.fail(fmt::format("the file ends after {} of {} {}s", have, wanted, what));
        }
    }

    double number(std::size_t field, std::string_view name) const {
        const auto value = parse_number<double>(lines_.fields()[field]);
        if (!value || !std::isfinite(*value)) {
            lines_.fail(fmt::format(
                "{} is not a number, got '{}'", name, shown(lines_.fields()[field], 30)));
        }
        return *value;
    }

    void add_node() {
        const std::string id(lines_.fields().front());
        const RouterId router = builder_.add_router(id);
        if (!parse_number<std::uint64_t>(id) || !routers_.emplace(id, router).second) {
            lines_.fail(fmt::format("the node's number is missing or repeated, got '{}'",
                                    shown(lines_.line())));
        }
    }

    RouterId router_at(std::size_t field) const {
        const auto router = routers_.find(std::string(lines_.fields()[field]));
        if (router == routers_.end()) {
            lines_.fail(fmt::format("no such node, got '{}'", shown(lines_.fields()[field], 30)));
        }
        return router->second;
    }

    /// EdgeId From To Length Delay Bandwidth ASFrom ASTo Type Direction
    void add_edge() {
        if (lines_.fields().size() < 6) {
            lines_.fail(fmt::format(
                "not an edge, got '{}', allowed EdgeId From To Length Delay Bandwidth and more",
                shown(lines_.line())));
        }
        const RouterId from = router_at(1);
        const RouterId to = router_at(2);
        if (from == to) {
            builder_.count_self_loop();
            return;
        }
        builder_.at_line(lines_.line_number());
        const double rate_bps = rate();
        const double latency_s = latency();
        if (lines_.fields().size() > 9 && lines_.fields()[9].starts_with('D')) {
            builder_.add_one_way(from, to, rate_bps, latency_s);
        } else {
            builder_.add_link(from, to, rate_bps, latency_s);
        }
    }

    double latency() const {
        const double delay_ms = number(4, "the delay");
        if (delay_ms < 0 && !defaults_.latency_s) {
            lines_.fail("the edge has no delay; give a latency for such links, as in ,latency=5ms");
        }
        return delay_ms < 0 ? *defaults_.latency_s : delay_ms * 1e-3;
    }

    double rate() const {
        const double bandwidth_mbps = number(5, "the bandwidth");
        if (bandwidth_mbps == 0) {
            lines_.fail("the bandwidth is no rate, got 0, allowed above 0, or below 0 for none");
        }
        if (bandwidth_mbps < 0 && !defaults_.rate_bps) {
            lines_.fail("the edge has no bandwidth; give a rate for such links, as in ,rate=1Gbps");
        }
        return bandwidth_mbps < 0 ? *defaults_.rate_bps : bandwidth_mbps * 1e6;
    }

    FieldReader lines_;
    LinkDefaults defaults_;
    std::map<std::string, RouterId> routers_;  ///< by number in the file
    RouterBuilder builder_;
};

}  // namespace

RouterGraph read_brite(const std::string& path, const LinkDefaults& defaults) {
    return BriteReader(path, defaults).read();
}

}  // namespace murmur
