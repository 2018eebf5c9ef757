// What a process knows of the others that a launcher has started, before and after it has met them.

#include "emulator/ranks/launcher.h"

#include "emulator/base/available_cores.h"
#include "emulator/run/joined_ranks.h"
#include "emulator/run/resolved_options.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <cstdlib>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// The variables of launchers, as these alone; put back when this is gone.
class Launched {
  public:
    explicit Launched(const std::vector<std::pair<const char*, const char*>>& variables) {
        for (const char* const name : kAll) {
            const char* const value = std::getenv(name);
            before_.emplace_back(value != nullptr, value != nullptr ? value : "");
            unsetenv(name);
        }
        for (const auto& [name, value] : variables) {
            setenv(name, value, 1);
        }
    }
    ~Launched() {
        for (std::size_t i = 0; i < before_.size(); ++i) {
            if (before_[i].first) {
                setenv(kAll[i], before_[i].second.c_str(), 1);
            } else {
                unsetenv(kAll[i]);
            }
        }
    }
    Launched(const Launched&) = delete;
    Launched& operator=(const Launched&) = delete;

  private:
    static constexpr const char* kAll[] = {"OMPI_COMM_WORLD_RANK",
                                           "OMPI_COMM_WORLD_SIZE",
                                           "OMPI_COMM_WORLD_LOCAL_SIZE",
                                           "PMIX_RANK",
                                           "PMI_RANK",
                                           "PMI_SIZE",
                                           "MPI_LOCALNRANKS",
                                           "SLURM_PROCID",
                                           "SLURM_STEP_ID",
                                           "SLURM_CPUS_ON_NODE",
                                           "SLURM_TASKS_PER_NODE",
                                           "SLURM_NODEID",
                                           "SLURM_CPUS_PER_TASK",
                                           "SLURM_STEP_NUM_TASKS",
                                           "SLURM_STEP_TASKS_PER_NODE"};
    std::vector<std::pair<bool, std::string>> before_;
};

void check_place(const LaunchedPlace& place, unsigned rank, unsigned size, unsigned ranks_here) {
    CHECK(place.rank == rank);
    CHECK(place.size == size);
    CHECK(place.ranks_here == ranks_here);
}

TEST_CASE("launcher: rank, size and neighbors by the variables of each") {
    {
        const Launched alone({});
        check_place(launched_place(), 0, 1, 1);
        CHECK_NOTHROW(check_launcher());
    }
    {
        const Launched by_mpirun({{"OMPI_COMM_WORLD_RANK", "2"},
                                  {"OMPI_COMM_WORLD_SIZE", "6"},
                                  {"OMPI_COMM_WORLD_LOCAL_SIZE", "3"}});
        check_place(launched_place(), 2, 6, 3);
    }
    {
        // Three nodes, of which this is the last.
        const Launched by_srun({{"PMIX_RANK", "9"},
                                {"SLURM_PROCID", "9"},
                                {"SLURM_STEP_NUM_TASKS", "10"},
                                {"SLURM_STEP_TASKS_PER_NODE", "4(x2),2"},
                                {"SLURM_NODEID", "2"}});
        check_place(launched_place(), 9, 10, 2);
        CHECK_NOTHROW(check_launcher());
    }
    {
        const Launched by_mpiexec({{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}, {"MPI_LOCALNRANKS", "4"}});
        check_place(launched_place(), 1, 4, 4);
    }
}

TEST_CASE("launcher: numbers that are none, or out of place, are of no launcher") {
    for (const auto& [rank, size] : std::vector<std::pair<const char*, const char*>>{
             {"", "4"}, {"x", "4"}, {"1", "4x"}, {"-1", "4"}, {"4", "4"}, {"1", "0"}}) {
        CAPTURE(rank);
        CAPTURE(size);
        const Launched launched({{"OMPI_COMM_WORLD_RANK", rank}, {"OMPI_COMM_WORLD_SIZE", size}});
        check_place(launched_place(), 0, 1, 1);
    }
    // How many are here is one at the least, and no more than there are.
    for (const auto& [here, expected] :
         std::vector<std::pair<const char*, unsigned>>{{"", 1}, {"0", 1}, {"x", 1}, {"9", 4}}) {
        CAPTURE(here);
        const Launched launched({{"OMPI_COMM_WORLD_RANK", "1"},
                                 {"OMPI_COMM_WORLD_SIZE", "4"},
                                 {"OMPI_COMM_WORLD_LOCAL_SIZE", here}});
        check_place(launched_place(), 1, 4, expected);
    }
}

TEST_CASE("launcher: tasks of a node as Slurm lists them") {
    CHECK(tasks_on_node("4", 0) == 4);
    CHECK(tasks_on_node("4", 1) == 0);
    CHECK(tasks_on_node("4(x2),3", 1) == 4);
    CHECK(tasks_on_node("4(x2),3", 2) == 3);
    CHECK(tasks_on_node("4(x2),3", 3) == 0);
    CHECK(tasks_on_node("1,2(x10)", 10) == 2);
    for (const char* const wrong : {"", ",", "x", "(x2)", "4(x", "4(xx)", "4(x2"}) {
        CAPTURE(wrong);
        CHECK(tasks_on_node(wrong, 0) == 0);
    }
}

