// Named values: what submitting gives, who reads what, what is live; states that tasks change.
#include "emulator/tasks/task_graph.h"
#include "learning/encoding/whole_model.h"
#include "tests/support/doctest.h"

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using Origin = ValueName::Origin;

/// Keeps one worker busy until it is opened.
class Gate {
  public:
    explicit Gate(TaskGraph& graph) {
        graph.submit({.start = SimTime(-1)}, [latch = latch_] { latch->wait(); });
    }
    void open() { latch_->count_down(); }

  private:
    std::shared_ptr<std::latch> latch_ = std::make_shared<std::latch>(1);
};

TEST_CASE("a value is named by its task's place in the order of submission") {
    TaskGraph graph({.workers = 2});
    const Handle<int> seven = graph.submit({}, [] { return 7; });
    // Started earlier, submitted later.
    const auto pair = graph.submit({.start = SimTime(-5)}, [] { return std::pair(1, 2.5); });
    const Handle<int> given = graph.give(3, 4);
    CHECK(seven.name() == ValueName{Origin::kTask, 0, 0});
    CHECK(pair.first.name() == ValueName{Origin::kTask, 1, 0});
    CHECK(pair.second.name() == ValueName{Origin::kTask, 1, 1});
    CHECK(given.name() == ValueName{Origin::kGiven, 0, 0});
    CHECK(graph.give(3, 4).name() == ValueName{Origin::kGiven, 1, 0});
    CHECK(Handle<int>::ready(1).name() == ValueName{});
    CHECK(graph.value(seven) == 7);
    CHECK(graph.value(pair.second) == 2.5);
}

TEST_CASE("a task reads the values of its inputs, alone, in vectors, and its worker's number") {
    TaskGraph graph({.workers = 1});
    const Handle<int> seven = graph.submit({}, [] { return 7; });
    const Handle<int> three = graph.give(0, 3);
    const std::vector<Handle<int>> both{seven, three};
    const Handle<std::string> text = graph.submit(
        {},
        [](const int& one, const std::vector<int>& several, unsigned worker) {
            return std::to_string(one) + " of " + std::to_string(several[0]) + "," +
                   std::to_string(several[1]) + " on " + std::to_string(worker);
        },
        seven,
        both,
        WorkerNumber{});
    CHECK(graph.value(text) == "7 of 7,3 on 0");
}

TEST_CASE("an empty handle is no input") {
    TaskGraph graph({.workers = 1});
    CHECK_THROWS_WITH_AS(graph.submit(
                             {}, [](int) {}, Handle<int>()),
                         "a task was given an empty handle as an input",
                         std::invalid_argument);
    CHECK_THROWS_AS(graph.submit(
                        {}, [](const std::vector<int>&) {}, std::vector{graph.give(0, 1), {}}),
                    std::invalid_argument);
    graph.wait_all();
}

TEST_CASE("a value that is not there is an error, not a race") {
    TaskGraph graph({.workers = 1});
    Gate gate(graph);
    const Handle<int> seven = graph.submit({}, [] { return 7; });
    CHECK_THROWS_WITH_AS(
        (void)seven.value(), "a value was read before it was made", std::logic_error);
    CHECK_THROWS_AS((void)Handle<int>().value(), std::logic_error);
    gate.open();
    CHECK(graph.value(seven) == 7);
    CHECK(seven.value() == 7);
}

TEST_CASE("tasks that change one state run in the order of submission, whatever their starts") {
    TaskGraph graph({.workers = 4});
    const StateCell<std::string> state(5, "letters", "");
    std::vector<Handle<std::string>> seen;
    for (int i = 0; i < 26; ++i) {
        seen.push_back(graph.submit(
            {.start = SimTime(100 - i)},
            [i](std::string& letters) { return letters += static_cast<char>('a' + i); },
            state));
    }
    CHECK(graph.value(seen[25]) == "abcdefghijklmnopqrstuvwxyz");
    CHECK(graph.value(seen[2]) == "abc");
    CHECK(state.node() == 5);
    CHECK(state.name() == "letters");
}

