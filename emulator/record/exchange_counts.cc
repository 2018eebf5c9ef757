#include "emulator/record/exchange_counts.h"

#include <iterator>
#include <utility>

namespace murmur {

void ExchangeCounts::note_sent(std::uint32_t from, std::uint32_t to, std::uint64_t round) {
    if (round < first_open_) {
        return;
    }
    Round& counts = open_[round];
    counts.sent.resize(num_nodes_);
    counts.received.resize(num_nodes_);
    ++counts.sent[from];
    ++counts.received[to];
}

void ExchangeCounts::close(std::uint64_t round) {
    // What stays is as small as the number of different counts, not as that of nodes.
    Histogram histogram;
    const auto found = open_.find(round);
    for (std::uint32_t node = 0; node < num_nodes_; ++node) {
        ++histogram[found == open_.end() ? 0 : found->second.sent[node]].sent;
        ++histogram[found == open_.end() ? 0 : found->second.received[node]].received;
    }
    open_.erase(open_.begin(), open_.upper_bound(round));
    first_open_ = round + 1;
    closed_.emplace(round, std::move(histogram));
}

void ExchangeCounts::count(std::uint64_t round) {
    const auto found = closed_.find(round);
    if (found == closed_.end()) {
        return;
    }
    for (const auto& [messages, row] : found->second) {
        counted_[messages].sent += row.sent;
        counted_[messages].received += row.received;
    }
    closed_.erase(closed_.begin(), std::next(found));
}

std::vector<ExchangeCounts::Row> ExchangeCounts::rows() const {
    std::vector<Row> rows;
    for (const auto& [messages, row] : counted_) {
        rows.push_back({messages, row.sent, row.received});
    }
    return rows;
}

}  // namespace murmur
