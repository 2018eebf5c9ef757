// Nodes that come and go, of every kind of protocol, in every way, on every network.  What is drawn
// of these in each run of the tests is in churn_test.cc.
#include "emulator/run/experiment.h"
#include "tests/determinism/churn_cases.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"

#include <string>

namespace murmur::test {
namespace {

TEST_CASE("half of 64 nodes leave for good: every protocol ends, the same for any workers") {
    RandomStream draw(20261206);
    for (const char* network : {"flow", "packet", "ideal"}) {
        for (const ChurnCase& one : churn_cases()) {
            const ExperimentOptions options = with_crash(one.options(network), draw);
            INFO(description(options));
            check_same_for_any_workers(options);
        }
    }
}

TEST_CASE("nodes that leave and return by chance: every protocol ends, the same for any workers") {
    RandomStream draw(20261207);
    for (const char* network : {"flow", "packet", "ideal"}) {
        for (const ChurnCase& one : churn_cases()) {
            if (!one.returns) {
                continue;
            }
            for (const char* back : {"old", "start", "neighbor"}) {
                ExperimentOptions options = with_chance(one.options(network), draw);
                options.on_return = one.on_return(back);
                INFO(description(options));
                check_same_for_any_workers(options);
            }
        }
    }
}

TEST_CASE("nodes that leave and return as a file says, and then stay: every protocol ends") {
    RandomStream draw(20261201);
    const TemporaryFolder folder;
    for (const char* network : {"flow", "packet", "ideal"}) {
        for (const ChurnCase& one : churn_cases()) {
            if (!one.returns) {
                continue;
            }
            for (const char* back : {"old", "start", "neighbor"}) {
                ExperimentOptions options = with_file(one.options(network), folder, draw);
                options.on_return = one.on_return(back);
                INFO(description(options));
                const Summary summary = Experiment(options).run().summary;
                CHECK_MESSAGE(summary.status == "complete", summary.error);
                // Nobody goes astray: they start at 0, and learn the same task.
                CHECK(summary.consensus_distance < 10);
            }
        }
    }
}

// Expectation: at the end no message of a node that is gone is under way; runs in which one were
// fail (`Churn`).  Where every message is waited for, there is none at all.
TEST_CASE("half of 64 nodes leave for good: no message of theirs is left, on any network") {
    RandomStream draw(20261205);
    for (const char* network : {"flow", "packet", "ideal", "tcp"}) {
        for (const ChurnCase& one : churn_cases()) {
            ExperimentOptions options = with_crash(one.options(network), draw);
            if (std::string(network) == "tcp") {
                options.nodes = 16;
                options.rounds = 2;
            }
            INFO(description(options));
            const Summary summary = Experiment(options).run().summary;
            CHECK_MESSAGE(summary.status == "complete", summary.error);
        }
    }
}

}  // namespace
}  // namespace murmur::test
