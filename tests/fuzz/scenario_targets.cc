#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"
#include "tools/convert/convert.h"
#include "tools/replay/json_field.h"
#include "tools/replay/replay.h"
#include "tools/replay/rounds.h"
#include "tools/replay/vector_file.h"
#include "tools/sweep/ledger.h"
#include "tools/sweep/outcome.h"

namespace murmur::fuzz {
namespace {

/// One round of two nodes with a model of two parameters.
constexpr const char* kVectors = R"({
  "N": 2, "D": 2, "R": 1, "edges": [[0, 1]], "W": [[0.5, 0.5], [0.5, 0.5]], "x0": [1, -1],
  "delta": [[[0.5, 0], [0, 0.25]]],
  "topk_a0.5_acc": [{"pre": [[1.5, -1], [1, -0.75]],
                     "sent": [{"params": [1.5], "indices": [0]}, {"params": [-0.75], "indices": [1]}],
                     "post": [[1.5, -0.875], [1.25, -0.75]]}],
  "fft_a0.5": [{"pre": [[1.5, -1], [1, -0.75]],
                "sent": [{"params": [[0.5, 0]], "indices": [0]}, {"params": [[2, 0]], "indices": [1]}],
                "post": [[1.5, -0.875], [1.25, -0.75]]}],
  "subsampling_a0.5_seed7+1i": [{"pre": [[1.5, -1], [1, -0.75]],
                                 "sent": [{"params": [1.5], "seed": 7}, {"params": [], "seed": 8}],
                                 "post": [[1.5, -1], [1, -0.75]]}]
})";

/// One vector, one outer step and one gradient of each kind.
constexpr const char* kRounds = R"({
  "problem": {"A": [[1, 0.5], [2, 1]], "B": [[1, -2], [0, 1]], "eta": 0.125, "x0": "zeros",
              "W_pair": [[0.5, 0.5], [0.5, 0.5]]},
  "robust": {"vectors_own_first": [[1, 2], [1.5, 2.5], [0.5, 1], [2, 1.5], [1, 3], [-8, 9]], "f": 1,
             "mean": [0, 3], "nnm_f1_then_trimmed_mean_f1": [1, 2], "krum_scores_nf2": [1, 2, 3, 4, 5, 6],
             "tau_he_weight_rule_b=1/6": 1.5, "clipped_gossip_tau_he": [1, 2], "ios_f1": [1, 2]},
  "outer": {"inner": "H=2 plain SGD steps, lr 0.125, workers = nodes 0 and 1 of the problem",
            "diloco_nesterov_0.7_0.9": [[0.5, -0.25], [1, -0.5]],
            "noloco_pair_eta0.7_mu0.5_start_[0,0]_[1,1]": [[[0.5, 0], [1, 0.5]]]},
  "demo": {"gradients": [[[1, 2], [0, -1]], [[2, 0.5], [1, 1]]],
           "decay_and_lr": "first step, delta0 = 0, lr 0.5, chunk 2x2, top-k 1",
           "sent": [[[[0, 0], 1]], [[[0, 1], 2]]], "signed_step": [[1, -1], [1, 1]]}
})";

/// Replays what is no experiment.
void replay_rules(const std::string& path) {
    replay::Json json = replay::read_json_file(path);
    if (replay::is_rounds_file(json)) {
        json.erase("optimisers");
        (void)replay::replay_rounds(path, json, {});
    }
}

}  // namespace

std::vector<Target> scenario_targets() {
    std::vector<Target> targets;
    targets.push_back(folder_target(
        "sweep-outcome",
        [](const std::filesystem::path& folder) {
            const sweep::Outcome outcome = sweep::read_outcome(folder);
            (void)outcome.number("wall_s");
            (void)sweep::last_line(folder / "log");
        },
        {{"summary.json",
          as_bytes(R"({"status":"complete","error":null,"wall_s":1.5,"parameter_hash":"0af"})")},
         {"log", as_bytes("round 1\nround 2\n \n")}}));
    targets.push_back(folder_target(
        "sweep-ledger",
        [](const std::filesystem::path& folder) { (void)sweep::Ledger(folder).has_made("run-1"); },
        {{"sweep.json", as_bytes(R"({"run-1":["dpsgd","--seed=1"],"run-2":[]})")}}));
    targets.push_back(file_target(
        "vector-file",
        [](const std::string& path) { (void)replay::replay(replay::read_vector_file(path)); },
        {kVectors}));
    targets.push_back(file_target("rounds-file", replay_rules, {kRounds}));
    const auto converts = [&targets](const char* name, const char* kind, Bytes seed) {
        targets.push_back({name,
                           [kind](std::span<const std::uint8_t> bytes) {
                               const std::string text(bytes.begin(), bytes.end());
                               (void)convert::convert(kind, text, "input");
                           },
                           [seed] { return std::vector<Bytes>{seed}; }});
    };
    // {1: {'active': [0], 'inactive': [10], 'finish_time': 40}}, in Python's protocol 0.
    converts("pickle",
             "fedscale",
             as_bytes("(dp0\nI1\n(dp1\nVactive\np2\n(lp3\nI0\nasVinactive\np4\n(lp5\nI10\nas"
                      "Vfinish_time\np6\nI40\nss."));
    converts("convert-flhetbench",
             "flhetbench",
             as_bytes(R"({"a":{"trace_start":0,"trace_end":9,"ready_time":[[1,2.5],[3,4]]}})"));
    converts("convert-wondernetwork",
             "wondernetwork",
             as_bytes("source,destination,avg\n1,2,3.5\n2,3,4\n\"1\",\"3\",\"9\"\n"));
    converts("convert-mahimahi", "mahimahi", as_bytes("0\n5\n120\n500\n"));
    return targets;
}

}  // namespace murmur::fuzz
