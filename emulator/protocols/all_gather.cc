// The forms of an all-gather.

#include "emulator/protocols/collective_operation.h"

#include <fmt/format.h>

#include <utility>

namespace murmur {
namespace {

/// What both forms have in common: the step of a message is the place whose content it is.
class AllGather final : public CollectiveOperation {
  public:
    AllGather(Collectives& owner,
              const Collective& collective,
              EncodedHandle content,
              std::function<void(Collectives::Gathered)> done)
        : CollectiveOperation(owner, collective),
          is_ring_(collective.form != CollectiveForm::kDirect),
          contents_(count()),
          done_(std::move(done)) {
        contents_[place()] = std::move(content);
    }

    void start() override {
        const auto own = static_cast<std::uint32_t>(place());
        if (is_ring_ && count() > 1) {
            send(next(), own, contents_[own]);
        }
        for (std::size_t to = 0; !is_ring_ && to < count(); ++to) {
            if (to != place()) {
                send(to, own, contents_[own]);
            }
        }
        if (options().timeout && !is_ring_) {
            start_timer(*options().timeout, [this] { finish(); });
        }
        finish_when_complete();
    }

    void take(std::size_t /*from*/, std::uint32_t origin, EncodedHandle content) override {
        if (origin >= count() || contents_[origin]) {
            return;
        }
        if (is_ring_ && origin != next()) {
            send(next(), origin, content);
        }
        contents_[origin] = std::move(content);
        ++num_there_;
        finish_when_complete();
    }

    void take_result(std::uint32_t origin, EncodedHandle content) override {
        if (origin < count() && !contents_[origin]) {
            contents_[origin] = std::move(content);
            ++num_there_;
            finish_when_complete();
        }
    }

    std::string waits_for() const override {
        return fmt::format("contents of {} members of an all-gather", count() - num_there_);
    }

  private:
    [[nodiscard]] std::size_t next() const { return (place() + 1) % count(); }

    void finish_when_complete() {
        if (num_there_ == count()) {
            finish();
        }
    }

    void finish() {
        stop_timer();
        for (std::size_t i = num_there_; i < count(); ++i) {
            node().count("missing_chunks");
        }
        end({.contents = contents_},
            [done = std::move(done_), contents = std::move(contents_)]() mutable {
                done(std::move(contents));
            });
    }

    bool is_ring_;
    Collectives::Gathered contents_;
    std::size_t num_there_ = 1;
    std::function<void(Collectives::Gathered)> done_;
};

}  // namespace

std::unique_ptr<CollectiveOperation> make_all_gather(
    Collectives& owner,
    const Collective& collective,
    EncodedHandle content,
    std::function<void(Collectives::Gathered)> done) {
    return std::make_unique<AllGather>(owner, collective, std::move(content), std::move(done));
}

}  // namespace murmur
