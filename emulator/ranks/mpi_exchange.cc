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
#include <functional>
#include <map>
#include <mpi.h>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace murmur {

namespace {

/// What stands before a message in a letter; the lengths of its vectors follow, 8 bytes each, and
/// then its bytes, but for long ones.
struct Header {
    Tag tag{};
    std::uint64_t bytes = 0;
    std::uint64_t vectors = 0;
    std::uint64_t is_leave = 0;  ///< no message: its sender sends no more
};

/// Letters have one tag of MPI's; what follows a letter, as it lies in memory, another one.
constexpr int kLetter = 0;
constexpr int kEnclosed = 1;
/// Small messages to one rank go together until they are as large as this; longer ones follow.
constexpr std::size_t kTogether = std::size_t{64} << 10;
/// MPI counts to 2^31, models of 600 million parameters do not.
constexpr std::size_t kPiece = std::size_t{1} << 30;
/// Messages are written as bytes while no more than this is under way.
constexpr std::size_t kMaxUnderWay = std::size_t{32} << 20;
constexpr std::chrono::microseconds kShortestNap{20};
/// While something is under way, which goes on where somebody looks at it.
constexpr std::chrono::microseconds kLongestNapAmid{100};
constexpr std::chrono::microseconds kLongestNap{500};

bool is_long(std::size_t bytes) {
    return bytes >= kTogether;
}

/// Sends or receives memory in pieces.
/// @param start  starts the transfer of one
template <class Byte>
void in_pieces(std::span<Byte> memory,
               std::vector<MPI_Request>& requests,
               const std::function<void(Byte* data, int count, MPI_Request* request)>& start) {
    while (!memory.empty()) {
        const std::size_t count = std::min(memory.size(), kPiece);
        start(memory.data(), static_cast<int>(count), &requests.emplace_back());
        memory = memory.subspan(count);
    }
}

void send_memory(std::span<const std::uint8_t> memory,
                 int tag,
                 unsigned to,
                 std::vector<MPI_Request>& requests) {
    in_pieces<const std::uint8_t>(
        memory, requests, [&](const std::uint8_t* data, int count, MPI_Request* request) {
            MPI_Isend(data, count, MPI_BYTE, static_cast<int>(to), tag, MPI_COMM_WORLD, request);
        });
}

void receive_memory(std::span<std::uint8_t> memory,
                    unsigned from,
                    std::vector<MPI_Request>& requests) {
    in_pieces<std::uint8_t>(
        memory, requests, [&](std::uint8_t* data, int count, MPI_Request* request) {
            MPI_Irecv(
                data, count, MPI_BYTE, static_cast<int>(from), kEnclosed, MPI_COMM_WORLD, request);
        });
}

bool are_done(std::vector<MPI_Request>& requests) {
    int is_done = 0;
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &is_done, MPI_STATUSES_IGNORE);
    return is_done != 0;
}

/// Messages to one rank that go together, and what follows them.
struct Letter {
    std::vector<std::uint8_t> head;
    std::vector<Parcel> enclosed;  ///< of messages with long bytes or with vectors
    std::size_t bytes = 0;
    std::vector<MPI_Request> requests;

    void add(const Header& header, Parcel parcel) {
        append(&header, sizeof(Header));
        for (const Parameters& vector : parcel.vectors) {
            const std::uint64_t length = vector->size();
            append(&length, sizeof length);
        }
        const bool follow = is_long(parcel.bytes.size());
        if (!follow) {
            append(parcel.bytes.data(), parcel.bytes.size());
            parcel.bytes.clear();
        }
        if (follow || !parcel.vectors.empty()) {
            enclosed.push_back(std::move(parcel));
        }
    }

    void start(unsigned to) {
        bytes = head.size();
        send_memory(head, kLetter, to, requests);
        for (const Parcel& parcel : enclosed) {
            bytes += parcel.size();
            send_memory(parcel.bytes, kEnclosed, to, requests);
            for (const Parameters& vector : parcel.vectors) {
                const auto values = std::as_bytes(vector->values());
                send_memory({reinterpret_cast<const std::uint8_t*>(values.data()), values.size()},
                            kEnclosed,
                            to,
                            requests);
            }
        }
    }

  private:
    void append(const void* data, std::size_t size) {
        const auto* const begin = static_cast<const std::uint8_t*>(data);
        head.insert(head.end(), begin, begin + size);
    }
};

/// Messages of a letter that has come, whose long bytes and vectors may be on their way.
struct Received {
    struct Message {
        Header header;
        Parcel parcel;
    };
    std::vector<Message> messages;
    std::vector<MPI_Request> requests;

