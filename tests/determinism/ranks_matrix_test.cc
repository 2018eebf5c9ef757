// Every protocol, and every kind of sharing, clock and life, on 2, 3 and 4 ranks: the same files as
// on one.

#include "tests/determinism/ranked_run.h"
#include "tests/support/doctest.h"

namespace murmur::test {
namespace {

TEST_CASE("ranks: every protocol and what else a run can have, on 2, 3 and 4") {
    if (!has_launcher()) {
        return;
    }
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        check_same_for_any_ranks(options, {2, 3, 4});
    }
}

}  // namespace
}  // namespace murmur::test
