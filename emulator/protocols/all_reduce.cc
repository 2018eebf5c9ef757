// The forms of an all-reduce.

#include "emulator/protocols/collective_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace murmur {
namespace {

/// Reduce-scatter, then all-gather [Patarasuk, 2009].  In step s of the first, place p sends the
/// chunk p - s, summed over the places p - s ... p; after n - 1 steps it has the whole sum of the
/// chunk p + 1.  In step n - 1 + s it sends the mean of the chunk p + 1 - s.
/// - [Patarasuk, 2009] P. Patarasuk and X. Yuan. Bandwidth optimal all-reduce algorithms for
///   clusters of workstations. J. Parallel and Distributed Computing 69:117-124.
class RingReduce final : public AllReduce {
  public:
    RingReduce(Collectives& owner, const Collective& collective, Input input)
        : AllReduce(owner, collective, std::move(input)), means_(count()) {}

    void start() override {
        add({.chunk = place(), .chunks = count()}, {}, [this](EncodedHandle own) {
            send(next(), 0, std::move(own));
            is_sending_ = true;
            proceed();
        });
    }

    void take(std::size_t /*from*/, std::uint32_t step, EncodedHandle content) override {
        came_[step] = std::move(content);
        proceed();
    }

    std::string waits_for() const override {
        return fmt::format("step {} of {} of a ring all-reduce, from node {}",
                           step_ + 1,
                           2 * (count() - 1),
                           member((place() + count() - 1) % count()));
    }

  private:
    [[nodiscard]] std::size_t next() const { return (place() + 1) % count(); }
    /// Returns the place so many before this one.
    [[nodiscard]] std::size_t back(std::size_t steps) const {
        return (place() + 2 * count() - steps) % count();
    }

    /// Takes the messages that are there in the order of their steps, one at a time.
    void proceed() {
        const auto found = came_.find(step_);
        if (!is_sending_ || found == came_.end()) {
            return;
        }
        EncodedHandle content = std::move(found->second);
        came_.erase(found);
        const std::uint32_t sums = static_cast<std::uint32_t>(count() - 1);
        const std::uint32_t step = step_++;
        if (step >= sums) {
            take_mean(back(step - sums), step, std::move(content));
            return;
        }
        is_sending_ = false;
        const bool is_last = step + 1 == sums;
        const Sum sum{.chunk = back(step + 1),
                      .chunks = count(),
                      .before_own = 1,
                      .divisor = is_last ? static_cast<double>(count()) : 1};
        add(sum, {std::move(content)}, [this, step, is_last](EncodedHandle summed) {
            if (is_last) {
                means_[next()] = summed;
            }
            send(next(), step + 1, std::move(summed));
            is_sending_ = true;
            proceed();
        });
    }

    void take_mean(std::size_t chunk, std::uint32_t step, EncodedHandle mean) {
        const bool is_last = step + 1 == 2 * (count() - 1);
        if (!is_last) {
            send(next(), step + 1, mean);
        }
        means_[chunk] = std::move(mean);
        if (is_last) {
            join(std::move(means_));
        } else {
            proceed();
        }
    }

    std::uint32_t step_ = 0;  ///< of the message that is taken next
    bool is_sending_ = false;
    std::map<std::uint32_t, EncodedHandle> came_;
    std::vector<EncodedHandle> means_;  ///< [chunks]
};

/// Sums up a binary tree, the mean down.
class TreeReduce final : public AllReduce {
  public:
    using AllReduce::AllReduce;

    void start() override {
        has_started_ = true;
        proceed();
    }

    void take(std::size_t from, std::uint32_t step, EncodedHandle content) override {
        if (step == kUp) {
            sums_[from] = std::move(content);
            proceed();
        } else {
            take_mean(content);
        }
    }

    std::string waits_for() const override {
        return sums_.size() < num_children()
                   ? fmt::format("{} sums of a tree all-reduce", num_children() - sums_.size())
                   : fmt::format("the mean of a tree all-reduce, from node {}",
                                 member((place() - 1) / 2));
    }

  private:
    static constexpr std::uint32_t kUp = 0;
    static constexpr std::uint32_t kDown = 1;

    [[nodiscard]] std::size_t num_children() const {
        const std::size_t first = 2 * place() + 1;
        return first >= count() ? 0 : std::min<std::size_t>(count() - first, 2);
    }

    void proceed() {
        if (!has_started_ || sums_.size() < num_children()) {
            return;
        }
        std::vector<EncodedHandle> came;
        for (auto& [child, sum] : sums_) {
            came.push_back(std::move(sum));
        }
        const bool is_root = place() == 0;
        add({.divisor = is_root ? static_cast<double>(count()) : 1},
            std::move(came),
            [this, is_root](EncodedHandle summed) {
                if (is_root) {
                    take_mean(summed);
                } else {
                    send((place() - 1) / 2, kUp, std::move(summed));
                }
            });
    }

