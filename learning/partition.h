#pragma once

#include "learning/dataset.h"
#include "learning/random_stream.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Sample indices of each node: shape [num_nodes][samples of that node].  Every node has at least
/// one sample, and no sample is given twice; none is left out either, except by an index file.
using Partition = std::vector<std::vector<std::int64_t>>;

/// Splits a dataset over the nodes.  A function of its arguments alone; `spec` is one of
/// - `iid`: at random.  Sizes differ by at most one, the first nodes have the larger.
/// - `shards:K`: samples sorted by label are cut into K runs per node, dealt out at random; sizes
///   as for `iid` [McMahan, 2017].  A run no longer than a class touches at most two labels.
///   Samples without labels that follow one another, as the windows of a text do, are cut as they
///   lie: a run is a contiguous part of the text.
/// - `dirichlet:ALPHA`: each class is divided in proportions drawn from Dirichlet(ALPHA, ...,
///   ALPHA), rounded to whole samples by largest remainders [Yurochkin, 2019].  A node left
///   without any takes one sample from the node that then has most.
/// - `quantity-skew:ALPHA`: at random, in sizes drawn from Dirichlet(ALPHA, ..., ALPHA) and rounded
///   as above; a node left without any is filled as above.
/// - `users`: each natural user's samples stay together.  Users are dealt out at random, as many to
///   each node, one more to the first nodes where that does not divide; users without samples are
///   passed over.
/// - `file:PATH`: line i holds the indices of node i, separated by blanks and kept in that order;
///   it may leave samples out.
/// @throws std::invalid_argument  on an unknown name or value, on more nodes (or shards) than
///                                samples (or users), where labels or users are needed and the
///                                dataset has none, and on an index file that names a missing
///                                sample, gives one twice, has not one line a node, or gives a node
///                                nothing
/// - [McMahan, 2017] Communication-efficient learning of deep networks from decentralized data.
/// - [Yurochkin, 2019] Bayesian nonparametric federated learning of neural networks.
[[nodiscard]] Partition make_partition(std::string_view spec,
                                       const Dataset& dataset,
                                       std::uint32_t num_nodes,
                                       std::uint64_t seed);

/// What a partitioner works with.
struct PartitionTask {
    const Options& options;
    const Dataset& dataset;
    std::size_t num_nodes;
    RandomStream stream;  ///< of this split alone

    [[nodiscard]] std::size_t num_samples() const {
        return static_cast<std::size_t>(dataset.size());
    }
};

/// Splits a dataset.
/// @throws std::invalid_argument  on a wrong option, or data that cannot be split so
using PartitionMake = std::function<Partition(PartitionTask& task)>;
using PartitionRegistry = Registry<PartitionMake>;

/// Returns the partitions that `--partition` may name: ours, and those that a program adds.
[[nodiscard]] PartitionRegistry& partitions();

}  // namespace murmur
