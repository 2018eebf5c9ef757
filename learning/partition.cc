#include "learning/partition.h"

#include "learning/index_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>
#include <span>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

/// Divides `total` into `parts` sizes that differ by at most one, the larger ones first.
std::vector<std::size_t> even_sizes(std::size_t total, std::size_t parts) {
    std::vector<std::size_t> sizes(parts, total / parts);
    for (std::size_t i = 0; i < total % parts; ++i) {
        ++sizes[i];
    }
    return sizes;
}

std::vector<std::int64_t> shuffled_indices(std::size_t count, RandomStream& stream) {
    std::vector<std::int64_t> indices(count);
    std::iota(indices.begin(), indices.end(), 0);
    stream.shuffle(std::span(indices));
    return indices;
}

/// Moves the next `count` indices of a sequence to the end of a node's.
void deal(std::span<const std::int64_t>& from, std::size_t count, std::vector<std::int64_t>& node) {
    node.insert(node.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
    from = from.subspan(count);
}

void require_labels(const PartitionTask& task) {
    if (task.dataset.labels().empty()) {
        task.options.refuse(
            fmt::format("needs a dataset with classes, got data for {}, allowed iid, "
                        "quantity-skew, {}users or file:PATH",
                        task.dataset.goal().name(),
                        task.dataset.is_in_order() ? "shards, " : ""));
    }
}

/// Returns all indices ordered by label, those of one label in random order; the parts of a text,
/// which have none, as they follow one another.
std::vector<std::int64_t> indices_by_label(PartitionTask& task) {
    if (task.dataset.labels().empty()) {
        std::vector<std::int64_t> indices(task.num_samples());
        std::iota(indices.begin(), indices.end(), 0);
        return indices;
    }
    std::vector<std::int64_t> indices = shuffled_indices(task.num_samples(), task.stream);
    const auto labels = task.dataset.labels();
    std::stable_sort(indices.begin(), indices.end(), [&](std::int64_t a, std::int64_t b) {
        return labels[a] < labels[b];
    });
    return indices;
}

Partition partition_iid(PartitionTask& task) {
    Partition partition(task.num_nodes);
    const std::vector<std::int64_t> indices = shuffled_indices(task.num_samples(), task.stream);
    const std::vector<std::size_t> sizes = even_sizes(task.num_samples(), task.num_nodes);
    std::span<const std::int64_t> rest = indices;
    for (std::size_t node = 0; node < task.num_nodes; ++node) {
        deal(rest, sizes[node], partition[node]);
    }
    return partition;
}

Partition partition_shards(PartitionTask& task) {
    const auto shards_per_node =
        static_cast<std::size_t>(task.options.integer("K", {1, 1'000'000}));
    if (!task.dataset.is_in_order()) {
        require_labels(task);
    }
    if (shards_per_node * task.num_nodes > task.num_samples()) {
        throw std::invalid_argument(fmt::format(
            "partition shards: {} samples do not make {} shards for each of {} nodes, allowed at "
            "most {} shards per node",
            task.num_samples(),
            shards_per_node,
            task.num_nodes,
            task.num_samples() / task.num_nodes));
    }
    // Node sizes come first, each divided into its shards: equal shards dealt at random would
    // let node sizes differ by up to K.
    struct Shard {
        std::size_t node;
        std::size_t size;
    };
    std::vector<Shard> shards;
    const std::vector<std::size_t> sizes = even_sizes(task.num_samples(), task.num_nodes);
    for (std::size_t node = 0; node < task.num_nodes; ++node) {
        for (const std::size_t size : even_sizes(sizes[node], shards_per_node)) {
            shards.push_back({node, size});
        }
    }
    const std::vector<std::int64_t> indices = indices_by_label(task);
    task.stream.shuffle(std::span(shards));
    Partition partition(task.num_nodes);
    std::span<const std::int64_t> rest = indices;
    for (const Shard& shard : shards) {
        deal(rest, shard.size, partition[shard.node]);
    }
    return partition;
}

/// Draws from the symmetric Dirichlet distribution.
std::vector<double> dirichlet(std::size_t size, double alpha, RandomStream& stream) {
    std::vector<double> proportions(size);
    std::generate(proportions.begin(), proportions.end(), [&] { return stream.gamma(alpha); });
    const double sum = std::accumulate(proportions.begin(), proportions.end(), 0.0);
    if (sum == 0) {
        // Below alpha ~ 0.001 all may underflow.  The limit for small alpha is one part of 1.
        proportions[stream.below(size)] = 1;
        return proportions;
    }
    for (double& proportion : proportions) {
        proportion /= sum;
    }
    return proportions;
}

/// Divides `total` in these proportions: each part is rounded down, and what is left goes to the
/// parts that lost most, the first of equals.
std::vector<std::size_t> round_by_largest_remainder(const std::vector<double>& proportions,
                                                    std::size_t total) {
    std::vector<std::size_t> sizes(proportions.size());
    std::vector<double> remainders(proportions.size());
    std::size_t assigned = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const double exact = proportions[i] * static_cast<double>(total);
        // Proportions sum to 1 only within round-off.
        sizes[i] = std::min(static_cast<std::size_t>(exact), total - assigned);
        remainders[i] = exact - static_cast<double>(sizes[i]);
        assigned += sizes[i];
    }
    std::vector<std::size_t> order(sizes.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return remainders[a] > remainders[b];
    });
    for (std::size_t i = 0; assigned < total; i = (i + 1) % order.size(), ++assigned) {
        ++sizes[order[i]];
    }
    return sizes;
}

