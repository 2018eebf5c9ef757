#include "emulator/base/available_cores.h"

#include "tests/support/doctest.h"

#include <cstdlib>
#include <map>
#include <sched.h>
#include <string>

namespace murmur {
namespace {

/// What available_cores() says in an environment with these variables; the variables go again.
unsigned cores_with(const std::map<std::string, std::string>& variables) {
    for (const auto& [name, value] : variables) {
        setenv(name.c_str(), value.c_str(), 1);
    }
    const unsigned cores = available_cores();
    for (const auto& [name, value] : variables) {
        unsetenv(name.c_str());
    }
    return cores;
}

TEST_CASE("cores are those that the affinity of the process leaves") {
    cpu_set_t before;
    REQUIRE(sched_getaffinity(0, sizeof(before), &before) == 0);
    CHECK(available_cores() == static_cast<unsigned>(CPU_COUNT(&before)));
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
    CHECK(available_cores() == 1);
    REQUIRE(sched_setaffinity(0, sizeof(before), &before) == 0);
}

TEST_CASE("cores of a job of Slurm are no more than were asked for") {
    const unsigned all = available_cores();
    CHECK(cores_with({{"SLURM_CPUS_PER_TASK", "1"}}) == 1);
    CHECK(cores_with({{"SLURM_CPUS_ON_NODE", "1"}}) == 1);
    // A batch script stands for all tasks of its node, a process of srun for one of them.
    const std::map<std::string, std::string> batch = {{"SLURM_CPUS_PER_TASK", "1"},
                                                      {"SLURM_TASKS_PER_NODE", "100000(x2),1"}};
    CHECK(cores_with(batch) == all);
    auto task = batch;
    task["SLURM_STEP_ID"] = "0";
    CHECK(cores_with(task) == 1);
    // More than there are, or what is no number, is nothing to go by.
    CHECK(cores_with({{"SLURM_CPUS_PER_TASK", "4000000000"},
                      {"SLURM_TASKS_PER_NODE", "4000000000"},
                      {"SLURM_CPUS_ON_NODE", "100000"}}) == all);
    CHECK(cores_with({{"SLURM_CPUS_PER_TASK", "many"}, {"SLURM_CPUS_ON_NODE", "0"}}) == all);
}

}  // namespace
}  // namespace murmur
