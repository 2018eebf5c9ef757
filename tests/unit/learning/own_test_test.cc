#include "learning/own_test.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/leaf_files.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using Indices = std::vector<std::int64_t>;

TEST_CASE("own test: a share of each node's samples is held back, none is lost or doubled") {
    const Partition all{{}, {7}, {8, 9}, Indices(100)};
    Partition partition = all;
    std::iota(partition[3].begin(), partition[3].end(), 100);
    const Partition before = partition;
    const OwnTest tests = hold_back(partition, 0.2, 3);
    CHECK(tests.part == DataPart::kTraining);
    const std::size_t held[] = {0, 0, 1, 20};
    for (std::size_t node = 0; node < 4; ++node) {
        CHECK(tests.samples[node].size() == held[node]);
        Indices both = tests.samples[node];
        both.insert(both.end(), partition[node].begin(), partition[node].end());
        std::ranges::sort(both);
        CHECK(both == before[node]);
    }
    Partition again = before;
    CHECK(hold_back(again, 0.2, 3).samples == tests.samples);
    CHECK(again == partition);
    Partition other = before;
    CHECK(hold_back(other, 0.2, 4).samples != tests.samples);
    // A node's draw is its own: another node's size moves nothing.
    Partition without{before[0], before[1], {8, 9, 10, 11, 12}, before[3]};
    CHECK(hold_back(without, 0.2, 3).samples[3] == tests.samples[3]);
}

// Expectation: each of 50 samples is among the 10 in a fifth of 2,000 draws: 400, standard
// deviation 18.
TEST_CASE("own test: samples are drawn evenly and come in ascending order") {
    std::vector<int> counts(50);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const Indices drawn = draw_samples(50, 10, seed);
        CHECK(drawn.size() == 10);
        CHECK(std::ranges::is_sorted(drawn));
        CHECK(std::set<std::int64_t>(drawn.begin(), drawn.end()).size() == 10);
        for (const std::int64_t sample : drawn) {
            ++counts[static_cast<std::size_t>(sample)];
        }
    }
    CHECK(*std::ranges::min_element(counts) > 310);
    CHECK(*std::ranges::max_element(counts) < 490);
    CHECK(draw_samples(4, 0, 1) == Indices{0, 1, 2, 3});
    CHECK(draw_samples(4, 9, 1) == Indices{0, 1, 2, 3});
}

/// A FEMNIST file as LEAF's json.dump writes it: users in a list, a gray value each.
std::string femnist(const std::vector<std::pair<std::string, std::vector<int>>>& users) {
    std::string names;
    std::string counts;
    std::string data;
    for (const auto& [user, labels] : users) {
        const std::string comma = names.empty() ? "" : ", ";
        std::string x;
        std::string y;
        for (const int label : labels) {
            std::string image;
            for (int i = 0; i < 784; ++i) {
                image += std::string(i == 0 ? "" : ", ") + "0.9960784316062927";
            }
            x += std::string(x.empty() ? "" : ", ") + "[" + image + "]";
            y += std::string(y.empty() ? "" : ", ") + std::to_string(label);
        }
        names += comma + '"' + user + '"';
        counts += comma + std::to_string(labels.size());
        data += comma + '"' + user + "\": {\"x\": [" + x + "], \"y\": [" + y + "]}";
    }
    return "{\"users\": [" + names + "], \"num_samples\": [" + counts + "], \"user_data\": {" +
           data + "}}";
}

// As LEAF's scripts leave them: DIR/data/train/..._train_9.json and DIR/data/test/....
TEST_CASE("own test: users of LEAF bring their own test data") {
    testing::LeafFolder folder("", "");
    std::filesystem::remove_all(folder.path() / "train");
    std::filesystem::remove_all(folder.path() / "test");
    folder.write("data/train/all_data_0_niid_0_keep_0_train_9.json",
                 femnist({{"f0001_41", {1, 2}}, {"f0000_14", {3}}, {"f0002_03", {4}}}));
    folder.write("data/test/all_data_0_niid_0_keep_0_test_9.json",
                 femnist({{"f0002_03", {14, 24, 34}}, {"f0001_41", {11}}, {"f0009_99", {9}}}));
    const DatasetPair data = load_dataset("femnist:" + folder.path().string(), 5);
    CHECK(describe(data) ==
          "4 training and 5 test samples of 1x28x28 numbers, 62 classes, 3 users");
    REQUIRE(data.own_test.size() == 3);
    const auto labels_of = [&](const Indices& samples) {
        Indices labels;
        for (const std::int64_t sample : samples) {
            labels.push_back(data.test->labels()[static_cast<std::size_t>(sample)]);
        }
        std::ranges::sort(labels);
        return labels;
    };
    // Node 0 has users 0 and 1, node 1 user 2, node 2 is a server.
    const Partition partition{{0, 1, 2}, {3}, {}};
    const OwnTest tests = tests_of_users(partition, data);
    CHECK(tests.part == DataPart::kTest);
    CHECK(labels_of(tests.samples[0]) == Indices{11});
    CHECK(labels_of(tests.samples[1]) == Indices{14, 24, 34});
    CHECK(tests.samples[2].empty());
    CHECK_THROWS_WITH_AS(static_cast<void>(tests_of_users({{0}, {1}}, data)),
                         "own test: nodes 0 and 1 share user 0, allowed a partition by users",
                         std::invalid_argument);
    const DatasetPair without = load_dataset("synthetic:train=10,test=5", 1);
    CHECK_THROWS_AS(static_cast<void>(tests_of_users({{0}, {1}}, without)), std::invalid_argument);
}

TEST_CASE("own test: users of MovieLens keep the ratings that were split off") {
    const test::TemporaryFolder folder;
    std::string text;
    for (int item = 1; item <= 10; ++item) {
        text += "3\t" + std::to_string(item) + "\t1\n7\t" + std::to_string(item) + "\t5\n";
    }
    folder.write("u.data", text);
    const DatasetPair data = load_dataset("movielens:" + folder.path().string(), 5);
    REQUIRE(data.own_test.size() == 2);
    for (std::size_t user = 0; user < 2; ++user) {
        const Batch batch = data.test->batch(data.own_test[user]);
        REQUIRE(batch.targets.size(0) == 3);
        for (std::int64_t i = 0; i < 3; ++i) {
            CHECK(batch.inputs.data_ptr<std::int64_t>()[2 * i] == static_cast<std::int64_t>(user));
            CHECK(batch.targets.data_ptr<float>()[i] == (user == 0 ? 1 : 5));
        }
    }
}

}  // namespace
}  // namespace murmur
