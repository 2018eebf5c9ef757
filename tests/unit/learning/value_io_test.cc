// Values as bytes: what is read is what was written, to the bit, and damage is refused.
#include "learning/value_io.h"

#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kLength = 203;

Parameters random_model(RandomStream& random) {
    std::vector<float> values(kLength);
    for (float& value : values) {
        value = static_cast<float>(random.normal());
    }
    return make_parameters(values);
}

std::vector<std::uint8_t> written(const auto& value) {
    ByteSink sink;
    write_value(value, sink);
    return {sink.written().begin(), sink.written().end()};
}

bool same_bits(const Parameters& a, const Parameters& b) {
    return std::ranges::equal(a->values(), b->values(), [](float x, float y) {
        return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
    });
}

TEST_CASE("parameters, numbers and results read back to the bit, whatever they are") {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const Parameters odd = make_parameters(std::array{
        0.0F, -0.0F, kInfinity, -kInfinity, std::bit_cast<float>(0x7fc12345u), 1e-45F, 3.4e38F});
    CHECK(same_bits(round_trip(odd), odd));
    CHECK(round_trip(make_parameters({}))->size() == 0);
    CHECK(round_trip(Parameters()) == nullptr);
    CHECK(round_trip(-1.0 / 3) == -1.0 / 3);
    CHECK(std::isnan(round_trip(std::nan(""))));
    const EvaluationResult result{.loss = 0.1, .accuracy = std::nan(""), .samples = -1};
    CHECK(written(round_trip(result)) == written(result));
}

TEST_CASE("what is read shares nothing with what was written") {
    const Parameters model = make_parameters(std::array{1.0F});
    CHECK(round_trip(model) != model);
}

/// Two nodes that train at random and exchange, for some rounds, with the same draws each time.
/// @param apart  every message and state is written and read on its way
std::vector<Parameters> exchange(const Sharing& sharing, bool apart) {
    constexpr std::array kRoles{SharingRole::kPeer, SharingRole::kPeer};
    RandomStream random(stream_seed(7, "value io"));
    std::array<Parameters, 2> models{random_model(random), random_model(random)};
    std::array<std::unique_ptr<SharingState>, 2> states;
    const auto pass_state = [&](std::size_t node) {
        if (apart) {
            ByteSink sink;
            states[node]->write(sink);
            ByteSource source(sink.written());
            states[node] = sharing.read_state(source);
            source.expect_end();
        }
    };
    for (std::size_t node = 0; node < 2; ++node) {
        states[node] = sharing.initial_state(models[node], kRoles[node]);
        pass_state(node);
    }
    std::vector<Parameters> all;
    for (std::uint64_t round = 0; round < 5; ++round) {
        std::array<std::shared_ptr<const EncodedModel>, 2> sent;
        for (std::uint32_t node = 0; node < 2; ++node) {
            const Parameters step = random_model(random);
            models[node] =
                apply_change(*models[node], *make_parameters(std::vector<float>(kLength)), *step);
            sent[node] = sharing.encode(*states[node],
                                        models[node],
                                        {.node = node,
                                         .round = round,
                                         .degree = 1,
                                         .stream_seed = stream_seed(1, "sharing", node, round)});
            pass_state(node);
            if (apart) {
                const std::shared_ptr<const EncodedModel> read = round_trip(sent[node]);
                CHECK(read->size().values == sent[node]->size().values);
                CHECK(read->size().metadata == sent[node]->size().metadata);
                CHECK(read->type_name() == sent[node]->type_name());
                sent[node] = read;
            }
        }
        for (std::uint32_t node = 0; node < 2; ++node) {
            const std::array others{WeightedMessage{1 - node, 0.5, sent[1 - node]}};
            models[node] = sharing.merge(*states[node], models[node], 0.5, others);
            pass_state(node);
            all.push_back(models[node]);
        }
    }
    return all;
}

TEST_CASE(
    "messages and states of every strategy and codec may be elsewhere between any two steps") {
    for (const auto& [spec, codec] : std::vector<std::pair<std::string, std::string>>{
             {"full", ""},
             {"full", "float16"},
             {"full", "lz4"},
             {"plain-average", ""},
             {"top-k:alpha=0.3", ""},
             {"top-k:alpha=0.3,accumulation=changes", "elias+fpzip"},
             {"top-k:alpha=0.3,accumulation=averaging", ""},
             {"random:alpha=0.4", "zstd"},
             {"choco:alpha=0.3", ""},
             {"choco:alpha=0.3", "elias+qsgd"},
             {"wavelet:alpha=0.3,accumulation=averaging", ""},
             {"jwins", ""},
             {"fft:alpha=0.3,accumulation=changes", ""},
             {"stc:alpha=0.2", ""},
             {"qsgd", ""}}) {
        CAPTURE(spec);
        CAPTURE(codec);
        const auto sharing = make_sharing(spec, codec);
        const std::vector<Parameters> here = exchange(*sharing, false);
        const std::vector<Parameters> apart = exchange(*sharing, true);
        REQUIRE(here.size() == apart.size());
        for (std::size_t i = 0; i < here.size(); ++i) {
            CHECK(same_bits(here[i], apart[i]));
        }
    }
}