    void take_mean(const EncodedHandle& mean) {
        for (std::size_t child = 0; child < num_children(); ++child) {
            send(2 * place() + 1 + child, kDown, mean);
        }
        join({mean});
    }

    bool has_started_ = false;
    std::map<std::size_t, EncodedHandle> sums_;  ///< by the children's places
};

/// Chunk q of all to place q, its mean to all.
class DirectReduce final : public AllReduce {
  public:
    DirectReduce(Collectives& owner, const Collective& collective, Input input)
        : AllReduce(owner, collective, std::move(input)), means_(count()) {}

    void start() override {
        for (std::size_t to = 0; to < count(); ++to) {
            if (to != place()) {
                add({.chunk = to, .chunks = count()}, {}, [this, to](EncodedHandle chunk) {
                    send(to, kChunk, std::move(chunk));
                });
            }
        }
        if (options().timeout) {
            start_timer(*options().timeout, [this] { sum(); });
        }
        sum_when_complete();
    }

    void take(std::size_t from, std::uint32_t step, EncodedHandle content) override {
        if ((step == kChunk && phase_ != Phase::kChunks) || phase_ == Phase::kOver) {
            node().count("late_chunks");
        } else if (step == kChunk) {
            chunks_[from] = std::move(content);
            sum_when_complete();
        } else {
            means_[from] = std::move(content);
            ++num_means_;
            join_when_complete();
        }
    }

    std::string waits_for() const override {
        return phase_ == Phase::kChunks
                   ? fmt::format("chunks of {} members of an all-reduce",
                                 count() - 1 - chunks_.size())
                   : fmt::format("means of {} members of an all-reduce", count() - num_means_);
    }

  private:
    static constexpr std::uint32_t kChunk = 0;
    static constexpr std::uint32_t kMean = 1;
    enum class Phase { kChunks, kMeans, kOver };

    void sum_when_complete() {
        if (chunks_.size() + 1 == count()) {
            sum();
        }
    }

    /// Sums what is there.
    void sum() {
        phase_ = Phase::kMeans;
        if (options().timeout) {
            start_timer(*options().timeout, [this] { finish(); });
        }
        Sum total{.chunk = place(),
                .chunks = count(),
                .divisor = static_cast<double>(chunks_.size() + 1)};
        std::vector<EncodedHandle> came;
        for (auto& [from, chunk] : chunks_) {
            total.before_own += from < place() ? 1 : 0;
            came.push_back(std::move(chunk));
        }
        count_missing(count() - 1 - chunks_.size());
        add(total, std::move(came), [this](EncodedHandle mean) {
            for (std::size_t to = 0; to < count(); ++to) {
                if (to != place()) {
                    send(to, kMean, mean);
                }
            }
            if (phase_ == Phase::kMeans) {
                means_[place()] = std::move(mean);
                ++num_means_;
                join_when_complete();
            }
        });
    }

    void join_when_complete() {
        if (phase_ == Phase::kMeans && num_means_ == count()) {
            finish();
        }
    }

    void finish() {
        phase_ = Phase::kOver;
        stop_timer();
        count_missing(count() - num_means_);
        join(std::move(means_));
    }

    void count_missing(std::size_t missing) {
        for (std::size_t i = 0; i < missing; ++i) {
            node().count("missing_chunks");
        }
    }

    Phase phase_ = Phase::kChunks;
    std::map<std::size_t, EncodedHandle> chunks_;  ///< this node's chunk, of others by place
    std::vector<EncodedHandle> means_;             ///< [chunks]
    std::size_t num_means_ = 0;
};

/// A member alone.
class LoneReduce final : public AllReduce {
  public:
    using AllReduce::AllReduce;

    void start() override {
        add({}, {}, [this](EncodedHandle own) { join({std::move(own)}); });
    }
    void take(std::size_t, std::uint32_t, EncodedHandle) override {}
    std::string waits_for() const override { return "its own sum"; }
};

}  // namespace

AllReduce::AllReduce(Collectives& owner, const Collective& collective, Input input)
    : CollectiveOperation(owner, collective),
      input_(std::move(input)),
      encoder_(std::make_shared<const WholeModelEncoder>(options().codec)) {}

std::optional<MessageSize> AllReduce::size_of(std::size_t values) const {
    return encoder_->message_size(values, {});
}