/// Gives each empty node one sample of the node that has most at that moment, the lowest id of
/// equals.
void fill_empty_nodes(Partition& partition) {
    using SizeAndNode = std::pair<std::size_t, std::size_t>;
    const auto is_after = [](const SizeAndNode& a, const SizeAndNode& b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
    };
    std::priority_queue<SizeAndNode, std::vector<SizeAndNode>, decltype(is_after)> by_size(
        is_after);
    for (std::size_t node = 0; node < partition.size(); ++node) {
        by_size.emplace(partition[node].size(), node);
    }
    for (auto& samples : partition) {
        if (samples.empty()) {
            const auto [size, donor] = by_size.top();
            by_size.pop();
            by_size.emplace(size - 1, donor);
            samples.push_back(partition[donor].back());
            partition[donor].pop_back();
        }
    }
}

Partition partition_dirichlet(PartitionTask& task) {
    const double alpha = task.options.number("ALPHA", {1e-6, 1e6});
    require_labels(task);
    const std::vector<std::int64_t> indices = indices_by_label(task);
    const auto labels = task.dataset.labels();
    Partition partition(task.num_nodes);
    std::span<const std::int64_t> rest = indices;
    while (!rest.empty()) {
        const auto end_of_class = std::find_if(rest.begin(), rest.end(), [&](std::int64_t index) {
            return labels[index] != labels[rest.front()];
        });
        const auto class_size = static_cast<std::size_t>(end_of_class - rest.begin());
        const std::vector<std::size_t> sizes =
            round_by_largest_remainder(dirichlet(task.num_nodes, alpha, task.stream), class_size);
        for (std::size_t node = 0; node < task.num_nodes; ++node) {
            deal(rest, sizes[node], partition[node]);
        }
    }
    // Before the donors' samples are moved, mix their classes: the last would always go.
    for (auto& samples : partition) {
        task.stream.shuffle(std::span(samples));
    }
    fill_empty_nodes(partition);
    return partition;
}

