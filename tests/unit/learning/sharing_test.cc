#include "learning/sharing.h"

#include "learning/encoding/encoders.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

using Matrix = std::vector<std::vector<double>>;
using Models = std::vector<std::vector<float>>;

nlohmann::json read_json(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file.is_open());
    return nlohmann::json::parse(file);
}

/// Returns every node's model after one round of `sharing`; neighbors are the nonzero weights.
Models merge_all(const Sharing& sharing, const Models& models, const Matrix& weights) {
    std::vector<Parameters> parameters;
    std::vector<std::shared_ptr<const EncodedModel>> messages;
    const auto state = sharing.initial_state(make_parameters(models[0]), SharingRole::kPeer);
    for (std::uint32_t node = 0; node < models.size(); ++node) {
        parameters.push_back(make_parameters(models[node]));
        messages.push_back(sharing.encode(*state, parameters[node], {.node = node}));
    }
    Models merged;
    for (std::uint32_t node = 0; node < models.size(); ++node) {
        std::vector<WeightedMessage> neighbors;
        for (std::uint32_t other = 0; other < models.size(); ++other) {
            if (other != node && weights[node][other] != 0.0) {
                neighbors.push_back({other, weights[node][other], messages[other]});
            }
        }
        const Parameters result =
            sharing.merge(*state, parameters[node], weights[node][node], neighbors);
        merged.emplace_back(result->values().begin(), result->values().end());
    }
    return merged;
}

double largest_difference(const Models& a, const Matrix& b) {
    double largest = 0.0;
    REQUIRE(a.size() == b.size());
    for (std::size_t node = 0; node < a.size(); ++node) {
        REQUIRE(a[node].size() == b[node].size());
        for (std::size_t i = 0; i < a[node].size(); ++i) {
            largest = std::max(largest, std::abs(a[node][i] - b[node][i]));
        }
    }
    return largest;
}

TEST_CASE("sharing: merges reproduce NumPy's numbers") {
    const nlohmann::json vectors =
        read_json(test::repository() / "tests/unit/learning/sharing_vectors.json");
    const auto models = vectors["models"].get<Models>();
    const auto weights = vectors["weights"].get<Matrix>();
    const Models full = merge_all(*make_sharing("full"), models, weights);
    CHECK(largest_difference(full, vectors["full"].get<Matrix>()) < 1e-6);
    const Models plain = merge_all(*make_sharing("plain-average"), models, weights);
    CHECK(largest_difference(plain, vectors["plain_average"].get<Matrix>()) < 1e-6);
}

// Expectation: 4 x 89,834 bytes of values, and degree and round in 4 bytes each.
TEST_CASE("sharing: a GN-LeNet message has 359,344 bytes of content") {
    const auto model = std::make_shared<ParameterVector>(89'834);
    for (const char* name : {"full", "plain-average"}) {
        const auto sharing = make_sharing(name);
        CHECK(sharing->message_size(89'834, {})->total() == 359'344U);
        const auto state = sharing->initial_state(model, SharingRole::kPeer);
        CHECK(sharing->encode(*state, model, {.degree = 5})->size().total() == 359'344U);
    }
}

TEST_CASE("sharing: a message holds the sender's vector, not a copy") {
    const Parameters model = make_parameters(std::vector<float>(1'000, 1.0F));
    const auto sharing = make_sharing("full");
    const auto state = sharing->initial_state(model, SharingRole::kPeer);
    const std::size_t before = ParameterVector::live_bytes();
    const auto message = sharing->encode(*state, model, {});
    CHECK(ParameterVector::live_bytes() == before);
    CHECK(model.use_count() == 2);
}

// Expectation: blocks of the sum leave no gap and no overlap; w_ii x + w_ij y exactly, in powers
// of two.
TEST_CASE("sharing: long vectors are merged to the last value") {
    std::vector<float> own;
    std::vector<float> other;
    for (int i = 0; i < 5'001; ++i) {
        own.push_back(static_cast<float>(i));
        other.push_back(static_cast<float>(-3 * i));
    }
    const Models merged =
        merge_all(*make_sharing("full"), {own, other}, {{0.75, 0.25}, {0.25, 0.75}});
    CHECK(merged[0] == std::vector<float>(5'001, 0.0F));
    CHECK(merged[1][5'000] == -10'000.0F);
}

TEST_CASE("sharing: a node without neighbors keeps its model") {
    const Models merged = merge_all(*make_sharing("plain-average"), {{1.5F, -2.0F}}, {{1.0}});
    CHECK(merged[0] == std::vector<float>{1.5F, -2.0F});
}

TEST_CASE("sharing: models of different length are refused") {
    const auto sharing = make_sharing("full");
    const Parameters two = make_parameters(std::vector<float>{1, 2});
    const auto state = sharing->initial_state(two, SharingRole::kPeer);
    const Parameters three = make_parameters(std::vector<float>{1, 2, 3});
    const std::vector<WeightedMessage> neighbors{{4, 0.5, sharing->encode(*state, three, {})}};
    CHECK_THROWS_WITH_AS(sharing->merge(*state, two, 0.5, neighbors),
                         "sharing: the model of node 4 has another length, got 3, allowed 2",
                         std::invalid_argument);
}

TEST_CASE("sharing: unknown names and arguments are refused") {
    // Behind ours come those that other cases of this program have added.
    CHECK_THROWS_WITH_AS(
        make_sharing("gossip"),
        doctest::Contains("sharing: unknown, got 'gossip', allowed full, plain-average, top-k, "
                          "random, choco, wavelet, jwins, fft, stc, qsgd"),
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(make_sharing("full:0.5"),
                         "sharing full: takes no argument, got '0.5'",
                         std::invalid_argument);
    CHECK(encoders().help().find("top-k[:alpha=0.1,accumulation=none|changes|averaging]") !=
          std::string::npos);
}

}  // namespace
}  // namespace murmur
