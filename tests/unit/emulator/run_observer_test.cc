#include "emulator/record/run_observer.h"

#include "emulator/base/run_error.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/bridge_fixture.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;

using Row = std::pair<SimTime, std::uint32_t>;

/// An observer of a linear model on least squares, and what it handed on.
class Watch {
  public:
    explicit Watch(std::uint32_t num_nodes, RunObserver::Options options = {})
        : learners_("linear", load_dataset("least-squares:features=3,samples=8", 1), {}, 2),
          graph_({.workers = 2}),
          bridge_(graph_, clock_) {
        options.num_nodes = num_nodes;
        options.num_rounds = 4;
        if (options.evaluates.empty()) {
            options.evaluates.assign(num_nodes, true);
        }
        options.on_metrics = [this](const Observation& row) {
            rows.emplace_back(row.time, row.node);
        };
        options.on_round = [this](const RoundRow& row) { rounds.push_back(row); };
        observer.emplace(std::move(options), graph_, bridge_, learners_);
    }

    [[nodiscard]] ModelHandle model(float value) const {
        return ModelHandle::ready(
            make_parameters(std::vector<float>(learners_.any().num_parameters(), value)));
    }
    /// A model that is made from `start` on, and exists once the latch is open.
    [[nodiscard]] ModelHandle model_behind(const std::shared_ptr<std::latch>& latch,
                                           SimTime start) {
        return graph_.submit(
            {.start = start},
            [latch](const Parameters& ready) {
                latch->wait();
                return ready;
            },
            model(1));
    }
    void observe(SimTime time, std::uint32_t node, std::uint64_t rounds, const ModelHandle& model) {
        Observation observation;
        observation.time = time;
        observation.node = node;
        observation.rounds = rounds;
        observer->observe(observation, model);
    }
    void finish_tasks() { graph_.wait_all(); }
    [[nodiscard]] std::uint64_t tasks() const {
        return graph_.usage().tasks[static_cast<int>(TaskKind::kEvaluate)];
    }
    [[nodiscard]] std::size_t num_parameters() const { return learners_.any().num_parameters(); }

    std::vector<Row> rows;
    std::vector<RoundRow> rounds;
    std::optional<RunObserver> observer;

  private:
    test::FreshSimulator simulator_;
    ModelledClock clock_{{}, 0, {1}, 1};
    Learners learners_;
    TaskGraph graph_;
    Bridge bridge_;
};

TEST_CASE("rows come in the order of time and node, whatever finished first") {
    Watch watch(3);
    const auto latch = std::make_shared<std::latch>(1);
    // Nodes 2 and 1 are ready, node 0 of the same instant is not.
    watch.observe(1s, 2, 1, watch.model(2));
    watch.observe(1s, 1, 1, watch.model(2));
    watch.observe(1s, 0, 1, watch.model_behind(latch, 500ms));
    watch.observe(2s, 0, 2, watch.model(2));
    watch.observer->hand_on_finished_rows(10s);
    CHECK(watch.rows.empty());
    CHECK(watch.rounds.empty());
    latch->count_down();
    watch.observer->hand_on_all_rows(10s);
    CHECK(watch.rows == std::vector<Row>{{1s, 0}, {1s, 1}, {1s, 2}, {2s, 0}});
    REQUIRE(watch.rounds.size() == 1);
    CHECK(watch.rounds[0].round == 1);
}

TEST_CASE("a row of the present instant waits: a lower node may still arrive at it") {
    Watch watch(2);
    watch.observe(1s, 1, 1, watch.model(1));
    watch.finish_tasks();
    watch.observer->hand_on_finished_rows(1s);
    CHECK(watch.rows.empty());
    watch.observe(1s, 0, 1, watch.model(1));
    watch.finish_tasks();
    watch.observer->hand_on_finished_rows(1s + 1ns);
    CHECK(watch.rows == std::vector<Row>{{1s, 0}, {1s, 1}});
}

