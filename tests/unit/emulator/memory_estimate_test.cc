#include "emulator/run/memory_estimate.h"

#include "emulator/base/resource_usage.h"
#include "emulator/base/system_memory.h"
#include "emulator/run/plan_report.h"
#include "tests/support/doctest.h"
#include "tests/support/sanitized.h"
#include "topologies/overlays.h"

#include <boost/graph/adjacency_list.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace murmur {
namespace {

TEST_CASE("edges are foretold as the generators make them") {
    for (const char* topology : {"ring",
                                 "star",
                                 "full",
                                 "regular:6",
                                 "torus",
                                 "small-world:4:0.1",
                                 "barabasi-albert:3",
                                 "exponential"}) {
        CAPTURE(topology);
        const auto edges = static_cast<double>(boost::num_edges(make_topology(topology, 100, 1)));
        CHECK(expected_edges(topology, 100) >= 0.9 * edges);
        CHECK(expected_edges(topology, 100) <= 1.2 * edges);
    }
    CHECK(expected_edges("erdos-renyi:0.3", 1000) == doctest::Approx(0.3 * 499'500));
    CHECK(expected_edges("file:somewhere", 1000) == 0);
}

TEST_CASE("memory that is left is what the machine has at most, and less under a limit") {
    const AvailableMemory available = available_memory();
    CHECK(available.bytes > 0);
    CHECK(available.bytes < (std::uint64_t{1} << 50));
    CHECK(resident_bytes() > 1'000'000);
}

TEST_CASE("estimates say what takes most and what helps") {
    ExperimentOptions options;
    options.nodes = 1'000'000'000;
    options.topology = "ring";
    options.workers = 1;
    CHECK_THROWS_WITH_AS(require_memory(estimate_nodes(options, {})),
                         doctest::Contains("are left; use "),
                         std::invalid_argument);
    options.nodes = 100;
    CHECK_NOTHROW(require_memory(estimate_nodes(options, {})));
    const MemoryEstimate models = estimate_models(options, {1'000'000}, true);
    // Two vectors of a million floats for each of 100 nodes, and what one worker needs.
    CHECK(models.total() == doctest::Approx(100 * 2 * 4e6 + 2 * 4e6));
    // A training step of 8 samples that hold a megabyte each.
    CHECK(estimate_models(options, {1'000'000, 1e6}, true).total() ==
          doctest::Approx(models.total() + 8e6));
    options.training.momentum = 0.9;
    options.sharing = "top-k:alpha=0.1";
    CHECK(estimate_models(options, {1'000'000}, false).total() ==
          doctest::Approx(100 * 5 * 4e6 + 2 * 4e6));
}

TEST_CASE("a rank is asked for its share of the models alone, and for room beside the others") {
    ExperimentOptions options;
    options.nodes = 100;
    options.workers = 1;
    const ModelSize size{1'000'000};
    const auto total = [&](bool same_start, const LaunchedPlace& place) {
        return estimate_models(options, size, same_start, place).total();
    };
    const LaunchedPlace of_four{.rank = 1, .size = 4, .ranks_here = 2};
    CHECK(total(true, of_four) == doctest::Approx(25 * 2 * 4e6 + 2 * 4e6));
    // What nodes start from each rank has read for all of them.
    CHECK(total(false, of_four) == doctest::Approx((25 * 2 + 100) * 4e6 + 2 * 4e6));

    // Two thirds of what is left: one process has room, two ranks on a machine have not.
    const double left = static_cast<double>(available_memory().bytes);
    const MemoryEstimate estimate{.parts = {{"models", left * 2 / 3, "use fewer --nodes"}}};
    CHECK_NOTHROW(require_memory(estimate, {}));
    CHECK_NOTHROW(require_memory(estimate, {.rank = 0, .size = 2, .ranks_here = 1}));
    if (available_memory().limit.find("ulimit") == std::string::npos) {  // which is of a process
        CHECK_THROWS_WITH_AS(
            require_memory(estimate, of_four),
            doctest::Contains(" are left for each of 2 ranks on this machine; use fewer --nodes"),
            std::invalid_argument);
    }
}

TEST_CASE("the largest resident set counts from its last reset") {
    if (test::leaves_out_memory("the largest resident set counts from its last reset")) {
        return;
    }
    constexpr std::size_t kBytes = std::size_t{200} << 20;
    {
        const auto block = std::make_unique<char[]>(kBytes);
        std::memset(block.get(), 1, kBytes);
        CHECK(peak_rss_bytes() > kBytes);
    }
    reset_peak_rss();
    CHECK(peak_rss_bytes() < kBytes + resident_bytes() / 2);
    CHECK(peak_rss_bytes() < resident_bytes() + (std::size_t{50} << 20));
}

TEST_CASE("a few values are counted, many are summed up") {
    CHECK(spread_text(std::vector<double>{1, 0.2, 1, 1}, "", "nodes") ==
          "1 for 3 of 4 nodes, 0.2 for 1 of 4 nodes");
    std::vector<double> many;
    for (int i = 1; i <= 9; ++i) {
        many.push_back(i);
    }
    CHECK(spread_text(many, " Mbps", "nodes") == "1 to 9 Mbps, half of the nodes above 5 Mbps");
}

TEST_CASE("bytes are read with their unit") {
    CHECK(bytes_text(999) == "999 B");
    CHECK(bytes_text(1500) == "1.5 kB");
    CHECK(bytes_text(2e15) == "2 PB");
}

}  // namespace
}  // namespace murmur
