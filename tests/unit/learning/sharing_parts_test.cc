// What becomes of buffers and frozen parameters beside what a strategy encodes.
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Ten weights, four running means, four running variances, six weights, three frozen ones.
const ParameterLayout kLayout{{"weight", {2, 5}},
                              {"mean", {4}, true, false},
                              {"var", {4}, true, false},
                              {"bias", {6}},
                              {"embedding", {3}, false, false}};
constexpr std::size_t kSize = 27;

std::unique_ptr<const Sharing> make_in_parts(const std::string& spec,
                                             const PartOptions& parts = {}) {
    return make_sharing({.sharing = spec, .parts = parts}, kLayout);
}

bool is_buffer(std::size_t i) {
    return i >= 10 && i < 18;
}
bool is_variance(std::size_t i) {
    return i >= 14 && i < 18;
}
bool is_frozen(std::size_t i) {
    return i >= 24;
}

Parameters vector_of(std::uint64_t seed) {
    RandomStream stream(seed);
    std::vector<float> values(kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
        const auto value = static_cast<float>(stream.normal());
        // Variances of very unlike sizes, as those of a network's layers are.
        values[i] = is_variance(i) ? std::exp(4 * value) : value;
    }
    return make_parameters(values);
}

Parameters encoded_part(const Parameters& model) {
    std::vector<float> part;
    for (std::size_t i = 0; i < kSize; ++i) {
        if (!is_buffer(i) && !is_frozen(i)) {
            part.push_back(model->values()[i]);
        }
    }
    return make_parameters(part);
}

/// A node and its two neighbors share once, all with weight 1/3; returns what the node has then.
Parameters share_once(const Sharing& sharing,
                      const std::array<Parameters, 3>& starts,
                      const std::array<Parameters, 3>& trained) {
    std::vector<WeightedMessage> neighbors;
    std::unique_ptr<SharingState> own;
    for (std::uint32_t node = 0; node < 3; ++node) {
        auto state = sharing.initial_state(starts[node], SharingRole::kPeer);
        const auto message = sharing.encode(
            *state, trained[node], {.node = node, .degree = 2, .stream_seed = 7 + node});
        if (node == 0) {
            own = std::move(state);
        } else {
            neighbors.push_back({node, 1.0 / 3, message});
        }
    }
    return sharing.merge(*own, trained[0], 1.0 / 3, neighbors);
}

const std::vector<std::string> kStrategies{"full",
                                           "plain-average",
                                           "top-k:alpha=0.3",
                                           "top-k:alpha=0.3,accumulation=changes",
                                           "random:alpha=0.5",
                                           "choco:alpha=0.3",
                                           "wavelet:alpha=0.3,level=2",
                                           "jwins:level=2",
                                           "fft:alpha=0.3",
                                           "qsgd:levels=2"};

std::array<Parameters, 3> three(std::uint64_t seed) {
    return {vector_of(seed), vector_of(seed + 1), vector_of(seed + 2)};
}

// Expectation: parameters are what the strategy makes of them alone; buffers and frozen parameters
// the mean of the three nodes, summed in the order of nodes in float32.
TEST_CASE("sharing in parts: buffers travel whole beside what a strategy makes of the rest") {
    for (const std::string& spec : kStrategies) {
        CAPTURE(spec);
        const auto starts = three(1);
        const auto trained = three(11);
        const Parameters merged = share_once(*make_in_parts(spec), starts, trained);
        const Parameters alone = share_once(
            *make_sharing(spec),
            {encoded_part(starts[0]), encoded_part(starts[1]), encoded_part(starts[2])},
            {encoded_part(trained[0]), encoded_part(trained[1]), encoded_part(trained[2])});
        const Parameters part = encoded_part(merged);
        for (std::size_t i = 0; i < part->size(); ++i) {
            CHECK(part->values()[i] == alone->values()[i]);
        }
        const auto third = static_cast<float>(1.0 / 3);
        for (std::size_t i = 0; i < kSize; ++i) {
            if (is_buffer(i) || is_frozen(i)) {
                float mean = third * trained[0]->values()[i];
                mean += third * trained[1]->values()[i];
                mean += third * trained[2]->values()[i];
                CHECK(merged->values()[i] == mean);
            }
        }
    }
}

TEST_CASE("sharing in parts: local coordinates stay and are not sent") {
    for (const std::string& spec : kStrategies) {
        CAPTURE(spec);
        const auto trained = three(11);
        const auto sharing =
            make_in_parts(spec, {.buffers = Travel::kLocal, .frozen = Travel::kLocal});
        const Parameters merged = share_once(*sharing, three(1), trained);
        for (std::size_t i = 0; i < kSize; ++i) {
            if (is_buffer(i) || is_frozen(i)) {
                CHECK(merged->values()[i] == trained[0]->values()[i]);
            }
        }
    }
    const auto sharing =
        make_in_parts("full", {.buffers = Travel::kLocal, .frozen = Travel::kWhole});
    CHECK(sharing->message_size(kSize, {})->values == 4 * (kSize - 8));
}

TEST_CASE("sharing in parts: without buffers, or encoded, a strategy is as it is") {
    const auto trained = three(11);
    for (const std::string& spec : kStrategies) {
        CAPTURE(spec);
        const Parameters plain = share_once(*make_sharing(spec), three(1), trained);
        const Parameters encoded = share_once(
            *make_in_parts(spec, {.buffers = Travel::kEncoded, .frozen = Travel::kEncoded}),
            three(1),
            trained);
        const Parameters no_buffers = share_once(
            *make_sharing({.sharing = spec}, {{"weight", {static_cast<std::int64_t>(kSize)}}}),
            three(1),
            trained);
        CHECK(std::ranges::equal(plain->values(), encoded->values()));
        CHECK(std::ranges::equal(plain->values(), no_buffers->values()));
    }
}

