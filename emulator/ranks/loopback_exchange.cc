#include "emulator/ranks/loopback_exchange.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace murmur {

namespace {

/// What waits to be delivered to one rank, and the thread that delivers it.
class Inbox {
  public:
    explicit Inbox(unsigned rank)
        : thread_([this, rank] {
              try {
                  deliver();
              } catch (...) {
                  end_rank_at_once(rank);
              }
          }) {}
    ~Inbox() { close(); }
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    struct Message {
        unsigned from;
        Tag tag;
        Exchange::Make make;
        std::atomic<std::uint64_t>* sent;  ///< bytes, of the sender
    };

    void put(Message message) {
        const std::lock_guard lock(mutex_);
        if (!is_closed_) {
            messages_.push_back(std::move(message));
            changed_.notify_all();
        }
    }
    void listen(Exchange::Arrival on_arrival) {
        const std::lock_guard lock(mutex_);
        on_arrival_ = std::move(on_arrival);
        changed_.notify_all();
    }
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        return changed_.wait_until(lock, deadline, [this] {
            return is_closed_ || (messages_.empty() && !is_delivering_);
        });
    }
    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
            messages_.clear();
            changed_.notify_all();
        }
        if (thread_.joinable()) {
            thread_.join();
        }
    }

  private:
    void deliver() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock,
                          [this] { return is_closed_ || (on_arrival_ && !messages_.empty()); });
            if (is_closed_) {
                return;
            }
            const Message message = std::move(messages_.front());
            messages_.pop_front();
            is_delivering_ = true;
            lock.unlock();
            Parcel parcel = message.make();
            *message.sent += parcel.size();
            for (Parameters& vector : parcel.vectors) {
                vector = copy_of(*vector);  // as another process has it
            }
            on_arrival_(message.from, message.tag, std::move(parcel));
            lock.lock();
            is_delivering_ = false;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Message> messages_;
    Exchange::Arrival on_arrival_;
    bool is_delivering_ = false;
    bool is_closed_ = false;
    std::thread thread_;
};

/// All ranks of a loopback.
struct Hub {
    explicit Hub(unsigned size) : sent(size) {
        for (unsigned rank = 0; rank < size; ++rank) {
            inboxes.emplace_back(rank);
        }
    }

    std::deque<Inbox> inboxes;  // which stay where they are
    std::vector<std::atomic<std::uint64_t>> sent;
};

class LoopbackExchange final : public Exchange {
  public:
    LoopbackExchange(std::shared_ptr<Hub> hub, unsigned rank) : hub_(std::move(hub)), rank_(rank) {}
    ~LoopbackExchange() override { hub_->inboxes[rank_].close(); }

    [[nodiscard]] unsigned rank() const override { return rank_; }
    [[nodiscard]] unsigned size() const override {
        return static_cast<unsigned>(hub_->inboxes.size());
    }
    void send(unsigned to, const Tag& tag, Make make) override {
        hub_->inboxes[to].put({rank_, tag, std::move(make), &hub_->sent[rank_]});
    }
    void listen(Arrival on_arrival) override { hub_->inboxes[rank_].listen(std::move(on_arrival)); }
    [[nodiscard]] std::uint64_t bytes_sent() const override { return hub_->sent[rank_]; }
    bool finish(std::chrono::seconds patience) override {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        return std::all_of(hub_->inboxes.begin(), hub_->inboxes.end(), [&](Inbox& inbox) {
            return inbox.wait_until_empty(deadline);
        });
    }

  private:
    std::shared_ptr<Hub> hub_;
    unsigned rank_;
};

}  // namespace

std::vector<std::unique_ptr<Exchange>> make_loopback_exchanges(unsigned size) {
    const auto hub = std::make_shared<Hub>(size);
    std::vector<std::unique_ptr<Exchange>> exchanges;
    for (unsigned rank = 0; rank < size; ++rank) {
        exchanges.push_back(std::make_unique<LoopbackExchange>(hub, rank));
    }
    return exchanges;
}

}  // namespace murmur
