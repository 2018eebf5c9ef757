// The sweep as a user meets it: the program, run over the fake scenario of tests/support.
#include "emulator/base/available_cores.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/sweep/await.h"
#include "tools/sweep/children.h"

#include <algorithm>
#include <cstdlib>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace murmur::sweep {
namespace {

using test::TemporaryFolder;

namespace fs = std::filesystem;

const std::string kSweep = test::built_program("sweep");
const std::string kFakeScenario = test::built_program("fake-scenario");

/// Runs `sweep SCENARIO options --out=<folder>/runs`; what it prints goes to <folder>/said.
int sweep_of(const std::string& scenario,
             const TemporaryFolder& folder,
             const std::string& options) {
    const auto command = test::shell_word(kSweep) + ' ' + test::shell_word(scenario) + ' ' +
                         options + " --out=" + test::shell_word(folder.path() / "runs") + " >" +
                         test::shell_word(folder.path() / "said") + " 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
}

int sweep(const TemporaryFolder& folder, const std::string& options) {
    return sweep_of(kFakeScenario, folder, options);
}

/// Merges sweeps, into `out` where it is given; what the program prints goes to <folder>/said.
int merge(const std::vector<fs::path>& sweeps,
          const TemporaryFolder& folder,
          const fs::path& out = {}) {
    auto command = test::shell_word(kSweep) + " merge";
    for (const fs::path& sweep : sweeps) {
        command += ' ' + test::shell_word(sweep);
    }
    if (!out.empty()) {
        command += " --out=" + test::shell_word(out);
    }
    command += " >" + test::shell_word(folder.path() / "said") + " 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("every combination runs in a folder of its own and gets a row") {
    const TemporaryFolder folder;
    CHECK(sweep(folder, "--behave=complete --nodes=4,8 --seed=1..3") == 0);
    const auto table = folder.read("runs/sweep.csv");
    CHECK(contains(table, "\nnodes=4_seed=1,4,1,complete,0,101,0.1,"));
    CHECK(contains(table, "\nnodes=8_seed=3,8,3,complete,0,103,0.3,"));
    CHECK(fs::exists(folder.path() / "runs/nodes=8_seed=2/summary.json"));
    // Means over seeds 1, 2, 3: accuracy 0.2 +- 0.2484 (t = 4.302653, s = 0.1), 102 s +- 2.484.
    CHECK(contains(folder.read("runs/sweep-summary.csv"), "\n4,3,3,0.2"));
    CHECK(contains(folder.read("runs/sweep-summary.csv"), ",0.248413"));
    CHECK(contains(folder.read("runs/sweep-summary.csv"), ",102,2.48413"));
    CHECK(contains(folder.read("said"), "6 runs, 0 complete already"));
    CHECK(contains(folder.read("said"), "[6/6] "));
}

TEST_CASE("the rounds of all runs are one table, and runs are compared where all have been") {
    const TemporaryFolder folder;
    CHECK(sweep(folder, "--seed=2..3") == 0);
    CHECK(folder.read("runs/sweep-rounds.csv") ==
          "run,seed,round,sim_time_s,metric,value\n"
          "seed=2,2,1,50,test_accuracy_mean,0.1\nseed=2,2,1,50,bytes_sent,500\n"
          "seed=2,2,2,100,test_accuracy_mean,0.2\nseed=2,2,2,100,test_loss_mean,0.5\n"
          "seed=2,2,2,100,bytes_sent,1000\n"
          "seed=3,3,1,50,test_accuracy_mean,0.15\nseed=3,3,1,50,bytes_sent,500\n"
          "seed=3,3,2,100,test_accuracy_mean,0.3\nseed=3,3,2,100,test_loss_mean,0.5\n"
          "seed=3,3,2,100,bytes_sent,1000\n");
    // Both have come to 20 %, in their second rounds.
    CHECK(contains(folder.read("runs/sweep.csv"), ",0.2,100,1000,"));
    CHECK(contains(folder.read("said"), "[1/2] "));
    CHECK(contains(folder.read("said"), " left\n"));
}

TEST_CASE("parts of a sweep are disjoint, go on where they were, and merge into its tables") {
    const TemporaryFolder folder;
    REQUIRE(sweep(folder, "--nodes=4,8 --seed=1..3") == 0);
    const auto whole = folder.read("runs/sweep-summary.csv");
    const TemporaryFolder shares;
    for (const char* part : {"1/4", "2/4", "3/4", "4/4"}) {
        REQUIRE(sweep(shares, std::string("--nodes=4,8 --seed=1..3 --part=") + part) == 0);
    }
    CHECK(contains(shares.read("runs/part-1-of-4/sweep.csv"), "\nnodes=4_seed=1,"));
    CHECK(contains(shares.read("runs/part-1-of-4/sweep.csv"), "\nnodes=8_seed=2,"));
    CHECK(fs::exists(shares.path() / "runs/part-4-of-4/nodes=8_seed=1"));
    CHECK_FALSE(fs::exists(shares.path() / "runs/part-1-of-4/nodes=8_seed=1"));
    REQUIRE(merge({shares.path() / "runs"}, shares) == 0);
    CHECK(contains(shares.read("said"), "sweep.csv: 6 runs, 6 complete\n"));
    CHECK(shares.read("runs/sweep-summary.csv") == whole);
    CHECK(contains(shares.read("runs/sweep.csv"), "\npart-2-of-4/nodes=8_seed=3,8,3,complete,"));
    REQUIRE(sweep(shares, "--nodes=4,8 --seed=1..3 --part=1/4") == 0);
    CHECK(contains(shares.read("said"), "2 runs, 2 complete already"));
    CHECK(merge({folder.path()}, shares) == 2);
    CHECK(contains(shares.read("said"), "holds neither sweep.json nor folders part-I-of-N"));
}

TEST_CASE("sweeps that differ by a flag or by their scenario merge without losing a run") {
    const TemporaryFolder plain;
    const TemporaryFolder flag;
    const TemporaryFolder other;
    REQUIRE(sweep(plain, "--seed=1,2") == 0);
    REQUIRE(sweep(flag, "--seed=1,2 --verbose") == 0);
    const fs::path scenario = other.path() / "other-scenario";
    fs::create_symlink(kFakeScenario, scenario);
    REQUIRE(sweep_of(scenario, other, "--seed=1,2") == 0);
    CHECK(merge({plain.path() / "runs", flag.path() / "runs", other.path() / "runs"},
                other,
                other.path() / "merged") == 0);
    CHECK(contains(other.read("said"), "sweep.csv: 6 runs, 6 complete\n"));
    const auto table = other.read("merged/sweep.csv");
    CHECK(table.starts_with("run,scenario,seed,verbose,status,"));
    CHECK(contains(table, "/seed=2,fake-scenario,2,,complete,"));
    CHECK(contains(table, "/seed=2,fake-scenario,2,true,complete,"));
    CHECK(contains(table, "/seed=2,other-scenario,2,,complete,"));
}

TEST_CASE("a run of another revision of the program is run again") {
    const TemporaryFolder folder;
    REQUIRE(sweep(folder, "--seed=1,2") == 0);
    setenv("FAKE_VERSION", "fake: 2", 1);
    CHECK(sweep(folder, "--seed=1,2") == 0);
    CHECK(sweep(folder, "--seed=1,2") == 0);
    unsetenv("FAKE_VERSION");
    CHECK(folder.read("runs/seed=1/starts") == "x\nx\n");
}

TEST_CASE("a batch script is one that a shell reads, and runs its part") {
    const TemporaryFolder folder;
    REQUIRE(sweep(folder, "--seed=1..6 --nodes=\"it's\",5 --print-slurm=3") == 0);
    const auto script = folder.read("said");
    CHECK(contains(script, "#SBATCH --array=1-3\n"));
    CHECK(contains(script, "'--nodes=it'\\''s,5'"));
    const auto check = "bash -n " + test::shell_word(folder.path() / "said");
    CHECK(std::system(check.c_str()) == 0);
    REQUIRE(sweep(folder, "--seed=1..6 --print-slurm=3") == 0);
    const auto run = "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=3 bash " +
                     test::shell_word(folder.path() / "said") + " >" +
                     test::shell_word(folder.path() / "job") + " 2>&1";
    CHECK(WEXITSTATUS(std::system(run.c_str())) == 0);
    CHECK(contains(folder.read("job"), "2 runs, 0 complete already"));
    CHECK(fs::exists(folder.path() / "runs/part-2-of-3/seed=5/summary.json"));
}

TEST_CASE("runs at the same time share the cores, unless the user says otherwise") {
    const TemporaryFolder folder;
    CHECK(sweep(folder, "--seed=1,2 --jobs=2") == 0);
    const auto each = std::max(available_cores() / 2, 1U);
    CHECK(contains(folder.read("runs/seed=1/summary.json"),
                   "\"workers\": " + std::to_string(each) + ','));
    CHECK(sweep(folder, "--seed=1,2 --jobs=2 --workers=7") == 0);
    CHECK(contains(folder.read("runs/seed=1/summary.json"), "\"workers\": 7,"));
    CHECK(sweep(folder, "--seed=3,4 --jobs=1") == 0);
    CHECK(contains(folder.read("runs/seed=3/summary.json"), "\"workers\": 0,"));
}

TEST_CASE("a sweep runs as many at a time as the cores that it may use") {
    const TemporaryFolder folder;
    // Other cores of the machine are other people's: of the job beside this one, for example.
    cpu_set_t before;
    REQUIRE(sched_getaffinity(0, sizeof(before), &before) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
    CHECK(sweep(folder, "--seed=1..3") == 0);
    sched_setaffinity(0, sizeof(before), &before);
    CHECK(contains(folder.read("said"), "3 runs, 0 complete already; 1 at a time\n"));
    // A cluster that does not bind its jobs says what they have asked for.
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    CHECK(sweep(folder, "--seed=4..6") == 0);
    unsetenv("SLURM_CPUS_PER_TASK");
    CHECK(contains(folder.read("said"), "; 1 at a time\n"));
}

TEST_CASE("what is complete with the same options is not run again") {
    const TemporaryFolder folder;
    REQUIRE(sweep(folder, "--seed=1,2") == 0);
    REQUIRE(sweep(folder, "--seed=1..3") == 0);
    CHECK(folder.read("runs/seed=1/starts") == "x\n");
    CHECK(contains(folder.read("said"), "3 runs, 2 complete already"));
    SUBCASE("other options are another run, even in the same folder") {
        REQUIRE(sweep(folder, "--seed=1,2 --nodes=9") == 0);
        CHECK(folder.read("runs/seed=1/starts") == "x\nx\n");
    }
    SUBCASE("--overwrite runs all of them again") {
        REQUIRE(sweep(folder, "--seed=1,2 --overwrite") == 0);
        CHECK(folder.read("runs/seed=1/starts") == "x\nx\n");
    }
    SUBCASE("an incomplete run is run again") {
        fs::remove(folder.path() / "runs/seed=2/summary.json");
        REQUIRE(sweep(folder, "--seed=1,2") == 0);
        CHECK(folder.read("runs/seed=1/starts") == "x\n");
        CHECK(folder.read("runs/seed=2/starts") == "x\nx\n");
    }
}

TEST_CASE("a run that goes wrong gets a row that says so, and the others go on") {
    const TemporaryFolder folder;
    CHECK(sweep(folder, "--behave=diverge,fail,die,silent,garbage,complete") == 1);
    const auto table = folder.read("runs/sweep.csv");
    CHECK(contains(table, "\nbehave=diverge,diverge,diverged,1,"));
    CHECK(contains(table, "node 3, round 7: the loss is NaN"));
    CHECK(contains(table, "\nbehave=fail,fail,failed,1,"));
    CHECK(contains(table, "\"fake: the disk is full, it says \"\"no\"\"\"\n"));
    CHECK(contains(table, "\nbehave=die,die,killed,137,"));
    CHECK(contains(table, "signal 9 (Killed); last said: about to die\n"));
    CHECK(contains(table, "\nbehave=silent,silent,failed,0,"));
    CHECK(contains(table, "the run wrote no summary.json\n"));
    CHECK(contains(table, "\nbehave=garbage,garbage,failed,0,"));
    CHECK(contains(table, "\nbehave=complete,complete,complete,0,"));
    CHECK(folder.read("runs/logs/behave=die.log") == "about to die\n");
}

TEST_CASE("what an earlier attempt left behind does not pass for the result of this one") {
    const TemporaryFolder folder;
    REQUIRE(sweep(folder, "--nodes=4") == 0);
    CHECK(sweep(folder, "--nodes=4 --behave=silent") == 1);
    CHECK(contains(folder.read("runs/sweep.csv"), "\nrun,failed,0,"));
}

TEST_CASE("nothing runs if the scenario refuses any combination") {
    const TemporaryFolder folder;
    CHECK(sweep(folder, "--nodes=0,4 --seed=1,2") == 2);
    CHECK(contains(folder.read("said"),
                   "sweep: 2 of 4 combinations of options refused; nothing was run\n"
                   "  fake: --nodes=0 is not 1 or more\n"
                   "    2 of them, the first: --nodes=0 --seed=1\n"));
    CHECK_FALSE(fs::exists(folder.path() / "runs/nodes=4_seed=1"));
    CHECK_FALSE(fs::exists(folder.path() / "runs/sweep.csv"));
}

TEST_CASE("folders that cannot be used are refused") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path() / "runs/seed=1");
    folder.write("runs/seed=1/thesis.txt", "precious");
    CHECK(sweep(folder, "--seed=1,2") == 2);
    CHECK(contains(folder.read("said"), "seed=1 is not from a sweep; choose another --out"));
    CHECK(folder.read("runs/seed=1/thesis.txt") == "precious");