TEST_CASE("messages and states in parts may be elsewhere as well") {
    const ParameterLayout layout{
        {"weight", {100}}, {"running_mean", {50}, true, false}, {"frozen", {53}, false, false}};
    for (const char* spec : {"top-k:alpha=0.3,accumulation=changes", "choco:alpha=0.3", "qsgd"}) {
        CAPTURE(spec);
        const auto sharing = make_sharing({.sharing = spec}, layout);
        const std::vector<Parameters> here = exchange(*sharing, false);
        const std::vector<Parameters> apart = exchange(*sharing, true);
        for (std::size_t i = 0; i < here.size(); ++i) {
            CHECK(same_bits(here[i], apart[i]));
        }
    }
}

/// Goes on in the direction of its last merges: an aggregator that remembers.
class HeavyBall final : public Aggregator {
  public:
    [[nodiscard]] std::unique_ptr<AggregatorState> initial_state(
        const Parameters& start) const override {
        auto state = std::make_unique<State>();
        state->before = start;
        state->velocity.assign(start->size(), 0.0F);
        return state;
    }
    [[nodiscard]] std::unique_ptr<AggregatorState> read_state(ByteSource& source) const override {
        auto state = std::make_unique<State>();
        state->before = read_parameters(source);
        state->velocity = source.floats();
        return state;
    }
    [[nodiscard]] Parameters aggregate(AggregatorState& state,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        auto& memory = dynamic_cast<State&>(state);
        const auto mean = make_aggregator("mean");
        AggregatorState none;
        const Parameters averaged = mean->aggregate(none, own, self_weight, neighbors);
        auto merged = std::make_shared<ParameterVector>(own->size());
        for (std::size_t i = 0; i < own->size(); ++i) {
            float& velocity = memory.velocity[i];
            velocity = 0.5F * velocity + (averaged->values()[i] - memory.before->values()[i]);
            merged->values()[i] = memory.before->values()[i] + velocity;
        }
        memory.before = merged;
        return merged;
    }

  private:
    struct State final : AggregatorState {
        Parameters before;
        std::vector<float> velocity;

        void write(ByteSink& sink) const override {
            write_value(before, sink);
            sink.floats(velocity);
        }
    };
};

// Expectation: the aggregator remembers what is encoded in the coordinates of messages, and what
// travels whole as it is; where it forgets, the models of later rounds differ.
TEST_CASE("what an aggregator remembers may be elsewhere as well") {
    const ParameterLayout layout{{"weight", {103}}, {"running_mean", {100}, true, false}};
    for (const char* spec : {"full", "wavelet:alpha=0.3", "choco:alpha=0.3", "jwins"}) {
        for (const Travel buffers : {Travel::kWhole, Travel::kLocal, Travel::kEncoded}) {
            CAPTURE(spec);
            const Sharing sharing(make_encoder(spec),
                                  std::make_unique<HeavyBall>(),
                                  ModelParts(layout, {.buffers = buffers}));
            const Sharing forgetful(make_encoder(spec),
                                    make_aggregator("mean"),
                                    ModelParts(layout, {.buffers = buffers}));
            const std::vector<Parameters> here = exchange(sharing, false);
            const std::vector<Parameters> apart = exchange(sharing, true);
            for (std::size_t i = 0; i < here.size(); ++i) {
                CHECK(same_bits(here[i], apart[i]));
            }
            const bool has_aggregated = !sharing.has_own_merge() || buffers == Travel::kWhole;
            CHECK(same_bits(here.back(), exchange(forgetful, false).back()) == !has_aggregated);
        }
    }
}

