#include "emulator/nodes/availability.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace murmur {
namespace {

using std::chrono::seconds;

std::string written(const test::TemporaryFolder& folder, const std::string& text) {
    const std::string path = (folder.path() / "lives.csv").string();
    std::ofstream(path) << text;
    return path;
}

/// Returns the first changes of a life, in seconds.
std::vector<double> changes(Life life, std::size_t most = 20) {
    std::vector<double> all;
    while (all.size() < most) {
        const std::optional<SimTime> next = life.next_change();
        if (!next) {
            break;
        }
        all.push_back(to_seconds(*next));
    }
    return all;
}

/// Returns for which share of a long time a node is there, and how long on average at a time.
struct Presence {
    double share;
    double mean_on_s;
};
Presence presence(Life life, double until_s) {
    bool present = life.starts_present;
    double last = 0;
    double on = 0;
    int times = 0;
    while (last < until_s) {
        const double next = std::min(until_s, to_seconds(*life.next_change()));
        REQUIRE(next > last);
        on += present ? next - last : 0;
        times += present ? 1 : 0;
        present = !present;
        last = next;
    }
    return {on / until_s, on / times};
}

TEST_CASE("a file says when nodes are there; those that it does not name always are") {
    const test::TemporaryFolder folder;
    const std::string path = written(folder,
                                     "node,on_s,off_s\n"
                                     "0,0,10\n0,20,30.5\n"
                                     "2,5,\n"
                                     "7,0,1\n");
    const Availability lives = plan_availability(path, 4, 1);
    CHECK(lives.make_life(0).starts_present);
    CHECK(changes(lives.make_life(0)) == std::vector<double>{10, 20, 30.5});
    CHECK(lives.make_life(1).starts_present);
    CHECK(changes(lives.make_life(1)).empty());
    CHECK_FALSE(lives.make_life(2).starts_present);
    CHECK(changes(lives.make_life(2)) == std::vector<double>{5});
    REQUIRE(lives.notes.size() == 1);
    CHECK(lives.notes[0].ends_with("times of 2 of 4 nodes, the others are there all the time; 1 rows "
                                   "of further nodes passed over"));
}

TEST_CASE("a file with a period begins again, and times that touch are one") {
    const test::TemporaryFolder folder;
    const std::string path = written(folder,
                                     "node,on_s,off_s\n"
                                     "0,0,2\n0,8,10\n"
                                     "1,3,4\n1,4,6\n"
                                     "2,0,10\n");
    const Availability lives = plan_availability("file:" + path + ",period=10s", 3, 1);
    CHECK(lives.make_life(0).starts_present);
    CHECK(changes(lives.make_life(0), 5) == std::vector<double>{2, 8, 12, 18, 22});
    CHECK(changes(lives.make_life(1), 4) == std::vector<double>{3, 6, 13, 16});
    CHECK(lives.make_life(2).starts_present);
    CHECK(changes(lives.make_life(2)).empty());
}

TEST_CASE("a malformed file is refused with its line") {
    const test::TemporaryFolder folder;
    const auto error = [&](const std::string& text, const std::string& period = "") {
        const std::string path = written(folder, text);
        try {
            (void)plan_availability("file:" + path + period, 4, 1);
        } catch (const std::invalid_argument& refused) {
            const std::string said = refused.what();
            return said.substr(std::min(said.size(), said.find("lives.csv")));
        }
        return std::string("read");
    };
    CHECK(error("node,from,to\n") ==
          "lives.csv:1: got the header 'node,from,to', allowed node,on_s,off_s");
    CHECK(error("node,on_s,off_s\n1,2\n") ==
          "lives.csv:2: got 2 fields, allowed node,on_s,off_s");
    CHECK(error("node,on_s,off_s\n\nx,2,3\n") ==
          "lives.csv:3: node: got 'x', allowed a number from 0");
    CHECK(error("node,on_s,off_s\n1,-2,3\n") ==
          "lives.csv:2: on_s: got '-2', allowed seconds from 0 to 1e9");
    CHECK(error("node,on_s,off_s\n1,3,3\n") ==
          "lives.csv:2: a node is there from 3 s to 3 s, allowed a later end");
    CHECK(error("node,on_s,off_s\n1,3,5\n1,4,6\n") ==
          "lives.csv:3: node 1 is there from 4 s, before its row above ends; allowed ascending "
          "times of a node");
    CHECK(error("node,on_s,off_s\n1,3,11\n", ",period=10s") ==
          "lives.csv:2: off_s: got 11, allowed up to the period, 10 s");
}

// Expectation: of exponential times with means a and b, a node is there for a / (a + b) of the time
// in the long run, a at a time; over 20,000 s with 4,000 of each, to some percent.
TEST_CASE("poisson: shares and mean times are those that were asked for, from the start") {
    const Availability lives = plan_availability("poisson:on=3s,off=2s", 400, 1);
    const Presence seen = presence(lives.make_life(7), 20'000);
    CHECK(seen.share == doctest::Approx(0.6).epsilon(0.03));
    CHECK(seen.mean_on_s == doctest::Approx(3).epsilon(0.05));
    int present = 0;
    for (NodeId node = 0; node < 400; ++node) {
        present += lives.make_life(node).starts_present ? 1 : 0;
    }
    CHECK(std::abs(present - 240) < 40);  // 4 standard deviations
    CHECK(changes(lives.make_life(3)) == changes(lives.make_life(3)));
    CHECK(changes(lives.make_life(3)) != changes(lives.make_life(4)));
}

TEST_CASE("diurnal: a node is there once a day, for its hours, in its zone") {
    const Availability exact =
        plan_availability("diurnal:day=24h,on=8h,spread=0s,zones=1", 4, 1);
    CHECK(exact.make_life(0).starts_present);
    CHECK(changes(exact.make_life(0), 4) ==
          std::vector<double>{8 * 3600, 24 * 3600, 32 * 3600, 48 * 3600});
    const Availability lives = plan_availability("diurnal:day=100s,on=30s,spread=5s", 100, 1);
    double share = 0;
    int present = 0;
    for (NodeId node = 0; node < 100; ++node) {
        share += presence(lives.make_life(node), 10'000).share / 100;
        present += lives.make_life(node).starts_present ? 1 : 0;
    }
    CHECK(share == doctest::Approx(0.3).epsilon(0.02));
    CHECK(present > 10);
    CHECK(present < 50);
}

TEST_CASE("drawn nodes join late and leave for good, and no others") {
    LifeOptions options;
    options.nodes = 100;
    options.join = "0.2@5s";
    options.crash = "0.25@10s,0.25@uniform:20s:30s";
    const LifePlan plan = plan_lives(options, 1);
    CHECK(plan.has_churn);
    CHECK(plan.returns);
    int late = 0;
    int crashed = 0;
    int crashed_later = 0;
    for (NodeId node = 0; node < 100; ++node) {
        Life life = plan.make_life(node);
        std::vector<double> all = changes(plan.make_life(node));
        if (!life.starts_present) {
            ++late;
            REQUIRE_FALSE(all.empty());
            CHECK(all.front() == 5);
            all.erase(all.begin());
        }
        if (!all.empty()) {
            CHECK(all.size() == 1);
            crashed += all.front() == 10 ? 1 : 0;
            crashed_later += all.front() >= 20 && all.front() <= 30 ? 1 : 0;
        }
    }
    CHECK(late == 20);  // of the 99 that may
    CHECK(crashed == 25);
    CHECK(crashed_later == 25);
    CHECK(plan.make_life(0).starts_present);
    CHECK(changes(plan.make_life(0)).empty());
}

TEST_CASE("a crash ends a life that comes and goes, there or not") {
    LifeOptions options;
    options.nodes = 50;
    options.availability = "poisson:on=2s,off=2s";
    options.crash = "1@9s";
    const LifePlan plan = plan_lives(options, 0);
    int at_the_crash = 0;
    for (NodeId node = 0; node < 50; ++node) {
        Life life = plan.make_life(node);
        const std::vector<double> all = changes(plan.make_life(node));
        const bool present_at_end = life.starts_present == (all.size() % 2 == 0);
        CHECK_FALSE(present_at_end);
        for (const double at : all) {
            CHECK(at <= 9);
        }
        at_the_crash += !all.empty() && all.back() == 9 ? 1 : 0;
    }
    CHECK(at_the_crash > 10);
    CHECK(at_the_crash < 40);
}

TEST_CASE("words and fractions that are none are refused") {
    const auto error = [](auto change) {
        LifeOptions options;
        change(options);
        try {
            (void)plan_lives(options, 0);
        } catch (const std::invalid_argument& refused) {
            return std::string(refused.what());
        }
        return std::string("taken");
    };
    CHECK(error([](LifeOptions& o) { o.crash = "0.5"; }) ==
          "--crash: got '0.5', allowed FRACTION@TIME, such as 0.5@30s");
    CHECK(error([](LifeOptions& o) { o.crash = "0.6@1s,0.6@2s"; }) ==
          "--crash: got '0.6@1s,0.6@2s', allowed fractions whose sum is at most 1");
    CHECK(error([](LifeOptions& o) { o.join = "0.5@0s"; }) ==
          "--join: got '0.5@0s', allowed times above 0, up to 1e9 s");
    CHECK(error([](LifeOptions& o) { o.on_leave = "loose"; }).starts_with("--on-leave: "));
    CHECK(error([](LifeOptions& o) { o.availability = "poison:on=1s,off=1s"; })
              .starts_with("availability: unknown, got 'poison'"));
    CHECK(error([](LifeOptions& o) { o.availability = "poisson:on=1s"; }).find("off") !=
          std::string::npos);
}

}  // namespace
}  // namespace murmur
