#include "emulator/run/link_history.h"

#include <algorithm>

namespace murmur {

namespace {

constexpr std::size_t kUsualBytes = std::size_t{64} << 20;  ///< of all entries together
constexpr std::size_t kLargestTable = std::size_t{256} << 20;

}  // namespace

LinkHistory::LinkHistory(const NetworkUse& use, std::size_t num_links, std::size_t num_bins)
    : use_(use) {
    const std::size_t bytes = num_links * (sizeof(LinkRow) + num_bins * sizeof(double)) + 1;
    most_ = bytes > kLargestTable ? 0 : std::max<std::size_t>(2, kUsualBytes / bytes);
}

void LinkHistory::keep(SimTime now) {
    if (most_ == 0) {
        return;
    }
    if (!entries_.empty() && entries_.back().time == now) {
        entries_.pop_back();
    }
    entries_.push_back({now, use_.links()});
}

void LinkHistory::forget_before(SimTime known) {
    while (entries_.size() > 1 && entries_[1].time <= known) {
        entries_.pop_front();
    }
}

std::optional<LinkTable> LinkHistory::latest_before(SimTime end) const {
    std::optional<LinkTable> latest;
    for (const Entry& entry : entries_) {
        if (entry.time < end) {
            latest = entry.table;
        }
    }
    return latest;
}

}  // namespace murmur