TEST_CASE("rounds come in their order, also where a fast pair of nodes is ahead") {
    Watch watch(2);
    const auto latch = std::make_shared<std::latch>(1);
    watch.observe(1s, 0, 1, watch.model_behind(latch, 500ms));
    watch.observe(1s, 1, 1, watch.model(1));
    watch.observe(2s, 0, 2, watch.model(1));
    watch.observe(2s, 1, 2, watch.model(1));
    watch.observer->hand_on_finished_rows(10s);
    CHECK(watch.rounds.empty());
    latch->count_down();
    watch.observer->hand_on_all_rows(10s);
    REQUIRE(watch.rounds.size() == 2);
    CHECK(watch.rounds[0].round == 1);
    CHECK(watch.rounds[1].round == 2);
    CHECK(watch.observer->latest_evaluated()->round == 2);
    CHECK(watch.observer->latest_time() == SimTime(2s));
}

TEST_CASE("a round counts as learnt once its models and their tests exist") {
    RunObserver::Options options;
    options.eval_every = 2;
    Watch watch(2, options);
    const auto latch = std::make_shared<std::latch>(1);
    watch.observe(1s, 0, 1, watch.model(1));
    watch.observe(1s, 1, 1, watch.model(1));
    watch.finish_tasks();
    CHECK(watch.observer->learned(5s).node_rounds == 2);
    CHECK(watch.observer->learned(5s).until == SimTime(5s));
    watch.observe(2s, 0, 2, watch.model_behind(latch, 1500ms));
    watch.observe(3s, 1, 2, watch.model(1));
    CHECK(watch.observer->learned(5s).node_rounds == 2);
    CHECK(watch.observer->learned(5s).until == SimTime(2s));
    latch->count_down();
    watch.finish_tasks();
    CHECK(watch.observer->learned(5s).node_rounds == 4);
    CHECK(watch.observer->learned(5s).until == SimTime(5s));
}

TEST_CASE("a round that some node has not finished is not handed on") {
    Watch watch(2);
    watch.observe(1s, 0, 1, watch.model(1));
    watch.observer->hand_on_all_rows(10s);
    CHECK(watch.rows.size() == 1);
    CHECK(watch.rounds.empty());
    CHECK_FALSE(watch.observer->latest_evaluated().has_value());
}

/// Tasks at the end of an evaluated round: one takes what was added up, one makes a distance of it.
constexpr std::uint64_t kOfConsensus = 2;

TEST_CASE("a start that all nodes share is tested once, and has a row for each") {
    Watch watch(5);
    const ModelHandle start = watch.model(0);
    for (std::uint32_t node = 0; node < 5; ++node) {
        watch.observe(0s, node, 0, start);
    }
    watch.observer->hand_on_all_rows(10s);
    CHECK(watch.rows.size() == 5);
    CHECK(watch.tasks() == 5 + 1 + kOfConsensus);  // five add to the consensus distance
    CHECK(watch.observer->learned(10s).node_rounds == 0);
    CHECK(watch.rounds.at(0).consensus_distance == 0);

    RunObserver::Options different;
    different.same_start = false;
    Watch each(5, different);
    for (std::uint32_t node = 0; node < 5; ++node) {
        each.observe(0s, node, 0, each.model(static_cast<float>(node)));
    }
    each.observer->hand_on_all_rows(10s);
    CHECK(each.tasks() == 5 + 5 + kOfConsensus);
}

TEST_CASE("models are tested every so many rounds, at the start and at the end") {
    RunObserver::Options options;
    options.eval_every = 3;
    Watch watch(1, options);
    for (std::uint64_t rounds = 0; rounds <= 4; ++rounds) {
        watch.observe(SimTime(rounds * 1s), 0, rounds, watch.model(1));
    }
    watch.observer->hand_on_all_rows(10s);
    CHECK(watch.rows == std::vector<Row>{{0s, 0}, {3s, 0}, {4s, 0}});
    REQUIRE(watch.rounds.size() == 5);
    CHECK(std::isnan(watch.rounds[1].loss.mean));
    CHECK(std::isnan(watch.rounds[1].consensus_distance));
    CHECK(watch.rounds[3].consensus_distance == 0);
    CHECK(std::isfinite(watch.rounds[3].loss.mean));
}

TEST_CASE("the consensus distance is taken over all nodes, tested or not") {
    RunObserver::Options options;
    options.evaluates = {false, true};
    Watch watch(2, options);
    watch.observe(1s, 0, 1, watch.model(1));
    watch.observe(1s, 1, 1, watch.model(4));
    watch.observer->hand_on_all_rows(10s);
    CHECK(watch.rows == std::vector<Row>{{1s, 1}});
    // Each parameter is 1.5 from the mean.
    CHECK(watch.rounds.at(0).consensus_distance ==
          doctest::Approx(2.25 * static_cast<double>(watch.num_parameters())));
}

