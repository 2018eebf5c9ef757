#include "emulator/record/timeline.h"

#include "emulator/tasks/bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace murmur {

namespace {

/// As the columns of metrics.csv call it.
std::string_view wait_name(Occupation what) {
    return what == Occupation::kCommunication ? "communication"
           : what == Occupation::kAway        ? "away"
                                              : "idle";
}

std::string arguments_of(const MessageRow& row) {
    std::string text = fmt::format(
        R"("message":{},"from":{},"to":{},"round":{},"bytes_content":{},"bytes_wire":{},"outcome":"{}")",
        row.id,
        row.from,
        row.to,
        row.round,
        row.bytes_content,
        row.bytes_wire,
        outcome_name(row.outcome));
    if (row.transfer) {
        const TransferTime& time = row.transfer->time;
        text +=
            fmt::format(R"(,"bound":"{}","own_s":{},"others_s":{},"latency_s":{},"window_s":{})",
                        row.transfer->bound,
                        time.own_s,
                        time.others_s,
                        time.latency_s,
                        time.window_s);
    }
    return text;
}

}  // namespace

std::uint32_t Timeline::Lanes::take() {
    if (free_.empty()) {
        return count_++;
    }
    const std::uint32_t lane = *free_.begin();
    free_.erase(free_.begin());
    return lane;
}

Timeline::Timeline(const std::filesystem::path& path,
                   TimelineOptions options,
                   std::uint32_t num_nodes)
    : file_(path),
      options_(std::move(options)),
      num_nodes_(num_nodes),
      waits_(num_nodes),
      uplinks_(num_nodes),
      downlinks_(num_nodes) {}

void Timeline::keep(What what) {
    waiting_.push_back({Bridge::now(), std::move(what)});
}

void Timeline::begin_work(const TaskDescription& task) {
    if (options_.shows(task.node) && task.start <= options_.to) {
        running_[{task.node, task.cost.kind}] = task;
    }
}

void Timeline::end_work(const TaskDescription& task, bool is_cut_off) {
    if (running_.erase({task.node, task.cost.kind}) > 0 &&
        options_.shows(task.start, Bridge::now())) {
        keep(WorkSlice{task, Bridge::now(), is_cut_off});
    }
}

void Timeline::pass_time(std::uint32_t node, Occupation what, SimTime begin) {
    if (!options_.shows(node)) {
        return;
    }
    std::optional<WaitSlice>& wait = waits_[node];
    if (wait && (wait->what != what || wait->end != begin)) {
        close_wait(node);
    }
    if (what == Occupation::kCompute || !options_.shows(begin, Bridge::now())) {
        return;
    }
    if (!wait) {
        wait = WaitSlice{node, what, begin, begin};
    }
    wait->end = Bridge::now();
}

void Timeline::close_wait(std::uint32_t node) {
    keep(*waits_[node]);
    waits_[node].reset();
}

void Timeline::send(const MessageRow& message) {
    if (shows(message) && message.sent <= options_.to) {
        lanes_[message.id] = {uplinks_[message.from].take(), downlinks_[message.to].take()};
    }
}

void Timeline::end(const MessageRow& message) {
    const auto found = lanes_.find(message.id);
    if (found == lanes_.end()) {
        return;
    }
    uplinks_[message.from].give_back(found->second.up);
    downlinks_[message.to].give_back(found->second.down);
    if (options_.shows(message.sent, message.ended)) {
        keep(MessageSlices{message, found->second});
    }
    lanes_.erase(found);
}

void Timeline::write_before(SimTime until) {
    while (!waiting_.empty() && waiting_.front().since < until) {
        std::visit([this](const auto& what) { write(what); }, waiting_.front().what);
        waiting_.pop_front();
    }
    file_.flush();
}

std::tuple<SimTime, std::size_t, std::uint64_t, std::uint64_t> Timeline::place_of(
    const What& what) {
    if (const auto* const work = std::get_if<WorkSlice>(&what)) {
        return {work->task.start,
                what.index(),
                work->task.node,
                static_cast<std::uint64_t>(work->task.cost.kind)};
    }
    if (const auto* const wait = std::get_if<WaitSlice>(&what)) {
        return {wait->begin, what.index(), wait->node, 0};
    }
    const MessageRow& row = std::get<MessageSlices>(what).row;
    return {row.sent, what.index(), row.id, 0};
}

