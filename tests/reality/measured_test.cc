#include "tests/reality/outcome.h"
#include "tests/reality/simulated.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <stdexcept>
#include <string>

namespace murmur::reality {
namespace {

TEST_CASE("measured times are read with the links that they were measured over") {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "measured.json").string();
    test::write_text(path,
                     R"({"single:36e3:10:20": {
                         "nodes_up_down_bps_latency_ns": [[1000, 2000, 3], [4000, 5000, 6]],
                         "real_seconds_by_message": [0.25]},
                        "single:36e3:10:20/r2c5": {
                         "nodes_up_down_bps_latency_ns": [[1000, 2000, 3], [4000, 5000, 6]],
                         "real_seconds_by_round": [0.25, 0.5]},
                        "single:36e3:10:20/tbf": {
                         "nodes_up_down_bps_latency_ns": [[1000, 2000, 3], [4000, 5000, 6]],
                         "real_seconds_by_message": [0.25], "kernel": "6.18",
                         "last_by_run": [0.3, 0.2, 0.26]}})");
    const std::vector<Measured> all = read_measured(path);
    REQUIRE(all.size() == 3);
    CHECK(all[0].job.hosts[1].up_bps == 4000);
    CHECK(all[0].job.hosts[1].down_bps == 5000);
    CHECK(all[0].job.hosts[1].latency_ns == 6);
    CHECK(all[0].seconds == std::vector<double>{0.25});
    CHECK(all[1].job.compute_us == 5);
    CHECK(all[1].seconds == std::vector<double>{0.25, 0.5});
    CHECK(all[1].last == 0.5);
    CHECK(all[2].last == 0.26);
    CHECK(all[1].job.connect_ns == 0);
    CHECK(all[2].job.connect_ns > 0);
}

TEST_CASE("files of measured times that are none are refused by name and job") {
    CHECK_THROWS_WITH((void)read_measured("/none"),
                      "/none: cannot be read; name a file of measured times with --file");
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "measured.json").string();
    for (const char* text : {"{",
                             "[]x",
                             R"({"ring:1:1:1": {}})",
                             R"({"single:1:1:1": {}})",
                             R"({"single:1:1:1": {"nodes_up_down_bps_latency_ns": [[1, 1, 1]],
                                 "real_seconds_by_message": [1]}})",
                             R"({"single:1:1:1": {"nodes_up_down_bps_latency_ns":
                                 [[1, 1, 1], [1, 1, 1]], "real_seconds_by_message": [1, 2]}})"}) {
        CAPTURE(text);
        test::write_text(path, text);
        CHECK_THROWS_AS((void)read_measured(path), std::runtime_error);
    }
}

// What real Linux took (kernel 6.18), of jobs that take a second to simulate.
TEST_CASE("networks take as long as real Linux TCP, or say that they are in doubt") {
    for (const auto& [name, seconds] : {std::pair{"single:36e3:10:20", 0.122286},
                                        std::pair{"single:360e3:20:50", 0.617165},
                                        std::pair{"fanout5:360e3:10:20", 1.553733},
                                        std::pair{"ex8.5:36e3:10:20", 0.264694},
                                        std::pair{"ex8.5:360e3:10:20", 1.837559},
                                        std::pair{"ex8.5:360e3:10:20/tbf", 1.601635},
                                        std::pair{"ex8.5:36e3:10:20/r5c100000", 1.455}}) {
        for (const auto& [network, tolerance] :
             {std::pair{"packet", 0.03}, std::pair{"tcp", 0.03}, std::pair{"flow", 0.08}}) {
            CAPTURE(name);
            CAPTURE(network);
            const Outcome outcome = simulate(build_job(name), network);
            CHECK((outcome.last() / seconds == doctest::Approx(1).epsilon(tolerance) ||
                   (std::string(network) == "flow" && outcome.in_doubt > 0)));
        }
    }
}

// Repairs, an outage within slow start, and a send buffer that is full: packet alone is near.
TEST_CASE("packet takes as long as real Linux TCP where losses and buffers decide") {
    for (const auto& [name, seconds] : {std::pair{"single:3.6e6:10:20/q100", 3.097083},
                                        std::pair{"single:2e6:20:50/x0@0.31+0.5", 2.695871},
                                        std::pair{"ex9.4:120e3:40:60/r4c30000", 1.264401}}) {
        CAPTURE(name);
        const Outcome outcome = simulate(build_job(name), "packet");
        CHECK(outcome.last() / seconds == doctest::Approx(1).epsilon(0.03));
    }
}

TEST_CASE("chance is drawn anew, and the same again") {
    const RealityJob job = build_job("ex8.5:36e3:10:20/loss0.05");
    CHECK(simulate(job, "packet", 1).seconds == simulate(job, "packet", 1).seconds);
    CHECK(simulate(job, "packet", 1).seconds != simulate(job, "packet", 2).seconds);
}

TEST_CASE("rounds wait for each other, and for their compute") {
    // Two hosts, one way: the second round begins when the first has arrived; the sender, which
    // waits for nobody, is a round ahead.
    const Outcome ideal = simulate(build_job("single:1e6:8:100/r3c500000"), "ideal");
    REQUIRE(ideal.seconds.size() == 3);
    CHECK(ideal.seconds[0] == doctest::Approx(1.1).epsilon(0.05));
    // Both ways: each waits for the other and computes.
    const Outcome pair = simulate(build_job("ex2.1:1e6:8:100/r3c500000"), "ideal");
    CHECK(pair.seconds[1] - pair.seconds[0] == doctest::Approx(pair.seconds[0] + 0.5));
    CHECK(pair.seconds[2] - pair.seconds[1] == doctest::Approx(pair.seconds[0] + 0.5));
}

}  // namespace
}  // namespace murmur::reality
