#include "learning/partition.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/data_files.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

/// Labels without inputs: all that partitioners may look at.
class LabelsOnly final : public Dataset {
  public:
    explicit LabelsOnly(std::vector<std::int64_t> labels)
        : labels_(std::move(labels)), size_(static_cast<std::int64_t>(labels_.size())) {}
    static LabelsOnly regression(std::int64_t size) {
        LabelsOnly dataset({});
        dataset.size_ = size;
        return dataset;
    }
    static LabelsOnly users(std::vector<std::int64_t> offsets) {
        LabelsOnly dataset = regression(offsets.back());
        dataset.user_offsets_ = std::move(offsets);
        return dataset;
    }
    /// Sample i has class i modulo num_classes.
    static LabelsOnly classes(std::int64_t size, std::int64_t num_classes) {
        std::vector<std::int64_t> labels(size);
        std::generate(
            labels.begin(), labels.end(), [&, i = 0]() mutable { return i++ % num_classes; });
        return LabelsOnly(labels);
    }

    std::int64_t size() const override { return size_; }
    const Goal& goal() const override {
        return labels_.empty() ? murmur::regression() : classification();
    }
    std::vector<std::int64_t> sample_shape() const override { return {1}; }
    std::int64_t num_classes() const override { return 10; }
    std::span<const std::int64_t> user_offsets() const override { return user_offsets_; }
    std::span<const std::int64_t> labels() const override { return labels_; }
    Batch batch(std::span<const std::int64_t>) const override { return {}; }

  private:
    std::vector<std::int64_t> labels_;
    std::int64_t size_;
    std::vector<std::int64_t> user_offsets_;
};

void check_exact_cover(const Partition& partition, std::int64_t num_samples) {
    std::vector<std::int64_t> all;
    for (const auto& samples : partition) {
        CHECK_FALSE(samples.empty());
        all.insert(all.end(), samples.begin(), samples.end());
    }
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> expected(num_samples);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(all == expected);
}

std::vector<std::size_t> sizes_of(const Partition& partition) {
    std::vector<std::size_t> sizes;
    for (const auto& samples : partition) {
        sizes.push_back(samples.size());
    }
    return sizes;
}

std::size_t most_labels_on_a_node(const Partition& partition, const Dataset& dataset) {
    std::size_t most = 0;
    for (const auto& samples : partition) {
        std::set<std::int64_t> labels;
        for (const std::int64_t index : samples) {
            labels.insert(dataset.labels()[index]);
        }
        most = std::max(most, labels.size());
    }
    return most;
}

/// Mean over the nodes of the share of a node's most frequent class.
double skew(const Partition& partition, const Dataset& dataset) {
    double sum = 0;
    for (const auto& samples : partition) {
        std::vector<double> counts(10, 0);
        for (const std::int64_t index : samples) {
            ++counts[dataset.labels()[index]];
        }
        sum +=
            *std::max_element(counts.begin(), counts.end()) / static_cast<double>(samples.size());
    }
    return sum / static_cast<double>(partition.size());
}

void check_refused(std::string_view spec,
                   const Dataset& dataset,
                   std::uint32_t num_nodes,
                   const std::string& message) {
    CHECK_THROWS_WITH_AS(static_cast<void>(make_partition(spec, dataset, num_nodes, 1)),
                         message.c_str(),
                         std::invalid_argument);
}

TEST_CASE("every partition gives each sample to exactly one node, and none to nobody") {
    const LabelsOnly dataset = LabelsOnly::classes(1003, 10);
    for (const char* spec : {"iid",
                             "shards:1",
                             "shards:2",
                             "shards:3",
                             "dirichlet:0.00001",
                             "dirichlet:0.01",
                             "dirichlet:0.1",
                             "dirichlet:1",
                             "dirichlet:100",
                             "quantity-skew:0.00001",
                             "quantity-skew:0.5",
                             "quantity-skew:100"}) {
        for (const std::uint32_t num_nodes : {1u, 2u, 7u, 64u, 300u}) {
            for (std::uint64_t seed = 0; seed < 10; ++seed) {
                CAPTURE(spec);
                CAPTURE(num_nodes);
                CAPTURE(seed);
                const Partition partition = make_partition(spec, dataset, num_nodes, seed);
                CHECK(partition.size() == num_nodes);
                check_exact_cover(partition, 1003);
            }
        }
    }
}

TEST_CASE("as many nodes as samples give one sample each") {
    const LabelsOnly dataset = LabelsOnly::classes(40, 10);
    for (const char* spec : {"iid", "shards:1", "dirichlet:0.1", "quantity-skew:0.1"}) {
        check_exact_cover(make_partition(spec, dataset, 40, 5), 40);
    }
}

TEST_CASE("the same seed gives the same partition, another seed another") {
    const LabelsOnly dataset = LabelsOnly::classes(500, 10);
    for (const char* spec : {"iid", "shards:2", "dirichlet:0.5", "quantity-skew:0.5"}) {
        const Partition partition = make_partition(spec, dataset, 16, 1);
        CHECK(make_partition(spec, dataset, 16, 1) == partition);
        CHECK(make_partition(spec, dataset, 16, 2) != partition);
    }
}

