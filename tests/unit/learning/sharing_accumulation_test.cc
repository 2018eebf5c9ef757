// Accumulated changes where encoding and merging do not alternate, as under gossip and AD-PSGD.
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <cstddef>
#include <vector>

namespace murmur {
namespace {

/// One node that sends one of three parameters at a time, and what a receiver makes of it.
class Sender {
  public:
    explicit Sender(const char* accumulation)
        : sharing_(make_sharing(std::string("top-k:alpha=0.34,accumulation=") + accumulation, "")),
          state_(sharing_->initial_state(zero(), SharingRole::kPeer)) {}

    /// Returns which entry of the model is sent.
    std::size_t sent(const Parameters& model) {
        const auto message = sharing_->encode(*state_, model, {});
        const auto receiver = sharing_->initial_state(zero(), SharingRole::kPeer);
        const Parameters merged =
            sharing_->merge(*receiver, zero(), 0, std::vector<WeightedMessage>{{1, 1.0, message}});
        for (std::size_t i = 0; i < 3; ++i) {
            if (merged->values()[i] != 0) {
                return i;
            }
        }
        return 3;
    }
    /// Merges the model with nothing.
    Parameters merge(const Parameters& model) {
        return sharing_->merge(*state_, model, 1.0, std::vector<WeightedMessage>{});
    }

    static Parameters zero() { return make_parameters(std::vector<float>{0, 0, 0}); }

  private:
    std::unique_ptr<const Sharing> sharing_;
    std::unique_ptr<SharingState> state_;
};

TEST_CASE("accumulated changes: a model that is encoded twice has changed once") {
    Sender sender("changes");
    const Parameters model = make_parameters(std::vector<float>{1.0F, 0.4F, 0.1F});
    // A = (1, 0.4, 0.1), of which the first is sent.  Counted again it would be (1, 0.8, 0.2).
    CHECK(sender.sent(model) == 0);
    CHECK(sender.sent(model) == 1);
    CHECK(sender.sent(model) == 2);
    // Everything has been sent: a small new change is all there is.
    const Parameters later = make_parameters(std::vector<float>{1.0F, 0.4F, 0.11F});
    CHECK(sender.sent(later) == 2);
}

TEST_CASE("accumulated changes: training whose model is merged unsent is not forgotten") {
    Sender sender("changes");
    CHECK(sender.sent(make_parameters(std::vector<float>{1.0F, 0.4F, 0.1F})) == 0);
    // Training adds 0.9 to the last entry; the model is merged before it is encoded.
    const Parameters merged = sender.merge(make_parameters(std::vector<float>{1.0F, 0.4F, 1.0F}));
    CHECK(sender.sent(merged) == 2);
    CHECK(sender.sent(merged) == 1);
}

TEST_CASE("accumulated changes: each round of training counts once where they alternate") {
    Sender sender("changes");
    Parameters model = Sender::zero();
    // Every round adds (0.5, 0.27, 0.2); the largest sum is sent and forgotten.
    const std::vector<std::size_t> expected{0, 1, 0, 2, 0, 1, 0};
    for (const std::size_t entry : expected) {
        std::vector<float> values(model->values().begin(), model->values().end());
        values[0] += 0.5F;
        values[1] += 0.27F;
        values[2] += 0.2F;
        model = make_parameters(values);
        CHECK(sender.sent(model) == entry);
        model = sender.merge(model);
    }
}

}  // namespace
}  // namespace murmur