TEST_CASE("a test loss that is no number is a divergence with its node and round") {
    Watch watch(4);
    watch.observe(1s, 0, 2, watch.model(1));
    watch.observe(2s, 3, 2, watch.model(std::nanf("")));
    CHECK_THROWS_WITH_AS(
        watch.finish_tasks(), "the test loss of node 3 is nan after round 2", DivergedError);
    // Only what was before it is handed on.
    watch.observer->hand_on_all_rows(2s);
    CHECK(watch.rows == std::vector<Row>{{1s, 0}});
}

TEST_CASE("rows whose task was dropped are left out") {
    Watch watch(2);
    watch.observe(0s, 1, 1, watch.model(1));
    watch.observe(1s, 0, 2, watch.model(std::nanf("")));
    CHECK_THROWS_AS(watch.finish_tasks(), DivergedError);
    watch.observer->hand_on_all_rows(10s);
    CHECK(watch.rows == std::vector<Row>{{0s, 1}});
}

TEST_CASE("a model that is recorded for every node is tested once") {
    RunObserver::Options options;
    options.same_start = false;
    Watch watch(3, options);
    const ModelHandle of_server = watch.model(1);
    for (const std::uint32_t node : {0, 1, 2}) {
        watch.observe(1s, node, 1, of_server);
    }
    watch.finish_tasks();
    // One test, and three additions to the consensus sum.
    CHECK(watch.tasks() == 4 + kOfConsensus);
    watch.observer->hand_on_all_rows(2s);
    CHECK(watch.rows.size() == 3);
    REQUIRE(watch.rounds.size() == 1);
    CHECK(watch.rounds.front().consensus_distance == 0);
    CHECK(watch.rounds.front().loss.std == 0);
}

TEST_CASE("what a task without a row may still spoil is not handed on") {
    Watch watch(2);
    const auto latch = std::make_shared<std::latch>(1);
    watch.observe(1s, 0, 1, watch.model(1));
    // Node 1 has been training since 1.5 s; its row comes after those of node 0.
    const ModelHandle late = watch.model_behind(latch, 1500ms);
    watch.observe(1s, 1, 1, watch.model(1));
    watch.observe(2s, 0, 2, watch.model(1));
    while (watch.observer->known_time() < SimTime(1s)) {
        watch.observer->hand_on_finished_rows(3s);
    }
    CHECK(watch.rows == std::vector<Row>{{1s, 0}, {1s, 1}});
    latch->count_down();
    watch.finish_tasks();
    watch.observer->hand_on_finished_rows(3s);
    CHECK(watch.rows.size() == 3);
}

TEST_CASE("totals of a node are those of its latest known round") {
    RunObserver::Options options;
    std::uint64_t events = 0;
    options.totals = [&events] { return RunTotals{++events, 10 * events}; };
    options.complete = [](Observation seen) {
        seen.messages = 7 * seen.rounds;
        return seen;
    };
    options.keeps_models = true;
    Watch watch(2, options);
    const ModelHandle first = watch.model(1);
    watch.observe(1s, 0, 1, first);
    watch.observe(2s, 0, 2, watch.model(2));
    watch.observer->hand_on_all_rows(2s);
    CHECK(watch.observer->known(0).messages == 7);
    CHECK(watch.observer->known(1).messages == 0);
    CHECK(watch.observer->known_totals().events == 1);
    CHECK(watch.observer->known_totals().messages_in_doubt == 10);
    CHECK(watch.observer->known_model(0) == first);
    CHECK_FALSE(watch.observer->known_model(1));
    CHECK(watch.observer->known_time() == SimTime(1s));
}