    folder.write("runs/sweep.json", "not JSON");
    CHECK(sweep(folder, "--seed=5,6") == 2);
    CHECK(contains(folder.read("said"), "sweep.json was not written by a sweep"));

    fs::remove_all(folder.path() / "runs");
    folder.write("runs", "a file");
    CHECK(sweep(folder, "--seed=1,2") == 2);
    CHECK(contains(folder.read("said"), "runs/logs: Not a directory"));
}

TEST_CASE("a scenario that is not there is refused") {
    const TemporaryFolder folder;
    CHECK(sweep_of("/no/such/program", folder, "") == 2);
    CHECK(folder.read("said") == "sweep: no scenario program /no/such/program\n");
}

/// Starts a sweep of three runs that hang, two at a time, and waits until two of them do.
void start_hanging_sweep(const TemporaryFolder& folder, Children& children) {
    const auto runs = folder.path() / "runs";
    children.start(0,
                   {kSweep,
                    kFakeScenario,
                    "--behave=hang",
                    "--seed=1..3",
                    "--jobs=2",
                    "--out=" + runs.string()},
                   folder.path() / "hanging");
    await(
        [&] { return fs::exists(runs / "seed=1/running") && fs::exists(runs / "seed=2/running"); });
}

TEST_CASE("Ctrl-C ends the runs under way, starts no other, and keeps the table") {
    const TemporaryFolder folder;
    Children children;
    start_hanging_sweep(folder, children);
    // To this process, as a terminal would; it hands the signal on to its child, the sweep.
    kill(getpid(), SIGINT);
    CHECK(children.wait().exit_code == 130);
    const auto table = folder.read("runs/sweep.csv");
    CHECK(contains(table, "\nseed=1,1,interrupted,130,"));
    CHECK(contains(table, "\nseed=2,2,interrupted,130,"));
    CHECK(contains(table, "\nseed=3,3,pending,,"));
    CHECK_FALSE(fs::exists(folder.path() / "runs/seed=3"));
}

TEST_CASE("a folder serves one sweep at a time; a killed sweep ends its runs and can be resumed") {
    const TemporaryFolder folder;
    {
        Children children;
        start_hanging_sweep(folder, children);
        CHECK(sweep(folder, "--behave=complete --seed=1..3") == 2);
        CHECK(contains(folder.read("said"), "runs is in use by another sweep"));
    }
    // Children has killed the sweep, which had no time to say goodbye to its runs.
    await([&] {
        return contains(folder.read("runs/seed=1/summary.json"), "interrupted") &&
               contains(folder.read("runs/seed=2/summary.json"), "interrupted");
    });
    CHECK(sweep(folder, "--behave=complete --seed=1..3") == 0);
    CHECK(folder.read("runs/seed=1/starts") == "x\nx\n");
    CHECK(folder.read("runs/seed=3/starts") == "x\n");
}

}  // namespace
}  // namespace murmur::sweep
