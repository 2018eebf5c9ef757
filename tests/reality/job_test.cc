#include "tests/reality/job.h"

#include "tests/reality/python_random.h"
#include "tests/support/doctest.h"

#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur::reality {
namespace {

std::vector<int> shuffled(std::uint32_t seed, int count) {
    std::vector<int> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 0);
    PythonRandom(seed).shuffle(values);
    return values;
}

// random.Random(seed).shuffle(list(range(n))) and .random() of CPython 3.11
TEST_CASE("numbers are those of CPython") {
    CHECK(shuffled(40, 8) == std::vector<int>{2, 5, 3, 1, 0, 6, 4, 7});
    CHECK(shuffled(2, 8) == std::vector<int>{5, 3, 4, 1, 2, 6, 7, 0});
    // More draws than one state holds
    const std::vector<int> thousand = shuffled(12345, 1000);
    CHECK(thousand[0] == 669);
    CHECK(thousand[7] == 258);
    long sum = 0;
    for (std::size_t index = 0; index < thousand.size(); ++index) {
        sum += static_cast<long>(index) * thousand[index];
    }
    CHECK(sum == 244455654);
    PythonRandom random(1);
    CHECK(random.fraction() == 0.13436424411240122);
    CHECK(random.fraction() == 0.8474337369372327);
    CHECK(random.fraction() == 0.763774618976614);
    CHECK(PythonRandom(4294967295U).uniform(-0.5, 0.5) == 0.13535744413411732);
}

TEST_CASE("a job of unlike links is what Python draws") {
    const RealityJob job = build_job("uex8.5:360e3:10:20:1");
    REQUIRE(job.hosts.size() == 8);
    CHECK(job.hosts[0].up_bps == 4308878);
    CHECK(job.hosts[0].latency_ns == 15558939);
    CHECK(job.hosts[7].down_bps == 8818347);
    CHECK(job.hosts[7].latency_ns == 13544640);
    REQUIRE(job.parcels.size() == 40);
    CHECK(job.parcels[0].from == 0);
    CHECK(job.parcels[0].to == 6);
    CHECK(job.parcels[39].from == 5);
    CHECK(job.parcels[39].to == 1);
    CHECK(job.parcels[39].size_bytes == 360'000);
}

TEST_CASE("names say who sends to whom, over what, and how often") {
    CHECK(build_job("incast5:36e3:10:20").parcels[4].from == 5);
    CHECK(build_job("fanout5:36e3:10:20").parcels[4].to == 5);
    CHECK(build_job("ex4.3:1e3:1:1").parcels.size() == 12);
    CHECK(build_job("ex4.3:1e3:1:1").congestion == "cubic");
    CHECK(build_job("ex4.3:1e3:1:1/bbr").congestion == "bbr");
    CHECK(build_job("ex4.3:1e3:1:1/bbr").is_by_chance());
    const RealityJob job = build_job("single:3.6e6:10:20/tbf/q100/loss0.01/x0.1@1.5+0.5/r5c100000");
    CHECK(job.hosts[1].up_bps == 10'000'000);
    CHECK(job.hosts[1].latency_ns == 10'000'000);
    CHECK(job.parcels[0].size_bytes == 3'600'000);
    CHECK(job.at_host);
    CHECK(job.queue_packets == 100);
    CHECK(job.loss == 0.01);
    REQUIRE(job.spell);
    CHECK(job.spell->factor == 0.1);
    CHECK(job.spell->begin_s == 1.5);
    CHECK(job.spell->duration_s == 0.5);
    CHECK(job.rounds == 5);
    CHECK(job.compute_us == 100'000);
}

TEST_CASE("names of no job are refused with what is wrong in them") {
    CHECK_THROWS_WITH(
        (void)build_job("ring8:1:1:1"),
        "job 'ring8:1:1:1': got 'ring8', allowed KIND:BYTES:MBPS:MS[:SEED] with single, incastK, "
        "fanoutK, exN.D or uexN.D, and /reno, /bbr, /tbf, /qPACKETS, /lossP, "
        "/xFACTOR@SECONDS+SECONDS, "
        "/rROUNDScMICROSECONDS");
    for (const char* name : {"",
                             "single",
                             "single:1:1",
                             "single:x:1:1",
                             "single:0:1:1",
                             "single:1:0:1",
                             "single:1:1:-1",
                             "single:1:1:1:1:1",
                             "ex8:1:1:1",
                             "ex1.1:1:1:1",
                             "single:1:1:1/",
                             "single:1:1:1/q",
                             "single:1:1:1/q1p",
                             "single:1:1:1/x1",
                             "single:1:1:1/x1@2",
                             "single:1:1:1/r5"}) {
        CAPTURE(name);
        CHECK_THROWS_AS((void)build_job(name), std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur::reality