TEST_CASE("the state of a task that failed is handed to nobody") {
    TaskGraph graph({.workers = 1});
    const StateCell<int> state(0, "count", 0);
    graph.submit(
        {}, [](int&) { throw std::runtime_error("broken"); }, state);
    const Handle<int> after = graph.submit(
        {}, [](int& count) { return count; }, state);
    CHECK_THROWS_WITH_AS(graph.value(after), "broken", std::runtime_error);
}

TEST_CASE("the graph knows which values are live, whose they are and who will read them") {
    TaskGraph graph({.workers = 1});
    const Handle<Parameters> model = graph.give(2, make_parameters(std::vector<float>(10)));
    Gate gate(graph);  // makes value 0, which no handle keeps
    Handle<Parameters> copy = graph.submit(
        {.node = 4}, [](const Parameters& x) { return make_parameters(x->values()); }, model);
    graph.submit(
        {}, [](const Parameters&, const Parameters&) {}, model, copy);
    // The third and the first task keep what they are to make.
    std::vector<LiveValue> live = graph.live_values();
    REQUIRE(live.size() == 4);
    CHECK(live[0].name == ValueName{Origin::kGiven, 0, 0});
    CHECK(live[0].node == 2);
    CHECK(live[0].bytes == 40);
    CHECK(live[0].readers == 2);
    CHECK(live[2].name == ValueName{Origin::kTask, 1, 0});
    CHECK(live[2].node == 4);
    CHECK(live[2].bytes == 0);
    CHECK(live[2].readers == 1);
    gate.open();
    graph.wait_all();
    live = graph.live_values();
    REQUIRE(live.size() == 2);
    CHECK(live[0].readers == 0);
    CHECK(live[1].bytes == 40);
    CHECK(live[1].readers == 0);
    copy = {};
    CHECK(graph.live_values().size() == 1);
}

/// A message of so many bytes.
class Bulk final : public EncodedModel {
  public:
    explicit Bulk(std::size_t bytes) : bytes_(bytes) {}
    [[nodiscard]] MessageSize size() const override { return {bytes_, 0}; }

  private:
    std::size_t bytes_;
};

TEST_CASE("encoded messages count against the bound, whole models do not count twice") {
    using Encoded = std::shared_ptr<const EncodedModel>;
    int told = 0;
    TaskGraph graph(
        {.workers = 1, .memory_limit_bytes = 1000, .on_over_limit = [&](std::size_t needed) {
             ++told;
             CHECK(needed >= 1500);
         }});
    const Handle<Encoded> whole = graph.submit({}, []() -> Encoded {
        return std::make_shared<WholeModel>(make_parameters(std::vector<float>(10'000)));
    });
    graph.wait_all();
    graph.hold_back();
    CHECK(told == 0);
    const Handle<Encoded> bulk =
        graph.submit({}, []() -> Encoded { return std::make_shared<Bulk>(1500); });
    graph.wait_all();
    graph.hold_back();
    CHECK(told == 1);
    // Over the bound with all work done: from then on tasks still run side by side.
    Gate gate(graph);
    graph.submit({.output_bytes = 900}, [] {});
    graph.hold_back();
    CHECK(graph.held_back() == std::chrono::nanoseconds(0));
    gate.open();
    CHECK(told == 1);
}

TEST_CASE("the time for which the simulation was held back is counted") {
    using namespace std::chrono_literals;
    TaskGraph graph({.workers = 1, .memory_limit_bytes = 100});
    Gate gate(graph);
    graph.submit({.output_bytes = 101}, [] {});
    std::thread opener([&gate] {
        std::this_thread::sleep_for(20ms);
        gate.open();
    });
    graph.hold_back();
    CHECK(graph.held_back() >= 15ms);
    opener.join();
}

}  // namespace
}  // namespace murmur
