// A sweep that was killed, and its runs with it, goes on: runs with a checkpoint from there.
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/sweep/await.h"
#include "tools/sweep/children.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace murmur {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> sweep_into(const fs::path& folder) {
    return {test::built_program("sweep"),
            test::built_program("dpsgd"),
            "--nodes=8",
            "--topology=regular:3",
            "--rounds=400",
            "--dataset=synthetic:train=400,test=50,size=8",
            "--model=softmax",
            "--clock=modelled:1ms,jitter=0.2",
            "--eval-every=10",
            "--checkpoint-every=5",
            "--seed=1,2",
            "--jobs=1",
            "--out=" + folder.string()};
}

int run(const fs::path& folder, const fs::path& log) {
    sweep::Children children;
    children.start(0, sweep_into(folder), log);
    return children.wait().exit_code;
}

bool has_checkpoint(const fs::path& run) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(run / "checkpoint", error)) {
        if (entry.path().extension() != ".tmp") {
            return true;
        }
    }
    return false;
}

nlohmann::json summary_of(const fs::path& run) {
    std::ifstream file(run / "summary.json");
    return nlohmann::json::parse(file);
}

TEST_CASE("a sweep goes on with the run that was cut off, from its checkpoint, to the same bytes") {
    const test::TemporaryFolder folder;
    const fs::path whole = folder.path() / "whole";
    const fs::path cut = folder.path() / "cut";
    REQUIRE(run(whole, folder.path() / "whole.log") == 0);
    {
        // Whoever starts it goes: it is killed, and its run is told to end.
        sweep::Children children;
        children.start(0, sweep_into(cut), folder.path() / "cut.log");
        sweep::await([&] { return has_checkpoint(cut / "seed=2"); });
    }
    // At once, while that run is still ending: its checkpoint is no worse for that.
    REQUIRE(run(cut, folder.path() / "again.log") == 0);
    CHECK(summary_of(cut / "seed=1").at("resumed_from_round") == 0);
    CHECK(summary_of(cut / "seed=2").at("resumed_from_round") >= 5);
    for (const char* seed : {"seed=1", "seed=2"}) {
        for (const char* table : {"metrics.csv", "rounds.csv", "nodes.csv", "compute-trace.csv"}) {
            CAPTURE(seed);
            CAPTURE(table);
            CHECK(test::read_text(cut / seed / table) == test::read_text(whole / seed / table));
        }
        CHECK(summary_of(cut / seed).at("parameter_hash") ==
              summary_of(whole / seed).at("parameter_hash"));
    }
}

TEST_CASE("a run whose checkpoint is damaged begins anew when its sweep goes on") {
    const test::TemporaryFolder folder;
    const fs::path out = folder.path() / "out";
    {
        sweep::Children children;
        children.start(0, sweep_into(out), folder.path() / "cut.log");
        sweep::await([&] { return has_checkpoint(out / "seed=1"); });
    }
    sweep::await([&] { return fs::exists(out / "seed=1/summary.json"); });
    for (const fs::directory_entry& entry : fs::directory_iterator(out / "seed=1/checkpoint")) {
        if (entry.is_directory()) {
            std::ofstream(entry.path() / "about.json") << "{}";
        }
    }
    CHECK(run(out, folder.path() / "again.log") == 0);
    CHECK(test::read_text(folder.path() / "again.log")
              .find("seed=1: cannot go on and begins anew: ") != std::string::npos);
    CHECK(fs::exists(out / "seed=1/checkpoint.refused"));
    CHECK(summary_of(out / "seed=1").at("status") == "complete");
    CHECK(summary_of(out / "seed=1").at("resumed_from_round") == 0);
}

}  // namespace
}  // namespace murmur