Partition partition_quantity_skew(PartitionTask& task) {
    const double alpha = task.options.number("ALPHA", {1e-6, 1e6});
    const std::vector<std::int64_t> indices = shuffled_indices(task.num_samples(), task.stream);
    const std::vector<std::size_t> sizes = round_by_largest_remainder(
        dirichlet(task.num_nodes, alpha, task.stream), task.num_samples());
    Partition partition(task.num_nodes);
    std::span<const std::int64_t> rest = indices;
    for (std::size_t node = 0; node < task.num_nodes; ++node) {
        deal(rest, sizes[node], partition[node]);
    }
    fill_empty_nodes(partition);
    return partition;
}

/// Returns the users that have samples, in random order.
std::vector<std::size_t> shuffled_users(PartitionTask& task) {
    const auto offsets = task.dataset.user_offsets();
    std::vector<std::size_t> users;
    for (std::size_t user = 0; user + 1 < offsets.size(); ++user) {
        if (offsets[user] < offsets[user + 1]) {
            users.push_back(user);
        }
    }
    task.stream.shuffle(std::span(users));
    return users;
}

Partition partition_users(PartitionTask& task) {
    const auto offsets = task.dataset.user_offsets();
    if (offsets.empty()) {
        throw std::invalid_argument(
            "partition users: needs a dataset whose samples belong to users, such as femnist or "
            "movielens, got one without users");
    }
    const std::vector<std::size_t> users = shuffled_users(task);
    if (users.size() < task.num_nodes) {
        throw std::invalid_argument(
            fmt::format("partition users: {} users cannot be given to {} nodes, allowed 1 ... {} "
                        "nodes",
                        users.size(),
                        task.num_nodes,
                        users.size()));
    }
    Partition partition(task.num_nodes);
    auto user = users.begin();
    const std::vector<std::size_t> counts = even_sizes(users.size(), task.num_nodes);
    for (std::size_t node = 0; node < task.num_nodes; ++node) {
        for (std::size_t i = 0; i < counts[node]; ++i, ++user) {
            for (std::int64_t sample = offsets[*user]; sample < offsets[*user + 1]; ++sample) {
                partition[node].push_back(sample);
            }
        }
    }
    return partition;
}

Partition partition_file(PartitionTask& task) {
    return read_index_file(task.options.text("path"), task.dataset.size(), task.num_nodes);
}

void register_partitions(PartitionRegistry& registry) {
    registry.add({"iid", "at random, in equal parts"}, partition_iid);
    registry.add({"shards",
                  "runs of the samples sorted by label, or of a text",
                  {positional("K", "K", "runs for each node")}},
                 partition_shards);
    const OptionForm alpha =
        positional("ALPHA", "ALPHA", "of the Dirichlet distribution; smaller is more uneven");
    registry.add({"dirichlet", "each class divided by Dirichlet(ALPHA)", {alpha}},
                 partition_dirichlet);
    registry.add({"quantity-skew", "at random, in sizes drawn from Dirichlet(ALPHA)", {alpha}},
                 partition_quantity_skew);
    registry.add({"users", "by natural user, as many users to each node"}, partition_users);
    registry.add({"file",
                  "line i holds the sample indices of node i, separated by blanks",
                  {rest("path", "PATH", "of the file")}},
                 partition_file);
}

}  // namespace

PartitionRegistry& partitions() {
    static PartitionRegistry registry("partition", register_partitions);
    return registry;
}

Partition make_partition(std::string_view text,
                         const Dataset& dataset,
                         std::uint32_t num_nodes,
                         std::uint64_t seed) {
    const auto chosen = partitions().select(text);
    if (num_nodes < 1 || num_nodes > dataset.size()) {
        chosen.options.refuse(
            fmt::format("{} samples cannot be given to {} nodes, allowed 1 ... {} nodes",
                        dataset.size(),
                        num_nodes,
                        dataset.size()));
    }
    PartitionTask task{
        chosen.options, dataset, num_nodes, RandomStream(stream_seed(seed, "partition"))};
    return chosen.make(task);
}

}  // namespace murmur
