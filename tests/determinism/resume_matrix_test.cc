// Every protocol, and every kind of sharing, clock and life: gone on with from a checkpoint, the
// same files as if it had never stopped; and written by two ranks, on one and on three.

#include "tests/determinism/ranked_run.h"
#include "tests/determinism/resumed_run.h"
#include "tests/support/doctest.h"

namespace murmur::test {
namespace {

TEST_CASE("resume: every protocol and what else a run can have") {
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        ResumedRun run(options);
        const RunFiles undisturbed = run.undisturbed();
        check_same_files(undisturbed, run.run());
        check_same_files(undisturbed, run.resume());
    }
}

TEST_CASE("resume: every protocol and what else a run can have, on other ranks") {
    if (!has_launcher()) {
        return;
    }
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        ResumedRun run(options);
        const RunFiles undisturbed = run.undisturbed();
        check_same_files(undisturbed, run.run(2));
        check_same_files(undisturbed, run.resume(1));
        check_same_files(undisturbed, run.resume(3));
    }
}

}  // namespace
}  // namespace murmur::test