void AllReduce::add(const Sum& sum,
                    std::vector<EncodedHandle> came,
                    std::function<void(EncodedHandle)> done) {
    const std::size_t begin = chunk_begin(input_.length, sum.chunk, sum.chunks);
    const std::size_t size = chunk_begin(input_.length, sum.chunk + 1, sum.chunks) - begin;
    SharingContext context{.node = node().id(), .round = number()};
    if (options().codec) {
        RandomStream stream = node().stream("collective", number());
        context.stream_seed = stream_seed(stream(), "chunk", sum.chunk, came.size());
    }
    const auto encode = [encoder = encoder_, sum, begin, size, context](
                            const Parameters& vector, const std::vector<Encoded>& others) {
        auto total = std::make_shared<ParameterVector>(size);
        const std::span<float> values = total->values();
        const std::span<const float> own = vector->values().subspan(begin, size);
        bool is_first = true;
        const auto add_values = [&](std::span<const float> more) {
            for (std::size_t i = 0; i < size; ++i) {
                values[i] = is_first ? more[i] : values[i] + more[i];
            }
            is_first = false;
        };
        for (std::size_t i = 0; i <= others.size(); ++i) {
            if (i == sum.before_own) {
                add_values(own);
            }
            if (i < others.size()) {
                const ModelView view = encoder->decode(*others[i], size, context.node);
                add_values(view.values());
            }
        }
        if (sum.divisor != 1) {
            for (float& value : values) {
                value = static_cast<float>(value / sum.divisor);
            }
        }
        EncoderState stateless;
        return encoder->encode(stateless, total, context);
    };
    // Before `came` is moved.
    const std::uint64_t values_read = (came.size() + 1) * size;
    node().encode_with({.round = number(), .values_read = values_read, .size = size_of(size)},
                       encode,
                       while_alive(std::move(done)),
                       input_.vector,
                       std::move(came));
}

void AllReduce::join(std::vector<EncodedHandle> means) {
    std::vector<bool> is_there;
    std::vector<EncodedHandle> came;
    for (EncodedHandle& mean : means) {
        is_there.push_back(bool{mean});
        if (mean) {
            came.push_back(std::move(mean));
        }
    }
    const auto put_together = [encoder = encoder_,
                               is_there = std::move(is_there),
                               length = input_.length,
                               node = node().id()](const Parameters& vector,
                                                   const std::vector<Encoded>& parts) {
        auto whole = std::make_shared<ParameterVector>(length);
        auto part = parts.begin();
        for (std::size_t chunk = 0; chunk < is_there.size(); ++chunk) {
            const std::size_t begin = chunk_begin(length, chunk, is_there.size());
            const std::size_t size = chunk_begin(length, chunk + 1, is_there.size()) - begin;
            const auto to = whole->values().subspan(begin, size).begin();
            if (is_there[chunk]) {
                std::ranges::copy(encoder->decode(**part++, size, node).values(), to);
            } else {
                std::ranges::copy(vector->values().subspan(begin, size), to);
            }
        }
        return Parameters(std::move(whole));
    };
    node().compute(
        {.kind = TaskKind::kMerge, .round = number(), .values_read = input_.length},
        put_together,
        while_alive([this](ModelHandle mean) { finish(std::move(mean)); }),
        std::exchange(input_.vector, {}),
        std::move(came));
}

void AllReduce::finish(ModelHandle mean) {
    end({.mean = mean, .length = input_.length},
        [done = std::move(input_.done), mean]() mutable { done(std::move(mean)); });
}

void AllReduce::take_result(std::uint32_t /*index*/, EncodedHandle content) {
    if (std::exchange(has_result_, true)) {
        return;
    }
    abandon();
    node().compute(
        {.kind = TaskKind::kMerge, .round = number(), .values_read = input_.length},
        [](const Encoded& whole) { return dynamic_cast<const WholeModel&>(*whole).parameters(); },
        while_alive([this](ModelHandle mean) { finish(std::move(mean)); }),
        content);
}

std::unique_ptr<CollectiveOperation> make_all_reduce(Collectives& owner,
                                                     const Collective& collective,
                                                     AllReduce::Input input) {
    if (collective.members.size() < 2) {
        return std::make_unique<LoneReduce>(owner, collective, std::move(input));
    }
    switch (collective.form) {
        case CollectiveForm::kRing:
            return std::make_unique<RingReduce>(owner, collective, std::move(input));
        case CollectiveForm::kTree:
            return std::make_unique<TreeReduce>(owner, collective, std::move(input));
        case CollectiveForm::kDirect:
            break;
    }
    return std::make_unique<DirectReduce>(owner, collective, std::move(input));
}

}  // namespace murmur
