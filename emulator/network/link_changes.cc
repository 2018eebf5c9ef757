#include "emulator/network/link_changes.h"

#include "emulator/base/csv_file.h"
#include "emulator/base/quantity.h"
#include "emulator/base/sim_time.h"
#include "emulator/network/link_names.h"
#include "emulator/network/tcp_options.h"
#include "emulator/network/transports.h"
#include "emulator/network/underlays/underlays.h"
#include "learning/random_stream.h"
#include "tools/text/spec.h"
#include "topologies/read_summary.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::Underlay;

double parse_loss(std::string_view where, std::string_view text) {
    const double value = parse_number(where, text);
    if (!(value >= 0 && value < 1)) {
        throw std::invalid_argument(
            fmt::format("{}: got '{}', allowed a probability P, 0 <= P < 1", where, text));
    }
    return value;
}

/// Draws a value for each link; nothing where all are 0.
std::vector<double> draw_by_link(const Distribution& distribution,
                                 std::uint64_t seed,
                                 std::string_view purpose,
                                 std::uint32_t num_links) {
    std::vector<double> values;
    for (std::uint32_t link = 0; link < num_links; ++link) {
        RandomStream stream(stream_seed(seed, purpose, link));
        values.push_back(distribution.draw(stream, link));
    }
    const bool is_zero = std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
    return is_zero ? std::vector<double>() : values;
}

std::vector<double> draw_losses(const NetworkOptions& options, const Underlay& underlay) {
    const Distribution distribution("--loss", options.loss, parse_loss);
    std::vector<double> losses =
        draw_by_link(distribution, options.seed, "loss", underlay.GetNLinks());
    for (std::uint32_t link = 0; link < losses.size(); ++link) {
        if (losses[link] >= 1) {
            throw std::invalid_argument(fmt::format("--loss: drew {} for {}, allowed below 1",
                                                    losses[link],
                                                    underlay.GetLinkName(link)));
        }
    }
    if (!losses.empty() && !transports().select(options.network).make.knows_loss) {
        throw std::invalid_argument(
            fmt::format("--loss: --network={} knows no loss, allowed 0", options.network));
    }
    return losses;
}

std::vector<double> draw_jitters(const NetworkOptions& options, const Underlay& underlay) {
    const Distribution distribution("--jitter", options.jitter, parse_time);
    return draw_by_link(distribution, options.seed, "jitter", underlay.GetNLinks());
}

/// The links of an underlay by their names.
class LinkIndex {
  public:
    explicit LinkIndex(const Underlay& underlay) : names_(link_names(underlay)) {
        for (std::uint32_t link = 0; link < names_.size(); ++link) {
            by_name_.emplace(names_[link], link);
        }
    }

    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    /// Returns the links that a trace's name stands for: one, or both directions of a node's access
    /// link.
    /// @throws std::invalid_argument  where there is no such link, or where there are several
    [[nodiscard]] std::vector<std::uint32_t> find(const std::string& place,
                                                  const std::string& given) const {
        const std::string name = csv_text(given);
        std::vector<std::uint32_t> links;
        for (const char* direction : {"", " up", " down"}) {
            if (const auto found = by_name_.find(name + direction); found != by_name_.end()) {
                links.push_back(found->second);
            }
        }
        if (links.empty() && by_name_.contains(name + " #1")) {
            throw std::invalid_argument(
                fmt::format("{}: several links, got '{}', allowed '{}', '{}' and so on, one each",
                            place,
                            shown(given),
                            shown(name + " #1"),
                            shown(name + " #2")));
        }
        if (links.empty()) {
            throw std::invalid_argument(
                fmt::format("{}: no such link, got '{}', allowed names such as '{}', or none for "
                            "every link",
                            place,
                            shown(given),
                            shown(names_.empty() ? "" : names_.front())));
        }
        return links;
    }

  private:
    std::vector<std::string> names_;
    std::map<std::string, std::uint32_t> by_name_;
};

