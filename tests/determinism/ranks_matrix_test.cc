// Every protocol, and every kind of sharing, clock and life, on 1 to 4 ranks of 1 and 2 workers:
// the same files as on one.

#include "tests/determinism/ranked_run.h"
#include "tests/support/doctest.h"

namespace murmur::test {
namespace {

TEST_CASE("ranks: every protocol and what else a run can have, on 1 to 4 of 1 and 2 workers") {
    if (!has_launcher()) {
        return;
    }
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        check_same_files_of(options, {{1, 2}, {2, 1}, {2, 2}, {3, 1}, {3, 2}, {4, 1}, {4, 2}});
    }
}

}  // namespace
}  // namespace murmur::test