/// Returns the least variance that a node holds over rounds in which training moves every
/// variance to another positive value.
float least_variance(const std::string& spec, Travel buffers) {
    const auto sharing = make_in_parts(spec, {.buffers = buffers, .frozen = Travel::kWhole});
    std::array<Parameters, 3> models = three(1);
    std::array<std::unique_ptr<SharingState>, 3> states;
    for (std::size_t node = 0; node < 3; ++node) {
        states[node] = sharing->initial_state(models[node], SharingRole::kPeer);
    }
    float least = 1;
    for (std::uint64_t round = 0; round < 20; ++round) {
        const std::array<Parameters, 3> trained = three(100 + 10 * round);
        std::array<std::shared_ptr<const EncodedModel>, 3> messages;
        for (std::uint32_t node = 0; node < 3; ++node) {
            messages[node] = sharing->encode(*states[node],
                                             trained[node],
                                             {.node = node,
                                              .round = round,
                                              .degree = 2,
                                              .stream_seed = stream_seed(1, "test", node, round)});
        }
        for (std::uint32_t node = 0; node < 3; ++node) {
            std::vector<WeightedMessage> neighbors;
            for (std::uint32_t other = 0; other < 3; ++other) {
                if (other != node) {
                    neighbors.push_back({other, 1.0 / 3, messages[other]});
                }
            }
            models[node] = sharing->merge(*states[node], trained[node], 1.0 / 3, neighbors);
            for (std::size_t i = 14; i < 18; ++i) {
                least = std::min(least, models[node]->values()[i]);
            }
        }
    }
    return least;
}

// Expectation: a weighted mean of positive numbers is positive; a truncated spectrum is not.
TEST_CASE("sharing in parts: no variance passes below zero unless it is encoded") {
    for (const std::string& spec : kStrategies) {
        CAPTURE(spec);
        CHECK(least_variance(spec, Travel::kWhole) > 0);
        CHECK(least_variance(spec, Travel::kLocal) > 0);
    }
    for (const char* spec : {"fft:alpha=0.3", "wavelet:alpha=0.3,level=2", "choco:alpha=0.3"}) {
        CAPTURE(spec);
        CHECK(least_variance(spec, Travel::kEncoded) < 0);
    }
}

// Expectation: the server's whole part is the weighted mean of its clients', and what it sends is
// taken over as it is.
TEST_CASE("sharing in parts: updates to and from a server carry buffers whole") {
    const auto sharing = make_in_parts("stc:alpha=0.2");
    CHECK(sharing->encoder().needs_server());
    const auto starts = three(1);
    const auto server = sharing->initial_state(starts[0], SharingRole::kServer);
    std::vector<WeightedMessage> replies;
    for (std::uint32_t client = 1; client < 3; ++client) {
        const auto state = sharing->initial_state(starts[0], SharingRole::kPeer);
        replies.push_back({client, 0.5, sharing->encode(*state, starts[client], {})});
    }
    const Parameters averaged = sharing->merge(*server, starts[0], 0, replies);
    const auto update = sharing->encode(*server, averaged, {});
    const auto client = sharing->initial_state(starts[0], SharingRole::kPeer);
    const std::vector<WeightedMessage> from_server{{0, 1, update}};
    const Parameters taken = sharing->merge(*client, starts[1], 0, from_server);
    for (std::size_t i = 0; i < kSize; ++i) {
        if (is_buffer(i) || is_frozen(i)) {
            const float mean = 0.5F * starts[1]->values()[i] + 0.5F * starts[2]->values()[i];
            CHECK(averaged->values()[i] == doctest::Approx(mean).epsilon(1e-6));
            CHECK(taken->values()[i] == averaged->values()[i]);
        }
    }
}

TEST_CASE("sharing in parts: sizes are those of both parts") {
    for (const std::string& spec : kStrategies) {
        CAPTURE(spec);
        const auto sharing = make_in_parts(spec);
        const SharingContext context{.degree = 2, .stream_seed = 5};
        const auto state = sharing->initial_state(vector_of(1), SharingRole::kPeer);
        const MessageSize size = sharing->encode(*state, vector_of(2), context)->size();
        const auto inner = make_sharing(spec);
        const auto inner_state =
            inner->initial_state(encoded_part(vector_of(1)), SharingRole::kPeer);
        const MessageSize inner_size =
            inner->encode(*inner_state, encoded_part(vector_of(2)), context)->size();
        CHECK(size.values == inner_size.values + 4 * 11);
        CHECK(size.metadata == inner_size.metadata);
        if (const auto told = sharing->message_size(kSize, context)) {
            CHECK(told->values == size.values);
            CHECK(told->metadata == size.metadata);
        }
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(make_in_parts("qsgd")->message_size(5, {})),
                         "sharing: a model of another length than its layout, got 5, allowed 27",
                         std::invalid_argument);
}

TEST_CASE("sharing in parts: words are whole, local and encoded") {
    CHECK(parse_travel("--buffers", "whole") == Travel::kWhole);
    CHECK(parse_travel("--buffers", "local") == Travel::kLocal);
    CHECK(parse_travel("--buffers", "encoded") == Travel::kEncoded);
    CHECK_THROWS_WITH_AS(static_cast<void>(parse_travel("--buffers", "none")),
                         "--buffers: got 'none', allowed whole, local, encoded",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
