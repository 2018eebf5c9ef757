#pragma once

#include <span>
#include <string>
#include <vector>

namespace murmur::decentralizepy {

/// What DecentralizePy's command line says beside the file (its utils.py); empty: not said.
struct CommandLine {
    std::string graph;
    std::string graph_type = "edges";  ///< or adjacency
    std::string iterations;
    std::string machines;
    /// One number for all machines, or one for each of them with commas between.
    std::string procs_per_machine;
    std::string test_after;
    std::string train_evaluate_after;
    std::string reset_optimizer;
    std::string working_rate;
    std::string log_dir;
    std::string weights_store_dir;
    std::string machine_id;
    std::string log_level;
    std::string server_machine;
    std::string server_rank;
    /// The class of the nodes, which there is a matter of the script; empty: DPSGDNode, or the one
    /// with a peer sampler where the file has what only such a one reads.
    std::string node;
};

/// Returns the arguments with what DecentralizePy's scripts write in our form: `-is 80`, `-is=80`,
/// `--iterations 80` and `--iterations=80` are all `--iterations=80`, names have `-` for `_`, and
/// the several values of `-ps 8 8 4` are one with commas between.  All others stay as they are.
/// @throws std::invalid_argument  on an option of DecentralizePy's without its value
[[nodiscard]] std::vector<std::string> with_long_names(std::span<const std::string> arguments);

}  // namespace murmur::decentralizepy
