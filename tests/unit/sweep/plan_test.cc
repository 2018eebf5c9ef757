#include "tools/sweep/plan.h"

#include "tests/support/doctest.h"

#include <set>
#include <stdexcept>

namespace murmur::sweep {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("the plan is the product of the values, the last option fastest") {
    const auto plan =
        make_plan({{"topology", {"ring", "regular:5"}}, {"nodes", {"64"}}, {"seed", {"1", "2"}}});
    CHECK(plan.varied == Texts{"topology", "seed"});
    REQUIRE(plan.runs.size() == 4);
    CHECK(plan.runs[0].arguments == Texts{"--topology=ring", "--nodes=64", "--seed=1"});
    CHECK(plan.runs[1].arguments == Texts{"--topology=ring", "--nodes=64", "--seed=2"});
    CHECK(plan.runs[2].arguments == Texts{"--topology=regular:5", "--nodes=64", "--seed=1"});
    CHECK(plan.runs[3].varied == Texts{"regular:5", "2"});
    CHECK(plan.runs[3].folder == "topology=regular-5_seed=2");
}

TEST_CASE("without anything varied there is one run") {
    const auto plan = make_plan({{"nodes", {"64"}}, {"verbose", {}}});
    REQUIRE(plan.runs.size() == 1);
    CHECK(plan.runs[0].folder == "run");
    CHECK(plan.runs[0].arguments == Texts{"--nodes=64", "--verbose"});
    CHECK(make_plan({}).runs.size() == 1);
}

TEST_CASE("folder names differ wherever settings differ, and fit a file system") {
    const std::string long_path(300, 'x');
    const auto plan = make_plan({{"t", {"a:b", "a/b", "c", long_path + "1", long_path + "2"}}});
    std::set<std::string> names;
    for (const auto& run : plan.runs) {
        names.insert(run.folder);
        CHECK(run.folder.size() <= 120);
        CHECK(run.folder.find('/') == std::string::npos);
    }
    CHECK(names.size() == plan.runs.size());
    CHECK(names.contains("t=c"));
}

TEST_CASE("settings are all varied options but the seed") {
    const auto plan = make_plan({{"seed", {"1", "2", "3"}}, {"lr", {"0.1", "0.2"}}});
    const std::vector<std::vector<std::size_t>> expected{{0, 2, 4}, {1, 3, 5}};
    CHECK(group_by_setting(plan) == expected);
}

TEST_CASE("a product beyond reason is refused") {
    const Texts many(1000, "v");
    CHECK_THROWS_WITH_AS(static_cast<void>(make_plan({{"a", many}, {"b", many}})),
                         "sweep: the product of the options has more than 100000 runs",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur::sweep