TEST_CASE("launcher: processes of srun that MPI does not know are refused, a lone one is not") {
    const auto by_srun = [](const char* tasks) {
        return Launched({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", tasks}});
    };
    {
        const Launched four = by_srun("4");
        check_place(launched_place(), 0, 4, 1);  // for what is said once
        CHECK_THROWS_WITH_AS(check_launcher(),
                             doctest::Contains("use srun --mpi=pmix for the ranks of one run"),
                             std::invalid_argument);
    }
    const Launched one = by_srun("1");
    CHECK_NOTHROW(check_launcher());
}

TEST_CASE("launcher: ranks of a machine share its cores, unless each has its own") {
    const unsigned all = available_cores();
    const LaunchedPlace of_two{.rank = 0, .size = 2, .ranks_here = 2};
    const auto affinity = [] {
        cpu_set_t cores;
        REQUIRE(sched_getaffinity(0, sizeof(cores), &cores) == 0);
        return cores;
    };
    {
        const Launched by_mpirun({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
        CHECK(cores_of_rank({}) == all);
        CHECK(cores_of_rank(of_two) == std::max(1u, all / 2));
        CHECK(cores_of_rank({.rank = 0, .size = 2000, .ranks_here = 2000}) == 1);
        // Bound to one core each, which is not shared once more.
        const cpu_set_t before = affinity();
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
        CHECK(cores_of_rank(of_two) == 1);
        REQUIRE(sched_setaffinity(0, sizeof(before), &before) == 0);
    }
    const std::string every = std::to_string(all);
    {
        const Launched by_srun({{"PMIX_RANK", "0"}, {"SLURM_STEP_ID", "0"}});
        CHECK(cores_of_rank(of_two) == std::max(1u, all / 2));
    }
    const Launched by_srun(
        {{"PMIX_RANK", "0"}, {"SLURM_STEP_ID", "0"}, {"SLURM_CPUS_PER_TASK", every.c_str()}});
    CHECK(cores_of_rank(of_two) == all);
}

TEST_CASE("launcher: no more ranks than nodes") {
    ExperimentOptions options;
    options.nodes = 3;
    const auto on_ranks = [&options](const char* size) {
        const Launched launched({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", size}});
        return resolve_options(options, {});
    };
    CHECK_NOTHROW((void)on_ranks("3"));
    CHECK_THROWS_WITH_AS((void)on_ranks("4"),
                         "--ranks: got 4, allowed 1 to 3, one for each of the --nodes at most",
                         std::invalid_argument);
}

TEST_CASE("ranks: those that have ended are told, by who can see them") {
    const RankProcess here = this_process();
    CHECK(here.id == getpid());
    const pid_t ended = fork();
    if (ended == 0) {
        _exit(0);
    }
    waitpid(ended, nullptr, 0);
    CHECK(describe_gone({}).empty());
    CHECK(describe_gone(std::vector{here, here}).empty());
    const RankProcess gone{.place = here.place, .id = ended};
    CHECK(describe_gone(std::vector{here, gone, gone}) ==
          "rank 1 (process " + std::to_string(ended) + ") is gone, rank 2 (process " +
              std::to_string(ended) + ") is gone");
    // Of another machine, or of a container with its own numbers, nothing is known.
    CHECK(describe_gone(std::vector{here, RankProcess{.place = "elsewhere", .id = ended}}).empty());
}

TEST_CASE("ranks: what must be alike, and what an option lets differ") {
    const std::vector<RankTrait> own{{"the program", "dpsgd of 1"},
                                     {"the executable", "12 ab"},
                                     {"the version of LibTorch", "1.13"},
                                     {"the processor", "skylake avx2"},
                                     {"the environment of ns-3", ""},
                                     {"--rounds", "3"}};
    CHECK(difference(1, own, own).empty());
    for (std::size_t i = 0; i < own.size(); ++i) {
        std::vector<RankTrait> other = own;
        other[i].value = "another";
        const std::string text = difference(2, own, other);
        CAPTURE(text);
        CHECK(text.starts_with("ranks must be alike: " + own[i].name + " of rank 2 is 'another'"));
        CHECK(text.ends_with("--allow-unlike-cpus, where last bits may differ") ==
              (own[i].name == "the processor"));
    }
    const auto has_processor = [](bool allow_unlike_cpus) {
        ExperimentOptions options;
        options.allow_unlike_cpus = allow_unlike_cpus;
        bool has = false;
        for (const RankTrait& trait : rank_traits("made-up", options)) {
            has = has || trait.name == "the processor";
            // What a rank may do by itself.
            CHECK(trait.name != "--workers");
            CHECK(trait.name != "--out");
        }
        return has;
    };
    CHECK(has_processor(false));
    CHECK_FALSE(has_processor(true));
}

}  // namespace
}  // namespace murmur
