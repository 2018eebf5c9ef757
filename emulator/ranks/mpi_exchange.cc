// Ranks that `mpirun` or `srun` has started, over MPI.

#include "emulator/ranks/exchange.h"
#include "emulator/ranks/launcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mpi.h>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace murmur {

namespace {

/// What is sent goes in units of this: MPI counts to 2^31, models of 600 million parameters do not.
using Unit = std::uint64_t;

/// What stands before the bytes of a message.
struct Header {
    Tag tag{};
    std::uint64_t bytes = 0;
    std::uint64_t is_leave = 0;  ///< no message: its sender sends no more
};

constexpr int kTag = 0;
/// Small messages to one rank go together until they are as large as this.
constexpr std::size_t kTogether = std::size_t{64} << 10;
/// Messages are written as bytes while no more than this is under way.
constexpr std::size_t kMaxUnderWay = std::size_t{128} << 20;
constexpr std::chrono::microseconds kShortestNap{20};
constexpr std::chrono::microseconds kLongestNap{500};

/// Talks to MPI on a thread of its own, which is the only one that does.
class MpiExchange final : public Exchange {
  public:
    MpiExchange() : thread_([this] { work(); }) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return has_begun_; });
    }
    ~MpiExchange() override {
        {
            const std::lock_guard lock(mutex_);
            is_given_up_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    MpiExchange(const MpiExchange&) = delete;
    MpiExchange& operator=(const MpiExchange&) = delete;

    [[nodiscard]] unsigned rank() const override { return rank_; }
    [[nodiscard]] unsigned size() const override { return size_; }
    [[nodiscard]] std::uint64_t bytes_sent() const override { return bytes_sent_; }

    void send(unsigned to, const Tag& tag, Make make) override {
        const std::lock_guard lock(mutex_);
        queue_.push_back({to, tag, std::move(make)});
        changed_.notify_all();
    }

    void listen(Arrival on_arrival) override {
        const std::lock_guard lock(mutex_);
        on_arrival_ = std::move(on_arrival);
        changed_.notify_all();
    }

    bool finish(std::chrono::seconds patience) override {
        std::unique_lock lock(mutex_);
        is_leaving_ = true;
        changed_.notify_all();
        return changed_.wait_for(lock, patience, [this] { return is_finished_; });
    }

  private:
    struct Outgoing {
        unsigned to;
        Tag tag;
        Make make;
    };
    struct UnderWay {
        std::vector<Unit> units;
        MPI_Request request;
    };

    void work() {
        int provided = 0;
        MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
        int rank = 0;
        int size = 1;
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm_size(MPI_COMM_WORLD, &size);
        {
            const std::lock_guard lock(mutex_);
            rank_ = static_cast<unsigned>(rank);
            size_ = static_cast<unsigned>(size);
            has_begun_ = true;
        }
        changed_.notify_all();
        std::chrono::microseconds nap = kShortestNap;
        while (true) {
            const bool was_busy = send_some() + receive_some() > 0;
            nap = was_busy || !under_way_.empty() ? kShortestNap : std::min(2 * nap, kLongestNap);
            std::unique_lock lock(mutex_);
            if (is_given_up_) {
                return;
            }
            if (queue_.empty() && under_way_.empty()) {
                if (is_leaving_ && !std::exchange(has_left_, true)) {
                    say_leave();
                    continue;
                }
                if (has_left_ && gone_ + 1 == size_) {
                    break;
                }
            }
            if (!was_busy) {
                changed_.wait_for(lock, nap, [this] { return may_send() || is_given_up_; });
            }
        }
        MPI_Finalize();
        const std::lock_guard lock(mutex_);
        is_finished_ = true;
        changed_.notify_all();
    }

    [[nodiscard]] bool may_send() const {
        return !queue_.empty() && bytes_under_way_ < kMaxUnderWay;
    }

    std::optional<Outgoing> next_outgoing() {
        const std::lock_guard lock(mutex_);
        if (!may_send()) {
            return std::nullopt;
        }
        Outgoing outgoing = std::move(queue_.front());
        queue_.pop_front();
        return outgoing;
    }

    /// Returns how many messages were sent.
    std::size_t send_some() {
        forget_sent();
        std::size_t count = 0;
        std::map<unsigned, std::vector<Unit>> together;
        while (std::optional<Outgoing> outgoing = next_outgoing()) {
            const Bytes bytes = outgoing->make();
            bytes_sent_ += bytes.size();
            std::vector<Unit>& units = together[outgoing->to];
            append({.tag = outgoing->tag, .bytes = bytes.size()}, bytes, units);
            ++count;
            if (units.size() * sizeof(Unit) >= kTogether) {
                start(outgoing->to, std::exchange(units, {}));
            }
        }
        for (auto& [to, units] : together) {
            if (!units.empty()) {
                start(to, std::move(units));
            }
        }
        return count;
    }

    static void append(const Header& header, const Bytes& bytes, std::vector<Unit>& units) {
        const std::size_t begin = units.size();
        units.resize(begin + (sizeof(Header) + bytes.size() + sizeof(Unit) - 1) / sizeof(Unit));
        auto* const place = reinterpret_cast<std::uint8_t*>(units.data() + begin);
        std::memcpy(place, &header, sizeof(Header));
        if (!bytes.empty()) {
            std::memcpy(place + sizeof(Header), bytes.data(), bytes.size());
        }
    }

    void start(unsigned to, std::vector<Unit> units) {
        UnderWay& sent = under_way_.emplace_back(UnderWay{std::move(units), {}});
        bytes_under_way_ += sent.units.size() * sizeof(Unit);
        MPI_Isend(sent.units.data(),
                  static_cast<int>(sent.units.size()),
                  MPI_UINT64_T,
                  static_cast<int>(to),
                  kTag,
                  MPI_COMM_WORLD,
                  &sent.request);
    }

    void forget_sent() {
        std::erase_if(under_way_, [this](UnderWay& sent) {
            int is_done = 0;
            MPI_Test(&sent.request, &is_done, MPI_STATUS_IGNORE);
            if (is_done != 0) {
                bytes_under_way_ -= sent.units.size() * sizeof(Unit);
            }
            return is_done != 0;
        });
    }

    void say_leave() {
        for (unsigned to = 0; to < size_; ++to) {
            if (to != rank_) {
                std::vector<Unit> units;
                append({.is_leave = 1}, {}, units);
                start(to, std::move(units));
            }
        }
    }

    /// Returns how many messages were received.
    std::size_t receive_some() {
        {
            const std::lock_guard lock(mutex_);
            if (!on_arrival_) {
                return 0;
            }
        }
        int is_there = 0;
        MPI_Status status;
        MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &is_there, &status);
        if (is_there == 0) {
            return 0;
        }
        int count = 0;
        MPI_Get_count(&status, MPI_UINT64_T, &count);
        std::vector<Unit> units(static_cast<std::size_t>(count));
        MPI_Recv(units.data(),
                 count,
                 MPI_UINT64_T,
                 status.MPI_SOURCE,
                 kTag,
                 MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
        return deliver(static_cast<unsigned>(status.MPI_SOURCE), units);
    }

    std::size_t deliver(unsigned from, std::span<const Unit> units) {
        std::size_t messages = 0;
        while (!units.empty()) {
            const auto* const place = reinterpret_cast<const std::uint8_t*>(units.data());
            Header header;
            std::memcpy(&header, place, sizeof(Header));
            if (header.is_leave != 0) {
                ++gone_;
            } else {
                on_arrival_(from, header.tag, {place + sizeof(Header), header.bytes});
            }
            units =
                units.subspan((sizeof(Header) + header.bytes + sizeof(Unit) - 1) / sizeof(Unit));
            ++messages;
        }
        return messages;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Outgoing> queue_;
    Arrival on_arrival_;
    unsigned rank_ = 0;
    unsigned size_ = 1;
    bool has_begun_ = false;
    bool is_leaving_ = false;
    bool is_finished_ = false;
    bool is_given_up_ = false;
    // Of the thread alone.
    std::deque<UnderWay> under_way_;
    std::size_t bytes_under_way_ = 0;
    unsigned gone_ = 0;  ///< ranks that have taken leave
    bool has_left_ = false;
    std::atomic<std::uint64_t> bytes_sent_{0};
    std::thread thread_;
};

static_assert(sizeof(Header) % alignof(Unit) == 0);

}  // namespace

std::unique_ptr<Exchange> launched_exchange() {
    const LaunchedPlace place = launched_place();
    if (place.size < 2) {
        return nullptr;
    }
    auto exchange = std::make_unique<MpiExchange>();
    if (exchange->size() != place.size) {
        throw std::runtime_error(fmt::format(
            "the launcher has started {} ranks, and MPI knows of {}; with srun use --mpi=pmix",
            place.size,
            exchange->size()));
    }
    return exchange;
}

}  // namespace murmur
