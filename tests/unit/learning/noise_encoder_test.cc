// --sharing=noise:SIGMA:ENCODER against its inner encoder on a model with the same noise.
#include "learning/encoding/encoders.h"
#include "learning/privacy/gaussian_noise.h"
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kSize = 500;

Parameters model(std::uint64_t seed) {
    return with_noise(*make_parameters(std::vector<float>(kSize)), {}, 1, seed);
}

/// What a node with model `own` has after it merged one message of `other`, both by `sharing`.
Parameters merged(const std::string& sharing, const Parameters& own, const Parameters& other) {
    const auto strategy = make_sharing(sharing);
    const auto receiver = strategy->initial_state(own, SharingRole::kPeer);
    const auto sender = strategy->initial_state(own, SharingRole::kPeer);
    const SharingContext context{.node = 1, .round = 0, .degree = 1, .stream_seed = 99};
    (void)strategy->encode(*receiver, own, {.degree = 1, .stream_seed = 98});
    const auto message = strategy->encode(*sender, other, context);
    const auto size = strategy->message_size(kSize, context);
    CHECK((!size || size->total() == message->size().total()));
    return strategy->merge(*receiver, own, 0.5, std::vector<WeightedMessage>{{1, 0.5, message}});
}

// Expectation: the message of the inner encoder about x + z, z of the stream "noise".
TEST_CASE("noise: stands in front of any encoder, and the node keeps its own model") {
    const Parameters own = model(1);
    const Parameters other = model(2);
    const Parameters noisy = with_noise(*other, {}, 0.25, stream_seed(99, "noise"));
    for (const char* inner : {"full",
                              "top-k:alpha=0.2",
                              "top-k:alpha=0.2,accumulation=changes",
                              "random:alpha=0.3",
                              "jwins",
                              "fft:alpha=0.2",
                              "qsgd:levels=8,bucket=64"}) {
        CAPTURE(inner);
        const Parameters got = merged(std::string("noise:0.25:") + inner, own, other);
        const Parameters expected = merged(inner, own, noisy);
        CHECK(std::ranges::equal(got->values(), expected->values()));
        const Parameters without = merged(std::string("noise:0:") + inner, own, other);
        CHECK(std::ranges::equal(without->values(), merged(inner, own, other)->values()));
    }
}

TEST_CASE("noise: an encoder that merges goes on merging") {
    for (const char* inner : {"choco:alpha=0.2", "stc:alpha=0.2"}) {
        CAPTURE(inner);
        const auto strategy = make_sharing(std::string("noise:0.25:") + inner);
        const auto plain = make_sharing(inner);
        CHECK(strategy->has_own_merge());
        CHECK(strategy->encoder().needs_static_overlay() ==
              plain->encoder().needs_static_overlay());
        CHECK(strategy->encoder().needs_server() == plain->encoder().needs_server());
        const Parameters without = merged(std::string("noise:0:") + inner, model(1), model(2));
        CHECK(std::ranges::equal(without->values(), merged(inner, model(1), model(2))->values()));
    }
}

TEST_CASE(
    "noise: sends no exact values, so that buffers stay apart, and states are the encoder's") {
    CHECK_FALSE(make_sharing("noise:0.1:full")->encoder().sends_exact_values());
    const auto sharing = make_sharing({.sharing = "noise:1:full"},
                                      {{"weight", {kSize - 9}}, {"variance", {9}, true, false}});
    const Parameters x = model(4);
    const auto state = sharing->initial_state(x, SharingRole::kPeer);
    const auto message = sharing->encode(*state, x, {.stream_seed = 5});
    const Parameters y =
        sharing->merge(*state, x, 0, std::vector<WeightedMessage>{{1, 1, message}});
    for (std::size_t i = 0; i < kSize; ++i) {
        CHECK((y->values()[i] == x->values()[i]) == (i >= kSize - 9));
    }
}

TEST_CASE("noise: what is wrong is refused in one line") {
    const auto refusal = [](const std::string& sharing) {
        try {
            (void)make_sharing(sharing);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refusal("noise:0.1:noise:0.1:full") ==
          "sharing noise: got noise within noise, allowed once: variances of noise add up");
    CHECK(refusal("noise:0.1:full") == "accepted");
    CHECK(refusal("noise:0.1") ==
          "sharing noise: the encoder is missing, allowed noise:SIGMA:ENCODER");
    CHECK(refusal("noise:-1:full")
              .starts_with("sharing noise: sigma: not a number in range, got '-1'"));
    CHECK(refusal("noise:0.1:fulll").ends_with("did you mean full?"));
    CHECK(refusal("noise:0.1:plain-average") ==
          "sharing noise: got plain-average, which stands for an aggregation as well, allowed full "
          "with --aggregation=equal");
}

}  // namespace
}  // namespace murmur
