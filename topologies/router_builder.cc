#include "topologies/router_builder.h"

#include "topologies/text_files.h"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

namespace murmur {

RouterBuilder::RouterBuilder(std::string path, std::string form) {
    graph_.read.emplace();
    graph_.read->path = std::move(path);
    graph_.read->form = std::move(form);
}

RouterId RouterBuilder::add_router(const std::string& name) {
    // A name of several lines would be none in a file of a line a router.
    const RouterId router = graph_.add_router(shown(trimmed(name), 200));
    graph_.access.push_back(router);
    return router;
}

void RouterBuilder::add_link(RouterId first, RouterId second, double rate_bps, double latency_s) {
    check(latency_s);
    graph_.join(first, second, rate_bps, latency_s);
}

void RouterBuilder::add_direction(RouterId from, RouterId to, double rate_bps, double latency_s) {
    check(latency_s);
    std::vector<std::size_t>& ways_back = open_[{from, to}];
    if (!ways_back.empty()) {
        graph_.links[ways_back.front()] = {from, to, rate_bps, latency_s, latency_s};
        ways_back.erase(ways_back.begin());
        ++graph_.read->both_listed;
        return;
    }
    graph_.join(from, to, rate_bps, latency_s);
    open_[{to, from}].push_back(graph_.links.size() - 1);
}

void RouterBuilder::add_one_way(RouterId from, RouterId to, double rate_bps, double latency_s) {
    check(latency_s);
    graph_.links.push_back({from, to, rate_bps, latency_s, latency_s});
}

void RouterBuilder::check(double latency_s) const {
    if (!(latency_s >= 0 && latency_s <= kLongestLatency_s)) {
        throw std::invalid_argument(
            fmt::format("{}:{}: the latency of a link, got {:.6g} s, allowed 0 to {:g} s",
                        shown(graph_.read->path, 200),
                        line_,
                        latency_s,
                        kLongestLatency_s));
    }
}

void RouterBuilder::note(std::string text) {
    if (!text.empty()) {
        graph_.read->notes.push_back(std::move(text));
    }
}

RouterGraph RouterBuilder::take() {
    name_apart();
    count_links(graph_);
    return std::move(graph_);
}

void RouterBuilder::name_apart() {
    std::map<std::string, std::size_t> bearers;
    for (const std::string& name : graph_.routers) {
        ++bearers[name];
    }
    std::set<std::string> taken;
    for (const auto& [name, count] : bearers) {
        taken.insert(name);
    }
    std::map<std::string, std::size_t> given;
    std::size_t renamed = 0;
    for (std::string& name : graph_.routers) {
        const std::string shared = name;
        if (bearers[shared] > 1) {
            do {
                name = fmt::format("{} #{}", shared, ++given[shared]);
            } while (!taken.insert(name).second);
            ++renamed;
        }
    }
    if (renamed > 0) {
        note(fmt::format("{} routers share names, now NAME #1, NAME #2", renamed));
    }
}

}  // namespace murmur
