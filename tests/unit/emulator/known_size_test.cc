// Messages whose size is known before they are encoded: they leave at their simulated instant,
// and the simulation does not wait for their bytes.
#include "emulator/run/calibration.h"
#include "emulator/run/experiment_options.h"
#include "emulator/run/simulation.h"
#include "tests/support/doctest.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

namespace murmur {
namespace {

using namespace std::chrono_literals;

ExperimentOptions two_nodes(const std::string& sharing, const std::string& codec) {
    ExperimentOptions options;
    options.nodes = 2;
    options.topology = "full";
    options.rounds = 1;
    options.sharing = sharing;
    options.codec = codec;
    options.dataset = "least-squares:features=99,samples=16";
    options.model = "linear";
    options.network = "ideal";
    options.clock = "modelled:1ms,merge=0";
    options.workers = 1;
    options.quiet = true;
    return options;
}

/// Node 0 encodes its first model and sends it; node 1 gets it, and that is all.
class SendOnce final : public Protocol {
  public:
    SendOnce(NodeContext& node, std::shared_ptr<std::promise<void>> arrived)
        : Protocol(node), arrived_(std::move(arrived)) {}

    void on_start() override {
        if (node().id() == 0) {
            node().encode(node().initial_model(), 0, [this](const EncodedHandle& encoded) {
                node().send({.to = 1, .content = encoded});
            });
        }
    }
    void on_message(const Incoming& /*message*/) override { arrived_->set_value(); }
    [[nodiscard]] std::string waits_for() const override { return "nothing"; }

  private:
    std::shared_ptr<std::promise<void>> arrived_;
};

/// Encodes only once the simulation has delivered the message, or some time later.
class Late final : public Encoder {
  public:
    Late(std::unique_ptr<const Encoder> inner,
         std::future<void>& arrived,
         std::chrono::milliseconds patience,
         bool& was_late)
        : inner_(std::move(inner)), arrived_(arrived), patience_(patience), was_late_(was_late) {}

    [[nodiscard]] std::unique_ptr<EncoderState> initial_state(const Parameters& start,
                                                              SharingRole role) const override {
        return inner_->initial_state(start, role);
    }
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const override {
        return inner_->message_size(num_parameters, context);
    }
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        EncoderState& state,
        const Parameters& trained,
        const SharingContext& context) const override {
        was_late_ = arrived_.wait_for(patience_) == std::future_status::ready;
        return inner_->encode(state, trained, context);
    }
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t from) const override {
        return inner_->decode(message, num_coordinates, from);
    }

  private:
    std::unique_ptr<const Encoder> inner_;
    std::future<void>& arrived_;
    std::chrono::milliseconds patience_;
    bool& was_late_;
};

/// Returns whether a message arrives, in simulated time, before it has been encoded in real time.
bool is_sent_before_encoded(const std::string& sharing,
                            const std::string& codec,
                            std::chrono::milliseconds patience) {
    const auto arrival = std::make_shared<std::promise<void>>();
    std::future<void> arrived = arrival->get_future();
    bool was_late = false;
    ExperimentPlan plan(two_nodes(sharing, codec),
                        {.protocol = [arrival](NodeContext& node) -> std::unique_ptr<Protocol> {
                             return std::make_unique<SendOnce>(node, arrival);
                         },
                         .initial = {},
                         .network = {}});
    plan.sharing = std::make_unique<Sharing>(
        std::make_unique<Late>(make_encoder(sharing, codec), arrived, patience, was_late),
        make_aggregator("mean"));
    const auto clock = make_clock(plan);
    Simulation simulation(plan, *clock);
    const Ending ending = simulation.run([] {});
    std::uint64_t messages = 0;
    for (const NodeRow& row : simulation.node_rows(ending)) {
        messages += row.totals.messages;
    }
    CHECK(messages == 1);
    return was_late;
}

TEST_CASE("the simulation does not wait for an encoding of known size") {
    // No more than a failure takes so long.
    constexpr auto kPatience = 10s;
    for (const char* sharing : {"full", "random", "top-k", "wavelet", "jwins"}) {
        for (const char* codec : {"raw", "float16"}) {
            CAPTURE(sharing);
            CAPTURE(codec);
            CHECK(is_sent_before_encoded(sharing, codec, kPatience));
        }
    }
}

TEST_CASE("the simulation waits for an encoding whose size depends on the values") {
    for (const char* sharing : {"full", "random", "top-k", "jwins"}) {
        CAPTURE(sharing);
        CHECK_FALSE(is_sent_before_encoded(sharing, "zstd", 50ms));
    }
    CHECK_FALSE(is_sent_before_encoded("jwins:alphas=0.1", "elias+raw", 50ms));
}

}  // namespace
}  // namespace murmur
