#include "learning/own_test.h"

#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace murmur {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

/// Returns the user of each sample.
std::vector<std::size_t> users_of_samples(const Dataset& data) {
    std::vector<std::size_t> users(static_cast<std::size_t>(data.size()), kNobody);
    const auto offsets = data.user_offsets();
    for (std::size_t user = 0; user + 1 < offsets.size(); ++user) {
        std::fill(users.begin() + offsets[user], users.begin() + offsets[user + 1], user);
    }
    return users;
}

}  // namespace

OwnTest tests_of_users(const Partition& partition, const DatasetPair& data) {
    if (data.own_test.empty()) {
        throw std::invalid_argument(
            "own test: users have no test samples of their own in this dataset; hold a share of "
            "each node's samples back instead");
    }
    const std::vector<std::size_t> users = users_of_samples(*data.train);
    std::vector<std::size_t> node_of_user(data.own_test.size(), kNobody);
    OwnTest tests{DataPart::kTest, Partition(partition.size())};
    for (std::size_t node = 0; node < partition.size(); ++node) {
        for (const std::int64_t sample : partition[node]) {
            const std::size_t user = users[static_cast<std::size_t>(sample)];
            if (node_of_user[user] == node) {
                continue;
            }
            if (node_of_user[user] != kNobody) {
                throw std::invalid_argument(
                    fmt::format("own test: nodes {} and {} share user {}, allowed a partition by "
                                "users",
                                node_of_user[user],
                                node,
                                user));
            }
            node_of_user[user] = node;
            tests.samples[node].insert(tests.samples[node].end(),
                                       data.own_test[user].begin(),
                                       data.own_test[user].end());
        }
        std::ranges::sort(tests.samples[node]);
    }
    return tests;
}

OwnTest hold_back(Partition& partition, double share, std::uint64_t seed) {
    OwnTest tests{DataPart::kTraining, Partition(partition.size())};
    for (std::size_t node = 0; node < partition.size(); ++node) {
        std::vector<std::int64_t>& samples = partition[node];
        const auto size = std::ssize(samples);
        const auto exact = static_cast<std::int64_t>(share * static_cast<double>(size));
        const std::int64_t count = size < 2 ? 0 : std::clamp<std::int64_t>(exact, 1, size - 1);
        if (count == 0) {
            continue;
        }
        const auto held = draw_samples(size, count, stream_seed(seed, "own-test", node));
        std::vector<std::int64_t> kept;
        auto next = held.begin();
        for (std::int64_t i = 0; i < size; ++i) {
            const bool is_held = next != held.end() && *next == i;
            next += is_held ? 1 : 0;
            (is_held ? tests.samples[node] : kept).push_back(samples[static_cast<std::size_t>(i)]);
        }
        samples = std::move(kept);
    }
    return tests;
}

std::vector<std::int64_t> draw_samples(std::int64_t size, std::int64_t count, std::uint64_t seed) {
    std::vector<std::int64_t> samples(static_cast<std::size_t>(size));
    std::iota(samples.begin(), samples.end(), 0);
    if (count > 0 && count < size) {
        RandomStream(seed).shuffle(std::span(samples));
        samples.resize(static_cast<std::size_t>(count));
        std::ranges::sort(samples);
    }
    return samples;
}

}  // namespace murmur