    /// Reads a letter, and asks for what follows it: into the very vectors that tasks will read.
    Received(std::span<const std::uint8_t> head, unsigned from) {
        const auto take = [&head](void* to, std::size_t size) {
            std::memcpy(to, head.data(), size);
            head = head.subspan(size);
        };
        while (!head.empty()) {
            Message& message = messages.emplace_back();
            take(&message.header, sizeof(Header));
            std::vector<std::shared_ptr<ParameterVector>> vectors;
            for (std::uint64_t i = 0; i < message.header.vectors; ++i) {
                std::uint64_t length = 0;
                take(&length, sizeof length);
                vectors.push_back(std::make_shared<ParameterVector>(length));
            }
            message.parcel.bytes.resize(message.header.bytes);
            if (is_long(message.header.bytes)) {
                receive_memory(message.parcel.bytes, from, requests);
            } else if (message.header.bytes > 0) {
                take(message.parcel.bytes.data(), message.header.bytes);
            }
            for (const auto& vector : vectors) {
                const auto values = std::as_writable_bytes(vector->values());
                receive_memory({reinterpret_cast<std::uint8_t*>(values.data()), values.size()},
                               from,
                               requests);
                message.parcel.vectors.push_back(vector);
            }
        }
    }
};

/// Talks to MPI on a thread of its own, which is the only one that does.
class MpiExchange final : public Exchange {
  public:
    MpiExchange()
        : thread_([this] {
              try {
                  work();
              } catch (...) {
                  end_rank_at_once(rank_);
              }
          }) {
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
            nap = was_busy ? kShortestNap
                           : std::min(2 * nap, is_amid() ? kLongestNapAmid : kLongestNap);
            std::unique_lock lock(mutex_);
            if (is_given_up_) {
                return;
            }
            if (queue_.empty() && bytes_under_way_ == 0) {
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

    [[nodiscard]] bool is_amid() const {
        return bytes_under_way_ > 0 ||
               std::any_of(arriving_.begin(), arriving_.end(), [](const auto& letters) {
                   return !letters.second.empty();
               });
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
        std::map<unsigned, Letter> together;
        while (std::optional<Outgoing> outgoing = next_outgoing()) {
            Parcel parcel = outgoing->make();
            outgoing->make = {};  // or it keeps the value until all that waits is written
            bytes_sent_ += parcel.size();
            Letter& letter = together[outgoing->to];
            const Header header{.tag = outgoing->tag,
                                .bytes = parcel.bytes.size(),
                                .vectors = parcel.vectors.size()};
            letter.add(header, std::move(parcel));
            ++count;
            if (letter.head.size() >= kTogether || !letter.enclosed.empty()) {
                start(outgoing->to, std::exchange(letter, {}));
            }
        }
        for (auto& [to, letter] : together) {
            if (!letter.head.empty()) {
                start(to, std::move(letter));
            }
        }
        return count;
    }

    void start(unsigned to, Letter letter) {
        Letter& sent = under_way_[to].emplace_back(std::move(letter));
        sent.start(to);
        bytes_under_way_ += sent.bytes;
    }

    void forget_sent() {
        // They arrive in the order of sending, or nearly so: to ask each time for all would cost
        // more than to send them.
        for (auto& [to, letters] : under_way_) {
            while (!letters.empty() && are_done(letters.front().requests)) {
                bytes_under_way_ -= letters.front().bytes;
                letters.pop_front();
            }
        }
    }

    void say_leave() {
        for (unsigned to = 0; to < size_; ++to) {
            if (to != rank_) {
                Letter letter;
                letter.add({.is_leave = 1}, {});
                start(to, std::move(letter));
            }
        }
    }

    /// Returns how many letters have come and how many messages were handed on.
    std::size_t receive_some() {
        {
            const std::lock_guard lock(mutex_);
            if (!on_arrival_) {
                return 0;
            }
        }
        std::size_t count = take_letter() ? 1 : 0;
        for (auto& [from, letters] : arriving_) {
            while (!letters.empty() && are_done(letters.front().requests)) {
                count += deliver(from, letters.front());
                letters.pop_front();
            }
        }
        return count;
    }

    bool take_letter() {
        int is_there = 0;
        MPI_Status status;
        MPI_Iprobe(MPI_ANY_SOURCE, kLetter, MPI_COMM_WORLD, &is_there, &status);
        if (is_there == 0) {
            return false;
        }
        int count = 0;
        MPI_Get_count(&status, MPI_BYTE, &count);
        std::vector<std::uint8_t> head(static_cast<std::size_t>(count));
        MPI_Recv(head.data(),
                 count,
                 MPI_BYTE,
                 status.MPI_SOURCE,
                 kLetter,
                 MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
        const auto from = static_cast<unsigned>(status.MPI_SOURCE);
        arriving_[from].emplace_back(head, from);
        return true;
    }

    std::size_t deliver(unsigned from, Received& received) {
        for (Received::Message& message : received.messages) {
            if (message.header.is_leave != 0) {
                ++gone_;
            } else {
                on_arrival_(from, message.header.tag, std::move(message.parcel));
            }
        }
        return received.messages.size();
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
    std::map<unsigned, std::deque<Letter>> under_way_;  ///< by rank, in the order of sending
    std::size_t bytes_under_way_ = 0;
    std::map<unsigned, std::deque<Received>> arriving_;  ///< by rank, in the order of sending
    unsigned gone_ = 0;                                  ///< ranks that have taken leave
    bool has_left_ = false;
    std::atomic<std::uint64_t> bytes_sent_{0};
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Exchange> launched_exchange() {
    const LaunchedPlace place = launched_place();
    check_launcher(place);
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