void follow_file(const std::string& path, const Underlay& underlay, LinkPlan& plan) {
    const LinkIndex index(underlay);
    const std::vector<NamedLinkTrace> traces = read_link_traces("--link-trace", path);
    std::set<std::uint32_t> changing;
    std::size_t changes = 0;
    for (const NamedLinkTrace& named : traces) {
        std::vector<std::uint32_t> links(underlay.GetNLinks());
        std::iota(links.begin(), links.end(), 0);
        if (!named.link.empty()) {
            links = index.find(fmt::format("--link-trace: {}:{}", shown(path, 200), named.line),
                               named.link);
        }
        for (const std::uint32_t link : links) {
            plan.followers.push_back({link, named.trace, ns3::Time(0)});
        }
        changing.insert(links.begin(), links.end());
        changes += named.trace->changes.size();
    }
    plan.notes.push_back(fmt::format("{}: link trace, {}, {} of {} links change",
                                     shown(path, 200),
                                     counted(changes, "change"),
                                     changing.size(),
                                     underlay.GetNLinks()));
}

/// What `mahimahi:FILE[,bin=TIME,offset=TIME]` says.
struct TraceSpec {
    std::string path;
    double bin_s;
    std::optional<double> offset_s;  ///< none: by chance
};

TraceSpec parse_trace_spec(const std::string& where, std::string_view text) {
    const Spec spec = parse_spec(text);
    if (spec.name != "mahimahi") {
        throw std::invalid_argument(
            unknown_word(where, spec.name, std::vector<std::string>{"mahimahi"}));
    }
    const Options options(where,
                          spec,
                          {rest("file", "FILE", "a trace of Mahimahi"),
                           named("bin", "100ms", "time in which its packets make a rate"),
                           named("offset", "random", "where in the trace a run begins, or TIME")});
    TraceSpec read{.path = options.text("file"),
                   .bin_s = parse_time(where + ": bin", options.text("bin")),
                   .offset_s = {}};
    if (read.bin_s < 1e-3) {
        throw std::invalid_argument(
            fmt::format("{}: bin: got '{}', allowed 1ms or more", where, options.text("bin")));
    }
    if (options.text("offset") != "random") {
        read.offset_s = parse_time(where + ": offset", options.text("offset"));
    }
    return read;
}

/// Lets each access link of one direction follow a trace that repeats.
void follow_everywhere(const std::string& where,
                       const std::string& text,
                       Underlay::LinkPlace place,
                       const NetworkOptions& options,
                       const Underlay& underlay,
                       LinkPlan& plan) {
    if (links_pairs(options.underlay)) {
        throw std::invalid_argument(fmt::format(
            "{}: {} links are no up- and downlinks; use --link-trace", where, options.underlay));
    }
    const TraceSpec spec = parse_trace_spec(where, text);
    const LinkTracePtr trace = read_mahimahi_trace(where, spec.path, spec.bin_s);
    plan.notes.push_back(describe_mahimahi(spec.path, *trace));
    std::uint64_t node = 0;
    for (std::uint32_t link = 0; link < underlay.GetNLinks(); ++link) {
        if (underlay.GetLinkPlace(link) != place) {
            continue;
        }
        // The same draw for both directions, which were recorded together.
        RandomStream stream(stream_seed(options.seed, "link-trace", node++));
        const double by_chance = stream.uniform() * trace->period.GetSeconds();
        const SimTime offset = from_seconds(spec.offset_s.value_or(by_chance));
        plan.followers.push_back({link, trace, ns3::NanoSeconds(offset.count())});
    }
    if (node == 0) {
        throw std::invalid_argument(
            fmt::format("{}: --underlay={} has no such links", where, options.underlay));
    }
}

/// Refuses a queue for links that an underlay does not have.
void require_links(std::string_view where,
                   Underlay::LinkPlace place,
                   const NetworkOptions& options,
                   const Underlay& underlay) {
    for (std::uint32_t link = 0; link < underlay.GetNLinks(); ++link) {
        if (underlay.GetLinkPlace(link) == place) {
            return;
        }
    }
    throw std::invalid_argument(
        fmt::format("{}: --underlay={} has no such links", where, options.underlay));
}

