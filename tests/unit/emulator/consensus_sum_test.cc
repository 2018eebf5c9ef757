#include "emulator/record/consensus_sum.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

std::vector<std::vector<float>> random_models(std::size_t count, std::size_t size, float offset) {
    RandomStream stream(5);
    std::vector<std::vector<float>> models(count, std::vector<float>(size));
    for (auto& model : models) {
        for (float& value : model) {
            value = offset + static_cast<float>(stream.normal());
        }
    }
    return models;
}

double streamed_distance(const std::vector<std::vector<float>>& models) {
    ConsensusSum sum;
    for (const auto& model : models) {
        sum.add(*make_parameters(model), *make_parameters(models.front()));
    }
    return sum.distance();
}

/// (1/N) sum ||x_i - mean x||^2 in two passes.
double two_pass_distance(const std::vector<std::vector<float>>& models) {
    double distance = 0;
    for (std::size_t k = 0; k < models.front().size(); ++k) {
        double mean = 0;
        for (const auto& model : models) {
            mean += model[k];
        }
        mean /= static_cast<double>(models.size());
        for (const auto& model : models) {
            distance += (model[k] - mean) * (model[k] - mean);
        }
    }
    return distance / static_cast<double>(models.size());
}

TEST_CASE("the streamed consensus distance equals that of two passes") {
    for (const std::size_t count : {1, 2, 7, 64}) {
        const auto models = random_models(count, 1000, 0);
        CHECK(streamed_distance(models) ==
              doctest::Approx(two_pass_distance(models)).epsilon(1e-12));
    }
}

TEST_CASE("the distance keeps its digits where models are far from zero but near each other") {
    // A sum of squares about zero would lose them: values near 1000, differences near 1.
    const auto models = random_models(16, 1000, 1000);
    CHECK(streamed_distance(models) == doctest::Approx(two_pass_distance(models)).epsilon(1e-10));
}

TEST_CASE("identical models are no distance apart") {
    const std::vector<std::vector<float>> models(9, random_models(1, 500, 3).front());
    CHECK(streamed_distance(models) == 0);
    CHECK(std::isnan(streamed_distance({})));
}

TEST_CASE("two models that differ by d in one parameter are d^2 / 4 apart") {
    CHECK(streamed_distance({{1, 5}, {1, 8}}) == doctest::Approx(9.0 / 4));
}

/// Adds models to as many sums as there are parts, and returns what is read of what each wrote.
std::vector<ConsensusSum::Shared> dealt_sums(const std::vector<std::vector<float>>& models,
                                             std::size_t parts) {
    const Parameters reference = make_parameters(models.front());
    std::vector<ConsensusSum> sums(parts);
    for (std::size_t i = 0; i < models.size(); ++i) {
        sums[i % parts].add(i == 0 ? *reference : *make_parameters(models[i]), *reference);
    }
    std::vector<ConsensusSum::Shared> read;
    for (const ConsensusSum& sum : sums) {
        read.push_back(round_trip(std::make_shared<const ConsensusSum>(sum)));
    }
    return read;
}

TEST_CASE("sums of several, written and read, have the distance of one sum to the last bit") {
    for (const float offset : {0.0F, 1000.0F}) {
        // More than one stretch, and no whole number of them.
        const auto models = random_models(23, 9001, offset);
        const double whole = streamed_distance(models);
        CHECK(whole == doctest::Approx(two_pass_distance(models)).epsilon(1e-10));
        for (const std::size_t parts : {1, 2, 5}) {
            CHECK(ConsensusSum::distance(dealt_sums(models, parts)) == whole);
        }
    }
    CHECK(std::isnan(ConsensusSum::distance(std::span<const ConsensusSum::Shared>())));
}

TEST_CASE("numbers of any size are read as they were written") {
    // Differences from the smallest that counts to the largest that is added, of both signs.
    std::vector<float> reference;
    std::vector<float> model;
    for (int exponent = -64; exponent < 22; ++exponent) {
        for (const float sign : {1.0F, -1.0F}) {
            reference.push_back(0);
            model.push_back(sign * std::ldexp(1.0F, exponent));
        }
        // Those of each size alone in their stretch, too.
        reference.resize((reference.size() / 4096 + 1) * 4096);
        model.resize(reference.size());
    }
    const auto sums = dealt_sums({reference, model}, 2);
    CHECK(ConsensusSum::distance(sums) == streamed_distance({reference, model}));
    ConsensusSum sum;
    sum.add(*make_parameters(model), *make_parameters(reference));
    ByteSink first;
    sum.write(first);
    ByteSource source(first.written());
    ByteSink second;
    ConsensusSum::read(source).write(second);
    source.expect_end();
    CHECK(std::ranges::equal(first.written(), second.written()));
}

TEST_CASE("the sum of what is one model takes no room, and what is no number shows in it") {
    const Parameters model = make_parameters(std::vector<float>(100'000, 2.5F));
    ConsensusSum same;
    same.add(*model, *model);
    same.add(*model, *model);
    CHECK(same.memory_bytes() == 0);
    CHECK(same.distance() == 0);
    ByteSink sink;
    same.write(sink);
    CHECK(sink.written().size() < 64);
    // Joined with one that has numbers.
    const Parameters other = make_parameters(std::vector<float>(100'000, 2.0F));
    ConsensusSum apart;
    apart.add(*other, *model);
    const std::vector<ConsensusSum::Shared> both{std::make_shared<const ConsensusSum>(same),
                                                 std::make_shared<const ConsensusSum>(apart)};
    CHECK(ConsensusSum::distance(both) == doctest::Approx(100'000 * 0.25 * 2 / 9));
    for (const float odd :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        const Parameters damaged = make_parameters(std::vector<float>{1, odd});
        ConsensusSum sum;
        sum.add(*damaged, *damaged);
        CHECK(std::isinf(sum.distance()));
    }
}

TEST_CASE("a damaged sum is refused, whatever its length claims to be") {
    ConsensusSum sum;
    sum.add(*make_parameters(std::vector<float>(5000, 1.0F)),
            *make_parameters(std::vector<float>(5000, 0.5F)));
    ByteSink sink;
    sum.write(sink);
    const std::vector<std::uint8_t> bytes(sink.written().begin(), sink.written().end());
    for (std::size_t length = 0; length < bytes.size(); length += 97) {
        ByteSource source(std::span<const std::uint8_t>(bytes).first(length));
        CHECK_THROWS_AS((void)ConsensusSum::read(source), std::invalid_argument);
    }
    std::vector<std::uint8_t> huge = bytes;
    constexpr std::size_t kLength = 8 + 1 + 16;
    huge[kLength + 5] = 0xff;  // of 2^47 stretches
    ByteSource source(huge);
    CHECK_THROWS_AS((void)ConsensusSum::read(source), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