TEST_CASE("the remainder is spread one each over the first nodes") {
    const LabelsOnly dataset = LabelsOnly::classes(23, 10);
    for (const char* spec : {"iid", "shards:2"}) {
        CHECK(sizes_of(make_partition(spec, dataset, 5, 1)) ==
              std::vector<std::size_t>{5, 5, 5, 4, 4});
    }
}

TEST_CASE("iid gives every node about the class mix of the whole") {
    const LabelsOnly dataset = LabelsOnly::classes(10000, 10);
    CHECK(skew(make_partition("iid", dataset, 10, 1), dataset) < 0.14);
}

TEST_CASE("shards that divide the classes give a node at most that many labels") {
    const LabelsOnly dataset = LabelsOnly::classes(1000, 10);
    for (const std::size_t shards : {1u, 2u, 4u}) {
        const std::string spec = "shards:" + std::to_string(shards);
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            // 50 nodes: 20 samples each, in shards of 20, 10 and 5, all divisors of 100.
            CHECK(most_labels_on_a_node(make_partition(spec, dataset, 50, seed), dataset) <=
                  shards);
            // 64 nodes: shards straddle classes.
            CHECK(most_labels_on_a_node(make_partition(spec, dataset, 64, seed), dataset) <=
                  2 * shards);
        }
    }
}

TEST_CASE("a smaller alpha makes a more uneven partition") {
    const LabelsOnly dataset = LabelsOnly::classes(5000, 10);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        double last = 1.01;
        for (const char* spec :
             {"dirichlet:0.01", "dirichlet:0.1", "dirichlet:1", "dirichlet:1000"}) {
            const double now = skew(make_partition(spec, dataset, 16, seed), dataset);
            CAPTURE(spec);
            CHECK(now < last);
            last = now;
        }
        CHECK(last < 0.13);  // alpha 1000: nearly the mix of the whole, a tenth each
    }
}

TEST_CASE("Dirichlet shares have the variance of the distribution") {
    // Expectation: a share of Dirichlet(a, ..., a) over n nodes is Beta(a, (n - 1) a), with
    // variance (n - 1) / (n^2 (n a + 1)).
    const LabelsOnly dataset = LabelsOnly::classes(10000, 10);
    const double n = 8;
    for (const double alpha : {0.5, 5.0}) {
        double squares = 0;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            const Partition partition = make_partition(
                "dirichlet:" + std::to_string(alpha), dataset, static_cast<std::uint32_t>(n), seed);
            for (const auto& samples : partition) {
                std::vector<double> shares(10, 0);
                for (const std::int64_t index : samples) {
                    shares[dataset.labels()[index]] += 1e-3;
                }
                for (const double share : shares) {
                    squares += (share - 1 / n) * (share - 1 / n) / (100 * 10 * n);
                }
            }
        }
        CHECK(squares == doctest::Approx((n - 1) / (n * n * (n * alpha + 1))).epsilon(0.05));
    }
}

TEST_CASE("skewed quantities have the variance of the distribution") {
    // Expectation: as of a Dirichlet share, (n - 1) / (n^2 (n a + 1)).
    const LabelsOnly dataset = LabelsOnly::regression(10000);
    const double n = 8;
    for (const double alpha : {0.5, 5.0}) {
        double squares = 0;
        for (std::uint64_t seed = 0; seed < 1000; ++seed) {
            const std::string spec = "quantity-skew:" + std::to_string(alpha);
            for (const auto& samples : make_partition(spec, dataset, 8, seed)) {
                const double share = static_cast<double>(samples.size()) / 10000;
                squares += (share - 1 / n) * (share - 1 / n) / (1000 * n);
            }
        }
        CHECK(squares == doctest::Approx((n - 1) / (n * n * (n * alpha + 1))).epsilon(0.1));
    }
}

TEST_CASE("natural users stay whole, and as many go to each node") {
    // Users of 3, 0, 1, 4, 2, 5 and 1 samples; the second has nothing to give.
    const LabelsOnly dataset = LabelsOnly::users({0, 3, 3, 4, 8, 10, 15, 16});
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        for (const std::uint32_t num_nodes : {1u, 4u, 6u}) {
            const Partition partition = make_partition("users", dataset, num_nodes, seed);
            check_exact_cover(partition, 16);
            for (std::size_t node = 0; node < num_nodes; ++node) {
                std::set<std::int64_t> firsts;
                for (const std::int64_t sample : partition[node]) {
                    const auto offsets = dataset.user_offsets();
                    const auto next = std::upper_bound(offsets.begin(), offsets.end(), sample);
                    firsts.insert(*(next - 1));
                    for (std::int64_t other = *(next - 1); other < *next; ++other) {
                        CHECK(std::count(partition[node].begin(), partition[node].end(), other) ==
                              1);
                    }
                }
                CHECK(firsts.size() == 6 / num_nodes + (node < 6 % num_nodes ? 1 : 0));
            }
        }
    }
    CHECK(make_partition("users", dataset, 3, 1) != make_partition("users", dataset, 3, 2));
    check_refused("users",
                  dataset,
                  7,
                  "partition users: 6 users cannot be given to 7 nodes, allowed 1 ... 6 nodes");
    check_refused("users:3", dataset, 2, "partition users: takes no argument, got '3'");
    check_refused("users",
                  LabelsOnly::regression(9),
                  2,
                  "partition users: needs a dataset whose samples belong to users, such as femnist "
                  "or movielens, got one without users");
    check_refused("quantity-skew:0",
                  dataset,
                  2,
                  "partition quantity-skew: ALPHA: not a number in range, got '0', allowed 1e-06 "
                  "... 1000000");
}

