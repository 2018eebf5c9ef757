#include "scenarios/sweep/ledger.h"
#include "scenarios/sweep/outcome.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"

namespace murmur::fuzz {

std::vector<Target> sweep_targets() {
    std::vector<Target> targets;
    targets.push_back(folder_target(
        "sweep-outcome",
        [](const std::filesystem::path& folder) {
            const sweep::Outcome outcome = sweep::read_outcome(folder);
            (void)outcome.number("wall_s");
        },
        {{"summary.json",
          as_bytes(R"({"status":"complete","error":null,"wall_s":1.5,"parameter_hash":"0af"})")}}));
    targets.push_back(folder_target(
        "sweep-ledger",
        [](const std::filesystem::path& folder) { (void)sweep::Ledger(folder).has_made("run-1"); },
        {{"sweep.json", as_bytes(R"({"run-1":["dpsgd","--seed=1"],"run-2":[]})")}}));
    return targets;
}

}  // namespace murmur::fuzz