TEST_CASE("totals of a round are over all nodes, those that have missed it or left as well") {
    RunObserver::Options options;
    options.has_churn = true;
    Watch watch(3, options);
    const auto seen = [](std::uint32_t node, std::uint64_t rounds, std::uint64_t total) {
        Observation observation;
        observation.time = SimTime(rounds * 1s + node * 1ms);
        observation.node = node;
        observation.rounds = rounds;
        observation.bytes_sent = 10 * total;
        observation.bytes_content = 9 * total;
        observation.samples = total;
        observation.tokens = 4 * total;
        observation.joules = static_cast<double>(total) / 2;
        return observation;
    };
    for (const std::uint32_t node : {0U, 1U, 2U}) {
        watch.observer->observe(seen(node, 0, 0), watch.model(0));
    }
    watch.observer->observe(seen(0, 1, 100), watch.model(1));
    watch.observer->pass_over(seen(1, 1, 20));
    watch.observer->leave(seen(2, 1, 3));
    watch.finish_tasks();
    watch.observer->hand_on_all_rows(2s);
    REQUIRE(watch.rounds.size() == 2);
    const RoundRow& row = watch.rounds[1];
    CHECK(row.nodes == 1);
    CHECK(row.bytes_sent == 1230);
    CHECK(row.bytes_content == 1107);
    CHECK(row.joules == 61.5);
    CHECK(row.samples == 123);
    CHECK(row.tokens == 492);
}

TEST_CASE("a target ends the rows at the instant at which it is reached") {
    for (const auto nodes : {Target::Nodes::kMean, Target::Nodes::kAll}) {
        RunObserver::Options options;
        options.targets = {{Target::Figure::kLoss, nodes, 0}};
        std::vector<SimTime> reached;
        options.on_target = [&reached](SimTime time) { reached.push_back(time); };
        // The loss of the zero model and of the one of ones, from a first look.
        Watch look(2);
        look.observe(1s, 0, 1, look.model(0));
        look.observe(1s, 1, 1, look.model(1));
        look.observer->hand_on_all_rows(2s);
        const std::vector<EvaluationResult> tests = look.observer->known_tests();
        const double better = std::min(tests[0].loss, tests[1].loss);
        const double mean = (tests[0].loss + tests[1].loss) / 2;
        const float good = tests[0].loss < tests[1].loss ? 0 : 1;
        options.targets[0].value = nodes == Target::Nodes::kMean ? mean : better;

        Watch watch(2, options);
        watch.observe(1s, 0, 1, watch.model(1 - good));
        watch.observe(1s, 1, 1, watch.model(1 - good));
        watch.observe(2s, 0, 2, watch.model(good));
        watch.observe(3s, 1, 2, watch.model(good));
        watch.observe(4s, 0, 3, watch.model(good));
        watch.observer->hand_on_all_rows(10s);
        const SimTime expected = nodes == Target::Nodes::kMean ? 2s : 3s;
        CHECK(watch.observer->target_time() == expected);
        CHECK(reached == std::vector<SimTime>{expected});
        CHECK(watch.rows.back().first == expected);
    }
}

TEST_CASE("targets are a mean or every node's, and what is no such thing is refused") {
    const auto parse = [](const char* text, Target::Figure figure = Target::Figure::kAccuracy) {
        return parse_target("--target", text, figure);
    };
    CHECK_FALSE(parse(""));
    CHECK(parse("0.5")->nodes == Target::Nodes::kMean);
    CHECK(parse("mean:0.5")->value == 0.5);
    CHECK(parse("all:1")->nodes == Target::Nodes::kAll);
    CHECK(parse("-2.5", Target::Figure::kLoss)->value == -2.5);
    CHECK_THROWS_WITH(parse("some:0.5"), "--target: got 'some:0.5', allowed X, mean:X, all:X");
    CHECK_THROWS_WITH(parse("1.5"), "--target: got 1.5, allowed above 0, up to 1");
    CHECK_THROWS_WITH(parse("0"), "--target: got 0, allowed above 0, up to 1");
    CHECK_THROWS(parse("80%"));
    const std::vector<EvaluationResult> tests{{0.25, 0.5, 4}, {0.75, 1, 4}};
    CHECK(parse("0.75")->is_reached(tests));
    CHECK_FALSE(parse("0.76")->is_reached(tests));
    CHECK(parse("all:0.5")->is_reached(tests));
    CHECK_FALSE(parse("all:0.51")->is_reached(tests));
    CHECK(parse("0.5", Target::Figure::kLoss)->is_reached(tests));
    CHECK_FALSE(parse("all:0.5", Target::Figure::kLoss)->is_reached(tests));
}

}  // namespace
}  // namespace murmur