TEST_CASE("a parcel has long vectors beside its bytes, which are not copied, and nothing else") {
    RandomStream random(3);
    const Parameters model = random_model(random);
    const Parameters small = make_parameters(std::array{1.5F, -2.0F});
    ByteSink sink(kLength);
    write_value(model, sink);
    write_value(small, sink);
    write_value(Parameters(), sink);
    write_value(model, sink);
    write_value(2.5, sink);
    const Parcel parcel = sink.take();
    CHECK(parcel.vectors == std::vector<Parameters>{model, model});
    CHECK(parcel.bytes.size() == 4 + 8 + 2 * sizeof(float) + sizeof(double));
    CHECK(parcel.size() == parcel.bytes.size() + 2 * sizeof(float) * kLength);
    CHECK(sink.take().size() == 0);
    ByteSource source(parcel);
    CHECK(ValueReader<Parameters>::read(source) == model);
    CHECK(same_bits(ValueReader<Parameters>::read(source), small));
    CHECK(ValueReader<Parameters>::read(source) == nullptr);
    CHECK_THROWS_WITH_AS(source.expect_end(),
                         "a written value is damaged: 1 vectors are left over",
                         std::invalid_argument);
    CHECK(ValueReader<Parameters>::read(source) == model);
    CHECK(ValueReader<double>::read(source) == 2.5);
    source.expect_end();
}

TEST_CASE("a vector that is not beside the bytes, and a place that is none, are refused") {
    RandomStream random(4);
    ByteSink sink(kLength);
    write_value(random_model(random), sink);
    ByteSource alone(sink.written());
    CHECK_THROWS_WITH_AS((void)ValueReader<Parameters>::read(alone),
                         "a written value is damaged: a vector is missing",
                         std::invalid_argument);
    const std::array<std::uint8_t, 1> nowhere{7};
    ByteSource strange(nowhere);
    CHECK_THROWS_AS((void)ValueReader<Parameters>::read(strange), std::invalid_argument);
}

TEST_CASE("a message in parts has no parts of parts, however deep damaged bytes say so") {
    ByteSink nested;
    for (int depth = 0; depth < 1'000'000; ++depth) {
        nested.text("message-in-parts");
    }
    ByteSource source(nested.written());
    CHECK_THROWS_WITH_AS((void)ValueReader<std::shared_ptr<const EncodedModel>>::read(source),
                         "a written value is damaged: a message in parts without an encoded one",
                         std::invalid_argument);
}

TEST_CASE("bytes that are cut off, too many or of no known type are refused") {
    const auto sharing = make_sharing("top-k:alpha=0.5");
    RandomStream random(1);
    const Parameters model = random_model(random);
    const auto state = sharing->initial_state(model, SharingRole::kPeer);
    const auto message = sharing->encode(*state, model, {});
    const std::vector<std::uint8_t> bytes = written(message);
    using Message = std::shared_ptr<const EncodedModel>;
    const std::span<const std::uint8_t> all(bytes);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        ByteSource source(all.first(length));
        CHECK_THROWS_AS((void)ValueReader<Message>::read(source), std::invalid_argument);
    }
    ByteSink longer;
    write_value(message, longer);
    longer.u8(0);
    ByteSource source(longer.written());
    CHECK(ValueReader<Message>::read(source) != nullptr);
    CHECK_THROWS_WITH_AS(source.expect_end(),
                         "a written value is damaged: 1 bytes are left over",
                         std::invalid_argument);
    ByteSink unknown;
    unknown.text("pigeon");
    ByteSource strange(unknown.written());
    CHECK_THROWS_WITH_AS((void)ValueReader<Message>::read(strange),
                         "a written value is damaged: no encoded model is called 'pigeon'",
                         std::invalid_argument);
    // A length of all memory is not believed.
    ByteSink huge;
    huge.u8(1);
    huge.u64(UINT64_MAX);
    ByteSource greedy(huge.written());
    CHECK_THROWS_AS((void)ValueReader<Parameters>::read(greedy), std::invalid_argument);
}

struct Pebble final : EncodedModel {
    [[nodiscard]] MessageSize size() const override { return {1, 0}; }
    [[nodiscard]] std::string_view type_name() const override { return "pebble"; }
};
struct Mist final : EncodedModel {
    [[nodiscard]] MessageSize size() const override { return {}; }
};

TEST_CASE("a type of one's own is read once it is known; one without a name is not written") {
    const std::shared_ptr<const EncodedModel> pebble = std::make_shared<Pebble>();
    CHECK_THROWS_AS((void)round_trip(pebble), std::invalid_argument);
    register_encoded_model("pebble", [](ByteSource&) { return std::make_shared<const Pebble>(); });
    CHECK(round_trip(pebble)->type_name() == "pebble");
    const std::shared_ptr<const EncodedModel> mist = std::make_shared<Mist>();
    CHECK_THROWS_AS((void)round_trip(mist), std::logic_error);
}

}  // namespace
}  // namespace murmur