TEST_CASE("an index file is taken as it stands and may leave samples out") {
    const test::TemporaryFolder folder;
    const LabelsOnly dataset = LabelsOnly::regression(6);
    const std::string path = folder.write("split", "3 0\n5\t\t1 \r\n");
    CHECK(make_partition("file:" + path, dataset, 2, 1) == Partition{{3, 0}, {5, 1}});
}

TEST_CASE("faulty index files are refused with the line at fault") {
    const test::TemporaryFolder folder;
    const LabelsOnly dataset = LabelsOnly::regression(6);
    const auto check_file_refused = [&](const char* text, const std::string& message) {
        const std::string path = folder.write("split", text);
        check_refused("file:" + path, dataset, 2, "partition file " + path + ": " + message);
    };
    const std::string not_an_index = "line 2: sample index: not a whole number in range, got ";
    check_file_refused("0 1\n2 6\n", not_an_index + "'6', allowed 0 ... 5");
    check_file_refused("0 1\n-1\n", not_an_index + "'-1', allowed 0 ... 5");
    check_file_refused("0 1\n2,3\n", not_an_index + "'2,3', allowed 0 ... 5");
    check_file_refused("0 1\n2 1\n",
                       "line 2: sample 1 is given twice, first in line 1, allowed once");
    check_file_refused("0 0\n1\n",
                       "line 1: sample 0 is given twice, first in line 1, allowed once");
    check_file_refused("0 1\n\n2\n", "line 2: node 1 has no samples, allowed at least one");
    check_file_refused("0 1\n", "got 1 lines for 2 nodes, allowed one line a node");
    check_file_refused("0\n1\n2\n", "got 3 lines for 2 nodes, allowed one line a node");
    check_file_refused("", "got 0 lines for 2 nodes, allowed one line a node");
    check_refused("file:/nowhere/split",
                  dataset,
                  2,
                  "partition file /nowhere/split: cannot be opened for reading");
}

TEST_CASE("impossible requests are refused") {
    const LabelsOnly dataset = LabelsOnly::classes(20, 10);
    check_refused("random",
                  dataset,
                  2,
                  "partition: unknown, got 'random', allowed iid, shards, dirichlet, "
                  "quantity-skew, users, file");
    check_refused("iid",
                  dataset,
                  21,
                  "partition iid: 20 samples cannot be given to 21 nodes, allowed 1 ... 20 nodes");
    check_refused("iid",
                  dataset,
                  0,
                  "partition iid: 20 samples cannot be given to 0 nodes, allowed 1 ... 20 nodes");
    check_refused("iid:3", dataset, 2, "partition iid: takes no argument, got '3'");
    check_refused("shards", dataset, 2, "partition shards: the K is missing, allowed shards:K");
    check_refused("shards:3",
                  dataset,
                  8,
                  "partition shards: 20 samples do not make 3 shards for each of 8 nodes, allowed "
                  "at most 2 shards per node");
    check_refused("dirichlet:0",
                  dataset,
                  2,
                  "partition dirichlet: ALPHA: not a number in range, got '0', allowed "
                  "1e-06 ... 1000000");
}

TEST_CASE("a regression can only be split without labels") {
    const LabelsOnly dataset = LabelsOnly::regression(20);
    check_exact_cover(make_partition("iid", dataset, 3, 1), 20);
    check_refused(
        "shards:2",
        dataset,
        2,
        "partition shards: needs a dataset with classes, got data for regression, allowed iid, "
        "quantity-skew, users or file:PATH");
    check_refused(
        "dirichlet:0.1",
        dataset,
        2,
        "partition dirichlet: needs a dataset with classes, got data for regression, allowed "
        "iid, quantity-skew, users or file:PATH");
}

TEST_CASE("the help shows how each partition is written") {
    const std::string help = partitions().help();
    for (const char* syntax :
         {"iid", "shards:K", "dirichlet:ALPHA", "file:PATH", "quantity-skew:ALPHA", "users"}) {
        CHECK(help.find(syntax) != std::string::npos);
    }
}

}  // namespace
}  // namespace murmur
