#include "emulator/ranks/ranks.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

constexpr std::chrono::milliseconds kLookPeriod{100};
constexpr std::chrono::seconds kGonePeriod{1};

/// These belong to the process, not to one of its runs.
bool outlives_runs(Channel channel) {
    return channel == Channel::kShare || channel == Channel::kGathered;
}

}  // namespace

Ranks::Ranks(Exchange& exchange) : exchange_(exchange) {
    exchange_.listen([this](unsigned from, const Tag& tag, Parcel parcel) {
        take(from, tag, std::move(parcel));
    });
}

Ranks::~Ranks() = default;

void Ranks::begin_run(std::vector<std::uint16_t> rank_of_node) {
    const std::lock_guard lock(mutex_);
    ++run_;
    rank_of_node_ = std::move(rank_of_node);
    is_stopped_ = false;
    has_stopped_others_ = false;
    deliver_held_back();
}

void Ranks::end_run() {
    const std::lock_guard lock(mutex_);
    handlers_.clear();
    std::erase_if(held_back_, [this](const Frame& frame) { return frame.tag.run <= run_; });
}

bool Ranks::is_wanted(const Tag& tag) const {
    const auto channel = static_cast<Channel>(tag.channel);
    return outlives_runs(channel) ||
           (tag.run == run_ && (channel == Channel::kStop || handlers_.contains(channel)));
}

void Ranks::take(unsigned from, const Tag& tag, Parcel parcel) {
    const std::lock_guard lock(mutex_);
    if (is_wanted(tag)) {
        deliver(from, tag, std::move(parcel));
    } else if (tag.run >= run_) {
        held_back_.push_back({from, tag, std::move(parcel)});
    }
}

void Ranks::deliver(unsigned from, const Tag& tag, Parcel parcel) {
    const auto channel = static_cast<Channel>(tag.channel);
    if (outlives_runs(channel)) {
        answers_[{channel, tag.number, from}] = std::move(parcel.bytes);
        arrived_.notify_all();
    } else if (channel == Channel::kStop) {
        is_stopped_ = true;
    } else {
        handlers_.at(channel)(from, tag.number, tag.part, std::move(parcel));
    }
}

void Ranks::deliver_held_back() {
    std::deque<Frame> frames = std::exchange(held_back_, {});
    for (Frame& frame : frames) {
        if (is_wanted(frame.tag)) {
            deliver(frame.from, frame.tag, std::move(frame.parcel));
        } else if (frame.tag.run >= run_) {
            held_back_.push_back(std::move(frame));
        }
    }
}

void Ranks::listen(Channel channel, Handler handler) {
    const std::lock_guard lock(mutex_);
    handlers_[channel] = std::move(handler);
    deliver_held_back();
}

void Ranks::send(
    unsigned to, Channel channel, std::uint64_t number, std::uint32_t part, Exchange::Make make) {
    exchange_.send(to,
                   {.channel = static_cast<std::uint8_t>(channel),
                    .run = run_,
                    .number = number,
                    .part = part},
                   std::move(make));
}

void Ranks::broadcast(Channel channel,
                      std::uint64_t number,
                      std::uint32_t part,
                      const Exchange::Bytes& bytes) {
    for (unsigned to = 0; to < count(); ++to) {
        if (to != rank()) {
            send(to, channel, number, part, [bytes] { return Parcel{bytes}; });
        }
    }
}

Exchange::Bytes Ranks::await(Channel channel, std::uint64_t number, unsigned from) {
    std::unique_lock lock(mutex_);
    const auto key = std::tuple(channel, number, from);
    while (!answers_.contains(key)) {
        arrived_.wait_for(lock, kLookPeriod);
        if (has_lost_any()) {
            throw std::runtime_error(gone());
        }
        give_up_waiting();
    }
    return answers_.extract(key).mapped();
}

Exchange::Bytes Ranks::share(const std::function<Exchange::Bytes()>& make) {
    const std::uint64_t number = shared_++;
    if (!is_recorder()) {
        return await(Channel::kShare, number, kRecorder);
    }
    Exchange::Bytes bytes = make();
    broadcast(Channel::kShare, number, 0, bytes);
    return bytes;
}

std::vector<Exchange::Bytes> Ranks::gather(Exchange::Bytes bytes) {
    const std::uint64_t number = gathered_++;
    if (!is_recorder()) {
        send(kRecorder, Channel::kGathered, number, 0, [bytes = std::move(bytes)]() mutable {
            return Parcel{std::move(bytes)};
        });
        return {};
    }
    std::vector<Exchange::Bytes> all(count());
    all[rank()] = std::move(bytes);
    for (unsigned from = 0; from < count(); ++from) {
        if (from != rank()) {
            all[from] = await(Channel::kGathered, number, from);
        }
    }
    return all;
}

void Ranks::stop_others() {
    if (!has_stopped_others_.exchange(true)) {
        broadcast(Channel::kStop, 0, 0, {});
    }
}

bool Ranks::has_lost_any() const {
    if (has_lost_any_) {
        return true;
    }
    const std::unique_lock lock(gone_mutex_, std::try_to_lock);
    const auto now = std::chrono::steady_clock::now();
    if (!lock || now < looked_for_gone_ + kGonePeriod) {
        return false;
    }
    looked_for_gone_ = now;
    gone_ = look_for_gone_();
    has_lost_any_ = !gone_.empty();
    return has_lost_any_;
}

std::string Ranks::gone() const {
    return has_lost_any() ? gone_ : "";  // which changes no more
}

bool Ranks::finish(std::chrono::seconds patience) {
    return !is_abandoned_ && exchange_.finish(patience);
}

}  // namespace murmur
