#include "emulator/run/digest_check.h"

#include <fmt/format.h>

#include <exception>
#include <iterator>
#include <stdexcept>

namespace murmur {

DigestCheck::DigestCheck(Ranks& ranks, TaskGraph& graph) : ranks_(ranks), graph_(graph) {
    if (!ranks_.is_recorder()) {
        return;
    }
    ranks_.listen(Channel::kDigest, [this](unsigned from, std::uint64_t round, auto, Parcel digest) {
        ByteSource source(digest);
        const std::lock_guard lock(mutex_);
        digests_[{round, from}] = source.u64();
        compare(round);
    });
}

void DigestCheck::note_round(std::uint64_t round, SimTime now) {
    if (!ranks_.is_recorder()) {
        ranks_.send(Ranks::kRecorder, Channel::kDigest, round, 0, [digest = graph_.digest()] {
            ByteSink sink;
            sink.u64(digest);
            return sink.take();
        });
        return;
    }
    const std::lock_guard lock(mutex_);
    marks_[round] = {now, graph_.digest()};
    compare(round);
}

void DigestCheck::compare(std::uint64_t round) {
    const auto mark = marks_.find(round);
    if (mark == marks_.end()) {
        return;
    }
    const auto begin = digests_.lower_bound({round, 0});
    const auto end = digests_.lower_bound({round + 1, 0});
    for (auto other = begin; other != end; ++other) {
        if (other->second != mark->second.digest) {
            graph_.fail(
                mark->second.time,
                std::make_exception_ptr(std::runtime_error(fmt::format(
                    "rank {} has gone another way than rank 0 by the end of round {}: tasks "
                    "or messages differ; do all ranks run the same program on like "
                    "processors?",
                    other->first.second,
                    round))));
        }
    }
    if (std::distance(begin, end) + 1 == static_cast<std::ptrdiff_t>(ranks_.count())) {
        marks_.erase(mark);
        digests_.erase(begin, end);
    }
}

}  // namespace murmur