void Timeline::finish(SimTime end, SimTime until, const std::vector<MessageRow>& under_way) {
    std::vector<What> left;
    for (Waiting& waiting : waiting_) {
        until = end == SimTime::max() ? std::max(until, waiting.since) : until;
        left.push_back(std::move(waiting.what));
    }
    waiting_.clear();
    for (const auto& [key, task] : running_) {
        left.emplace_back(WorkSlice{task, SimTime::max(), true});
    }
    for (const std::optional<WaitSlice>& wait : waits_) {
        if (wait) {
            left.emplace_back(*wait);
        }
    }
    for (const MessageRow& row : under_way) {
        if (const auto found = lanes_.find(row.id); found != lanes_.end()) {
            left.emplace_back(MessageSlices{row, found->second});
        }
    }
    // What is left depends on how far the simulation has run ahead: in this order, and without what
    // came later, the file does not.
    std::sort(left.begin(), left.end(), [](const What& a, const What& b) {
        return place_of(a) < place_of(b);
    });
    write_until_ = until;
    for (What& what : left) {
        if (std::get<0>(place_of(what)) >= end) {
            break;
        }
        if (auto* const message = std::get_if<MessageSlices>(&what)) {
            message->row = seen_before(end, message->row);
        }
        std::visit([this](const auto& slices) { write(slices); }, what);
    }
    file_.close();
}

void Timeline::write(const WorkSlice& slice) {
    const TaskDescription& task = slice.task;
    const TrackKind kind = task.cost.kind == TaskKind::kTrain    ? TrackKind::kTrain
                           : task.cost.kind == TaskKind::kEncode ? TrackKind::kEncode
                                                                 : TrackKind::kMerge;
    const bool is_cut_off = slice.is_cut_off || slice.end > write_until_;
    file_.add_slice(track(task.node, kind),
                    task_kind_name(task.cost.kind),
                    task.start,
                    std::min(slice.end, write_until_),
                    fmt::format(R"("round":{},"sequence":{},"cut_off":{})",
                                task.cost.round,
                                task.sequence,
                                is_cut_off));
}

void Timeline::write(const WaitSlice& slice) {
    file_.add_slice(track(slice.node, TrackKind::kWaiting),
                    wait_name(slice.what),
                    slice.begin,
                    std::min(slice.end, write_until_),
                    "");
}

void Timeline::write(const MessageSlices& slices) {
    const MessageRow& row = slices.row;
    const bool is_over = row.outcome != MessageRow::Outcome::kUnderWay;
    const SimTime end = std::max(row.sent, is_over ? row.ended : write_until_);
    // Its last byte leaves, and its first one may arrive, a latency apart from what is known.
    const SimTime latency =
        row.transfer ? std::min(from_seconds(row.transfer->time.latency_s), end - row.sent)
                     : SimTime(0);
    const std::string arguments = arguments_of(row);
    const bool has_arrived = row.outcome == MessageRow::Outcome::kArrived;
    std::optional<TraceEventFile::Track> up;
    if (options_.shows(row.from)) {
        up = track(row.from, TrackKind::kUplink, slices.lanes.up);
        file_.add_slice(*up, fmt::format("to {}", row.to), row.sent, end - latency, arguments);
    }
    if (has_arrived && options_.shows(row.to)) {
        const TraceEventFile::Track down = track(row.to, TrackKind::kDownlink, slices.lanes.down);
        file_.add_slice(down, fmt::format("from {}", row.from), row.sent + latency, end, arguments);
        if (up) {
            file_.add_arrow(row.id, *up, row.sent, down, row.sent + latency);
        }
    }
}

TraceEventFile::Track Timeline::track(std::uint32_t node, TrackKind kind, std::uint32_t lane) {
    constexpr std::string_view kNames[] = {
        "train", "encode", "merge", "waiting", "uplink", "downlink"};
    constexpr std::uint64_t kMostLanes = 100'000;
    // Readers take the number 0, and a track with the number of its group, for something special.
    const std::uint64_t group = node + std::uint64_t{1};
    const auto [entry, is_new] =
        tracks_.try_emplace({node, kind, lane}, num_nodes_ + std::uint64_t{1} + tracks_.size());
    const TraceEventFile::Track track{group, entry->second};
    if (is_new) {
        if (named_.insert(node).second) {
            file_.name_group(group, fmt::format("node {}", node));
        }
        const auto place = static_cast<std::uint64_t>(kind);
        const std::string_view name = kNames[place];
        file_.name_track(track,
                         lane == 0 ? std::string(name) : fmt::format("{} {}", name, lane + 1),
                         1 + place * kMostLanes + lane);
    }
    return track;
}

}  // namespace murmur
