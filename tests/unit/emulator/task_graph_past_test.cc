// A graph that goes on where another one was written down: what is past is read, and not done
// again.
#include "emulator/tasks/past.h"
#include "emulator/tasks/task_graph.h"
#include "tests/support/doctest.h"

#include <atomic>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

/// What a graph has written down.
struct WrittenDown {
    struct Piece {
        PastName name;
        std::vector<std::uint8_t> bytes;
    };
    std::vector<Piece> pieces;

    explicit WrittenDown(TaskGraph& graph) {
        const PastSink sink = [this](const PastName& name, std::span<const std::uint8_t> bytes) {
            pieces.push_back({name, {bytes.begin(), bytes.end()}});
        };
        graph.wait_all();
        graph.write_alive(sink);
        graph.write_told(sink);
    }
    [[nodiscard]] Past past(const TaskGraph& graph) const {
        Past past(graph.submitted(), graph.digest());
        for (const Piece& piece : pieces) {
            past.add(piece.name, piece.bytes, nullptr);
        }
        past.sort();
        return past;
    }
};

/// A made-up run: a state that each step changes, and a value that the simulation reads every
/// second step, on which what follows depends.
class Walk {
  public:
    Walk(TaskGraph& graph, std::atomic<int>& executed) : graph_(graph), executed_(executed) {}

    void step() {
        const auto time = SimTime(static_cast<int>(steps_));
        last_ = graph_.submit(
            {.node = 0, .start = time},
            [this](double given, double& state) {
                ++executed_;
                state += given;
                return 2 * state;
            },
            given_,
            state_);
        if (steps_ % 2 == 1) {
            graph_.bring_to_all(*last_);
            given_ = graph_.give(0, 0.25 * graph_.value(*last_));
        }
        graph_.digest(steps_++);
    }
    [[nodiscard]] double last() { return graph_.value(*last_); }

  private:
    TaskGraph& graph_;
    std::atomic<int>& executed_;
    StateCell<double> state_{0, "state", 1.0};
    Handle<double> given_ = graph_.give(0, 0.5);
    std::optional<Handle<double>> last_;
    std::uint64_t steps_ = 0;
};

TEST_CASE("a graph executes none of the tasks that are past, and goes on with what they made") {
    constexpr int kPast = 6;
    constexpr int kAll = 10;
    std::atomic<int> executed{0};
    TaskGraph whole({.workers = 1, .keeps_past = true});
    Walk walk(whole, executed);
    for (int i = 0; i < kPast; ++i) {
        walk.step();
    }
    const WrittenDown written(whole);
    const Past past = written.past(whole);
    for (int i = kPast; i < kAll; ++i) {
        walk.step();
    }
    const double expected = walk.last();
    CHECK(executed == kAll);

    executed = 0;
    TaskGraph resumed({.workers = 1, .past = &past});
    Walk again(resumed, executed);
    for (int i = 0; i < kPast; ++i) {
        CHECK(resumed.is_in_past());
        again.step();
    }
    CHECK_FALSE(resumed.is_in_past());
    CHECK(executed == 0);
    CHECK_NOTHROW(resumed.end_past());
    for (int i = kPast; i < kAll; ++i) {
        again.step();
    }
    CHECK(again.last() == expected);
    CHECK(executed == kAll - kPast);
    const TaskGraph::Usage usage = resumed.usage();
    CHECK(std::accumulate(std::begin(usage.tasks), std::end(usage.tasks), std::uint64_t{0}) ==
          kAll - kPast);
    CHECK(resumed.digest() == whole.digest());
}

TEST_CASE("a graph that has come another way than its past says so") {
    std::atomic<int> executed{0};
    TaskGraph whole({.workers = 1, .keeps_past = true});
    Walk walk(whole, executed);
    for (int i = 0; i < 3; ++i) {
        walk.step();
    }
    const WrittenDown written(whole);
    const Past past = written.past(whole);
    const char* const words = "the run has gone another way than the one that it goes on from";
    {
        TaskGraph resumed({.workers = 1, .past = &past});
        Walk again(resumed, executed);
        again.step();
        resumed.digest(77);  // an event that the first one did not have
        again.step();
        again.step();
        CHECK_THROWS_WITH_AS(resumed.end_past(), doctest::Contains(words), std::runtime_error);
        CHECK_THROWS_WITH_AS(again.step(), doctest::Contains(words), std::runtime_error);
    }
    {
        TaskGraph resumed({.workers = 1, .past = &past});
        Walk again(resumed, executed);
        again.step();
        CHECK_THROWS_WITH_AS(resumed.end_past(), doctest::Contains(words), std::runtime_error);
    }
}

}  // namespace
}  // namespace murmur