/// Reads the queues and TCP, and refuses what the network does not know of them.
void read_queues(const NetworkOptions& options, const NetworkPlan& network, LinkPlan& plan) {
    plan.uplink_queue = parse_queue("--uplink-queue", options.uplink_queue);
    plan.downlink_queue = parse_queue("--downlink-queue", options.downlink_queue);
    plan.tcp = parse_tcp("--tcp", options.tcp);
    if (plan.downlink_queue.place == LinkQueue::Place::AT_HOST) {
        throw std::invalid_argument(fmt::format(
            "--downlink-queue: got '{}', allowed behind: it is not the sender's own interface",
            options.downlink_queue));
    }
    require_known("--uplink-queue", options.network, plan.uplink_queue);
    require_known("--downlink-queue", options.network, plan.downlink_queue);
    require_known("--tcp", options.network, plan.tcp);
    const bool has_plain_uplinks = plan.uplink_queue == LinkQueue{};
    const bool has_plain_downlinks = plan.downlink_queue == LinkQueue{};
    if (has_plain_uplinks && has_plain_downlinks) {
        return;
    }
    const ns3::Ptr<Underlay> underlay = make_underlay(network, options.nodes);
    if (!has_plain_uplinks) {
        require_links("--uplink-queue", Underlay::LinkPlace::UPLINK, options, *underlay);
    }
    if (!has_plain_downlinks) {
        require_links("--downlink-queue", Underlay::LinkPlace::DOWNLINK, options, *underlay);
    }
}

}  // namespace

LinkPlan plan_links(const NetworkOptions& options, const NetworkPlan& network) {
    LinkPlan plan;
    const NetworkOptions defaults;
    if (!network.build) {
        if (options.uplink_queue != defaults.uplink_queue ||
            options.downlink_queue != defaults.downlink_queue || options.tcp != defaults.tcp) {
            throw std::invalid_argument(
                "--uplink-queue, --downlink-queue, --tcp: this program builds a network of its "
                "own, "
                "which they do not know");
        }
    } else {
        read_queues(options, network, plan);
    }
    if (options.loss == defaults.loss && options.jitter == defaults.jitter &&
        options.link_trace.empty() && options.uplink_trace.empty() &&
        options.downlink_trace.empty()) {
        return plan;
    }
    if (!network.build) {
        throw std::invalid_argument(
            "--loss, --jitter and traces of links: this program builds a network of its own, which "
            "they do not know");
    }
    const ns3::Ptr<Underlay> underlay = make_underlay(network, options.nodes);
    plan.loss = draw_losses(options, *underlay);
    plan.jitter_s = draw_jitters(options, *underlay);
    if (!options.uplink_trace.empty()) {
        follow_everywhere("--uplink-trace",
                          options.uplink_trace,
                          Underlay::LinkPlace::UPLINK,
                          options,
                          *underlay,
                          plan);
    }
    if (!options.downlink_trace.empty()) {
        follow_everywhere("--downlink-trace",
                          options.downlink_trace,
                          Underlay::LinkPlace::DOWNLINK,
                          options,
                          *underlay,
                          plan);
    }
    if (!options.link_trace.empty()) {
        follow_file(options.link_trace, *underlay, plan);
    }
    return plan;
}

void impair_links(const LinkPlan& plan, Underlay& underlay) {
    underlay.AssignStreams(kFirstLinkStream);
    for (std::uint32_t link = 0; link < underlay.GetNLinks(); ++link) {
        const Underlay::LinkPlace place = underlay.GetLinkPlace(link);
        if (place != Underlay::LinkPlace::CORE) {
            underlay.SetQueue(
                link,
                place == Underlay::LinkPlace::UPLINK ? plan.uplink_queue : plan.downlink_queue);
        }
        if (plan.loss.empty() && plan.jitter_s.empty()) {
            continue;
        }
        Underlay::Link state = underlay.GetLink(link);
        state.loss = plan.loss.empty() ? 0 : plan.loss[link];
        state.jitter =
            ns3::NanoSeconds(plan.jitter_s.empty() ? 0 : from_seconds(plan.jitter_s[link]).count());
        underlay.SetLink(link, state);
    }
}

std::unique_ptr<ns3::murmuration::LinkSchedule> schedule_links(const LinkPlan& plan,
                                                               ns3::Ptr<Underlay> underlay) {
    auto schedule = std::make_unique<ns3::murmuration::LinkSchedule>(underlay);
    for (const LinkPlan::Follower& follower : plan.followers) {
        schedule->Add(follower.link, follower.trace, follower.offset);
    }
    return schedule;
}

}  // namespace murmur
