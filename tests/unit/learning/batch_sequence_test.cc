#include "learning/batch_sequence.h"

#include "tests/support/doctest.h"

#include <algorithm>
#include <vector>

namespace murmur {
namespace {

using Indices = std::vector<std::int64_t>;

const Indices kPartition{10, 11, 12, 13, 14, 15, 16};

Indices take(BatchSequence& batches) {
    const auto batch = batches.next();
    return {batch.begin(), batch.end()};
}

Indices take_pass(BatchSequence& batches, int count) {
    Indices pass;
    for (int i = 0; i < count; ++i) {
        const Indices batch = take(batches);
        pass.insert(pass.end(), batch.begin(), batch.end());
    }
    return pass;
}

TEST_CASE("batch sequence: each pass is a new order of the whole partition") {
    BatchSequence batches(kPartition, 3, 5);
    const Indices first = take_pass(batches, 3);
    const Indices second = take_pass(batches, 3);
    CHECK(first != second);
    for (Indices pass : {first, second}) {
        std::ranges::sort(pass);
        CHECK(pass == kPartition);
    }
}

TEST_CASE("batch sequence: the last batch of a pass holds what is left") {
    BatchSequence batches(kPartition, 3, 5);
    for (const std::size_t expected : {3, 3, 1, 3, 3, 1}) {
        CHECK(take(batches).size() == expected);
    }
}

TEST_CASE("batch sequence: the seed alone decides the order") {
    BatchSequence a(kPartition, 3, 5);
    BatchSequence b(kPartition, 3, 5);
    BatchSequence other(kPartition, 3, 6);
    const Indices order = take_pass(a, 6);
    CHECK(take_pass(b, 6) == order);
    CHECK(take_pass(other, 6) != order);
}

TEST_CASE("batch sequence: a partition smaller than the batch is one batch") {
    BatchSequence batches(kPartition, 100, 5);
    CHECK(take(batches).size() == 7);
    CHECK(take(batches).size() == 7);
}

TEST_CASE("batch sequence: batch size 0 gives the partition in its own order, every time") {
    BatchSequence batches(kPartition, 0, 5);
    CHECK(take(batches) == kPartition);
    CHECK(take(batches) == kPartition);
}

TEST_CASE("batch sequence: counts agree with the batches that are drawn") {
    for (const std::int64_t batch_size : {0, 1, 3, 7, 100}) {
        BatchSequence batches(kPartition, batch_size, 5);
        std::int64_t samples = 0;
        for (std::int64_t count = 0; count < 10; ++count) {
            CHECK(samples_in_batches(7, batch_size, count) == samples);
            samples += static_cast<std::int64_t>(batches.next().size());
        }
    }
    CHECK(batches_per_pass(7, 3) == 3);
    CHECK(batches_per_pass(0, 3) == 0);
    CHECK(batches_per_pass(0, 0) == 0);
}

}  // namespace
}  // namespace murmur
