// Several task graphs of one process, each a rank with its own tasks, against one graph with all.

#include "emulator/ranks/ranks.h"

#include "emulator/base/run_error.h"
#include "emulator/ranks/loopback_exchange.h"
#include "emulator/run/digest_check.h"
#include "emulator/run/placement.h"
#include "emulator/tasks/task_graph.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/child_process.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace murmur {

/// A value that nobody can read.
struct Unreadable {
    int content = 1;
};
void write_value(const Unreadable& value, ByteSink& sink) {
    sink.u64(static_cast<std::uint64_t>(value.content));
}
template <>
struct ValueReader<Unreadable> {
    static Unreadable read(ByteSource& /*source*/) {
        throw std::invalid_argument("damaged on its way");
    }
};

namespace {

/// A value of a type that nobody has said how to write.
struct Unwritable {
    int content = 1;
};

constexpr std::uint32_t kNodes = 7;

/// A task of a made-up run: whose it is, and which earlier values it reads.
struct Step {
    std::uint32_t node;
    std::vector<std::size_t> inputs;  ///< places of earlier steps
    bool uses_state;
};

std::vector<Step> draw_steps(std::uint64_t seed, std::size_t count) {
    RandomStream stream(seed);
    std::vector<Step> steps;
    for (std::size_t i = 0; i < count; ++i) {
        Step step{.node = static_cast<std::uint32_t>(stream.below(kNodes)),
                  .inputs = {},
                  .uses_state = stream.below(2) == 0};
        for (std::uint64_t k = stream.below(4); k > 0 && i > 0; --k) {
            step.inputs.push_back(stream.below(i));
        }
        steps.push_back(std::move(step));
    }
    return steps;
}

/// What a graph knows of each step once it has run: its value, where that is here.
struct Seen {
    std::vector<Handle<double>> values;
    std::vector<double> known_by_all;  ///< of every third step
    std::uint64_t digest = 0;
};

double mixed(double value, double other) {
    return std::fmod(3.0 * value + other + 0.125, 1000.0);
}

/// Submits the steps; reads the value of every third one as events of a simulation do, and of every
/// fifth one what all must know of it.
Seen submit_all(TaskGraph& graph, const std::vector<Step>& steps) {
    Seen seen;
    std::vector<StateCell<double>> states;
    for (std::uint32_t node = 0; node < kNodes; ++node) {
        states.emplace_back(node, "state", 1.0 + node);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step& step = steps[i];
        const TaskDescription task{.node = step.node, .start = SimTime(static_cast<int>(i / 4))};
        std::vector<Handle<double>> inputs;
        for (const std::size_t input : step.inputs) {
            inputs.push_back(seen.values[input]);
        }
        const auto combine = [i](const std::vector<double>& values) {
            double sum = static_cast<double>(i);
            for (const double value : values) {
                sum = mixed(sum, value);
            }
            return sum;
        };
        if (step.uses_state) {
            // Two outputs of one task, as training has.
            auto [value, unused] = graph.submit(
                task,
                [combine](const std::vector<double>& values, double& state) {
                    state = mixed(state, combine(values));
                    return std::pair(state, 0.5 * state);
                },
                std::move(inputs),
                states[step.node]);
            seen.values.push_back(std::move(value));
        } else {
            seen.values.push_back(graph.submit(task, combine, std::move(inputs)));
        }
        if (i % 3 == 0) {
            graph.bring_to_all(seen.values[i]);
            seen.known_by_all.push_back(graph.value(seen.values[i]));
        }
        if (i % 5 == 0) {
            seen.known_by_all.push_back(
                graph.agreed(seen.values[i], [](double value) { return 2 * value; }));
        }
    }
    seen.digest = graph.digest();
    return seen;
}

std::vector<std::uint16_t> dealt(std::uint64_t seed, unsigned num_ranks) {
    RandomStream stream(seed + 1);
    std::vector<std::uint16_t> ranks;
    for (std::uint32_t node = 0; node < kNodes; ++node) {
        ranks.push_back(static_cast<std::uint16_t>(stream.below(num_ranks)));
    }
    return ranks;
}

/// Runs something on each of several ranks, each on a thread of its own; returns the bytes that
/// each has sent.
std::vector<std::uint64_t> on_ranks(unsigned num_ranks, const std::function<void(Ranks&)>& run) {
    const auto exchanges = make_loopback_exchanges(num_ranks);
    std::vector<std::unique_ptr<Ranks>> all;
    for (const auto& exchange : exchanges) {
        all.push_back(std::make_unique<Ranks>(*exchange));
    }
    std::vector<std::thread> threads;
    for (const auto& ranks : all) {
        threads.emplace_back([&run, &ranks] { run(*ranks); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::vector<std::uint64_t> sent;
    for (const auto& exchange : exchanges) {
        CHECK(exchange->finish(std::chrono::seconds(10)));
        sent.push_back(exchange->bytes_sent());
    }
    return sent;
}

void wait_for_all(TaskGraph& graph) {
    while (!graph.wait_all_for(std::chrono::milliseconds(100))) {
    }
    graph.end_submitting();
    while (!graph.have_others_ended()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

TEST_CASE("ranks: each makes its own values of what others make, the same as one alone") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        const std::vector<Step> steps = draw_steps(seed, 150);
        TaskGraph alone({.workers = 2});
        const Seen reference = submit_all(alone, steps);
        alone.wait_all();
        for (const unsigned num_ranks : {1u, 2u, 3u, 4u}) {
            CAPTURE(num_ranks);
            const std::vector<std::uint16_t> rank_of_node = dealt(seed, num_ranks);
            std::vector<std::string> wrong(num_ranks);
            on_ranks(num_ranks, [&](Ranks& ranks) {
                ranks.begin_run(rank_of_node);
                TaskGraph graph({.workers = 1 + ranks.rank() % 2, .ranks = &ranks});
                const Seen seen = submit_all(graph, steps);
                wait_for_all(graph);
                std::string& text = wrong[ranks.rank()];
                for (std::size_t i = 0; i < steps.size(); ++i) {
                    const bool is_own = rank_of_node[steps[i].node] == ranks.rank();
                    if (is_own && seen.values[i].value() != reference.values[i].value()) {
                        text += " value " + std::to_string(i);
                    }
                }
                text += seen.known_by_all == reference.known_by_all ? "" : " known";
                text += seen.digest == reference.digest ? "" : " digest";
            });
            for (const std::string& text : wrong) {
                CHECK(text == "");
            }
        }
    }
}

TEST_CASE("ranks: a value goes once to each rank that reads it, and what nobody reads stays") {
    // Node 0 on rank 0 makes four values; nodes 1 and 2 on rank 1 each read the first two of them.
    const std::vector<std::uint16_t> rank_of_node{0, 1, 1, 0, 0, 0, 0};
    const auto sent = on_ranks(2, [&](Ranks& ranks) {
        ranks.begin_run(rank_of_node);
        TaskGraph graph({.workers = 1, .ranks = &ranks});
        std::vector<Handle<double>> made;
        for (int i = 0; i < 4; ++i) {
            made.push_back(graph.submit({.node = 0}, [i] { return 1.0 * i; }));
        }
        for (int reader = 0; reader < 6; ++reader) {
            const auto node = static_cast<std::uint32_t>(1 + reader % 2);
            graph.submit(
                {.node = node}, [](double value) { return value; }, made[reader % 2]);
        }
        wait_for_all(graph);
        CHECK(made[3].name().number == 3);
    });
    // A double, and the byte that says that there is one.
    CHECK(sent[0] == 2 * (1 + sizeof(double)));
    CHECK(sent[1] == 0);
}

TEST_CASE("ranks: a long vector goes beside what is said of it, and arrives as it was") {
    const auto sent = on_ranks(2, [&](Ranks& ranks) {
        ranks.begin_run({0, 1, 0, 0, 0, 0, 0});
        TaskGraph graph({.workers = 1, .ranks = &ranks});
        for (const std::size_t length : {std::size_t{1}, std::size_t{4095}, std::size_t{5000}}) {
            const auto made = graph.submit({.node = 0}, [length] {
                auto model = std::make_shared<ParameterVector>(length);
                for (std::size_t i = 0; i < length; ++i) {
                    model->values()[i] = 0.5F * static_cast<float>(i);
                }
                return Parameters(std::move(model));
            });
            graph.submit(
                {.node = 1},
                [length](const Parameters& model) {
                    REQUIRE(model->size() == length);
                    for (std::size_t i = 0; i < length; ++i) {
                        REQUIRE(model->values()[i] == 0.5F * static_cast<float>(i));
                    }
                },
                made);
        }
        wait_for_all(graph);
        CHECK(graph.failure() == nullptr);
    });
    // The byte that says that there is a value, where its parameters are, how many among the bytes.
    CHECK(sent[0] == 3 * 2 + 2 * 8 + sizeof(float) * (1 + 4095 + 5000));
}

TEST_CASE("ranks: what fails on one fails on all, with its words, and nothing waits for it") {
    std::vector<std::string> heard(3);
    std::vector<bool> is_divergence(3);
    on_ranks(3, [&](Ranks& ranks) {
        ranks.begin_run({0, 1, 2, 0, 1, 2, 0});
        TaskGraph graph({.workers = 1, .ranks = &ranks});
        const auto before = graph.submit({.node = 2, .start = SimTime(1)}, [] { return 7.0; });
        const auto failing = graph.submit(
            {.node = 1, .start = SimTime(2)},
            [](double) -> double { throw DivergedError("the loss of node 1 is nan"); },
            before);
        const auto after = graph.submit(
            {.node = 0, .start = SimTime(3)}, [](double value) { return value; }, failing);
        const auto last = graph.submit(
            {.node = 2, .start = SimTime(4)}, [](double value) { return value; }, after);
        while (!graph.wait_all_for(std::chrono::milliseconds(50))) {
        }
        graph.end_submitting();
        while (!graph.have_others_ended()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        CHECK(graph.first_failure() == SimTime(2));
        CHECK(graph.first_lost() == SimTime(2));
        CHECK_FALSE(graph.has_value(after));
        CHECK_FALSE(graph.has_value(last));
        try {
            graph.rethrow_failure_before(SimTime(5));
        } catch (const DivergedError& error) {
            is_divergence[ranks.rank()] = true;
            heard[ranks.rank()] = error.what();
        } catch (const std::exception& error) {
            heard[ranks.rank()] = error.what();
        }
    });
    for (unsigned rank = 0; rank < 3; ++rank) {
        CHECK(is_divergence[rank]);
        CHECK(heard[rank] == "the loss of node 1 is nan");
    }
}

TEST_CASE("ranks: what cannot be written, or not be read, fails the run on all, with its words") {
    for (const bool is_writable : {false, true}) {
        CAPTURE(is_writable);
        std::vector<std::string> heard(3);
        on_ranks(3, [&](Ranks& ranks) {
            ranks.begin_run({0, 1, 2, 0, 0, 0, 0});
            TaskGraph graph({.workers = 1, .ranks = &ranks});
            // Made on rank 0 for node 1, which rank 1 has; rank 2 has nothing to do with it.
            const TaskDescription reader{.node = 1, .start = SimTime(2)};
            if (is_writable) {
                const auto made =
                    graph.submit({.node = 0, .start = SimTime(1)}, [] { return Unreadable(); });
                graph.submit(
                    reader, [](const Unreadable&) { return 1.0; }, made);
            } else {
                const auto made =
                    graph.submit({.node = 0, .start = SimTime(1)}, [] { return Unwritable(); });
                graph.submit(
                    reader, [](const Unwritable&) { return 1.0; }, made);
            }
            wait_for_all(graph);
            CHECK(graph.first_failure() == SimTime(1));
            try {
                graph.rethrow_failure_before(SimTime(9));
            } catch (const std::exception& error) {
                heard[ranks.rank()] = error.what();
            }
        });
        for (const std::string& text : heard) {
            CHECK(text == (is_writable ? "damaged on its way"
                                       : "a value cannot go to another rank: its type has no "
                                         "write_value and no ValueReader"));
        }
    }
}

TEST_CASE("ranks: who ends early leaves nobody waiting") {
    on_ranks(2, [&](Ranks& ranks) {
        ranks.begin_run({0, 1, 0, 0, 0, 0, 0});
        TaskGraph graph({.workers = 1, .ranks = &ranks});
        if (ranks.rank() == 0) {
            graph.end_submitting();
            return;
        }
        // Never submitted on rank 0, which would make it.
        const auto foreign = graph.submit({.node = 0}, [] { return 1.0; });
        const auto own = graph.submit(
            {.node = 1}, [](double value) { return value; }, foreign);
        CHECK_THROWS(graph.wait(own));
        CHECK_THROWS((void)graph.agreed(foreign, [](double value) { return value; }));
        graph.end_submitting();
    });
}

TEST_CASE("ranks: where one is gone nobody waits for it, and its name is told") {
    on_ranks(2, [&](Ranks& ranks) {
        ranks.begin_run({0, 1, 0, 0, 0, 0, 0});
        if (ranks.rank() == 0) {
            return;  // without a word
        }
        int looks = 0;
        ranks.look_for_gone_by([&looks] {
            return ++looks == 2 ? std::string("rank 0 (process 7) is gone") : std::string();
        });
        TaskGraph graph({.workers = 1,
                         .is_interrupted = [&ranks] { return ranks.is_stopped(); },
                         .ranks = &ranks});
        const auto foreign = graph.submit({.node = 0}, [] { return 1.0; });
        const auto own = graph.submit(
            {.node = 1}, [](double value) { return value; }, foreign);
        CHECK_THROWS(graph.wait(own));
        CHECK(ranks.is_stopped());
        CHECK(ranks.gone() == "rank 0 (process 7) is gone");
        CHECK_THROWS_WITH((void)ranks.share({}), "rank 0 (process 7) is gone");
        CHECK(looks == 2);  // once a second, and no more than needed
        graph.end_submitting();
    });
}

// A process of its own, which is to end: see the case below.
TEST_CASE("ranks: a message without memory" * doctest::skip()) {
    on_ranks(2, [](Ranks& ranks) {
        if (ranks.rank() == 1) {
            ranks.send(0, Channel::kShare, 0, 0, []() -> Parcel { throw std::bad_alloc(); });
        }
        (void)ranks.share([] { return Exchange::Bytes(); });
        std::this_thread::sleep_for(std::chrono::seconds(30));
    });
}

TEST_CASE("ranks: what fails on the thread of an exchange ends its process, with a message") {
    const test::TemporaryFolder folder;
    const auto said = folder.path() / "said";
    test::ChildProcess child({"/proc/self/exe", "--no-skip", "-tc=ranks: a message without memory"},
                             said);
    CHECK(child.wait() == 1);
    CHECK(test::read_text(said).find(
              "rank 0: the exchange with other ranks has failed: not enough memory") !=
          std::string::npos);
}

TEST_CASE("ranks: the first hears how far another is, though that waits for it in turn") {
    for (const bool waits_for_all : {false, true}) {
        CAPTURE(waits_for_all);
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        bool has_heard = false;
        on_ranks(2, [&](Ranks& ranks) {
            ranks.begin_run({0, 1, 0, 0, 0, 0, 0});
            SimTime now{0};
            TaskGraph graph(
                {.workers = 1,
                 .is_interrupted = [&] { return std::chrono::steady_clock::now() > give_up; },
                 .ranks = &ranks,
                 .now = [&] { return now; }});
            const auto own = graph.submit({.node = 1, .start = SimTime(1)}, [] { return 1.0; });
            if (ranks.rank() == 0) {
                // Its files, say, are behind.
                graph.wait_until_learned(SimTime(5));
                has_heard = std::chrono::steady_clock::now() < give_up;
            } else {
                graph.wait(own);
            }
            now = SimTime(6);
            const auto later = graph.submit({.node = 0, .start = now}, [] { return 2.0; });
            graph.bring_to_all(later);
            if (!waits_for_all) {
                CHECK(graph.value(later) == 2);
            }
            wait_for_all(graph);
        });
        CHECK(has_heard);
    }
}

TEST_CASE("ranks: CPU times of tasks are known to all, where a clock asks for them") {
    std::vector<std::chrono::nanoseconds> times(2);
    on_ranks(2, [&](Ranks& ranks) {
        ranks.begin_run({0, 1, 0, 0, 0, 0, 0});
        TaskGraph graph({.workers = 1, .ranks = &ranks, .shares_cpu_times = true});
        const auto made = graph.submit({.node = 1}, [] {
            double sum = 0;
            for (int i = 1; i < 200'000; ++i) {
                sum += std::sqrt(static_cast<double>(i));
            }
            return sum;
        });
        graph.wait_until_over(made);
        times[ranks.rank()] = graph.cpu_time(made);
        wait_for_all(graph);
    });
    CHECK(times[0].count() > 0);
    CHECK(times[0] == times[1]);
}

TEST_CASE("ranks: one whose events go another way fails the run, with its rank and the round") {
    for (const bool differs : {false, true}) {
        CAPTURE(differs);
        std::vector<std::string> heard(3);
        on_ranks(3, [&](Ranks& ranks) {
            ranks.begin_run({0, 1, 2, 0, 1, 2, 0});
            TaskGraph graph({.workers = 1, .ranks = &ranks});
            DigestCheck check(ranks, graph);
            for (const std::uint64_t round : {1, 2, 3}) {
                graph.digest(differs && ranks.rank() == 2 && round == 2 ? 99 : round);
                check.note_round(round, SimTime(static_cast<int>(round)));
            }
            wait_for_all(graph);
            if (graph.failure()) {
                try {
                    std::rethrow_exception(graph.failure());
                } catch (const std::exception& error) {
                    heard[ranks.rank()] = error.what();
                }
            }
            ranks.end_run();  // before what listens is gone
        });
        const std::string expected =
            differs ? "rank 2 has gone another way than rank 0 by the end of round 2" : "";
        CHECK(heard[0].substr(0, expected.size()) == expected);
        CHECK(heard[0].empty() == !differs);
    }
}

TEST_CASE("ranks: what one makes all have, what each gives the first has") {
    std::vector<Exchange::Bytes> shared(3);
    std::vector<Exchange::Bytes> gathered;
    on_ranks(3, [&](Ranks& ranks) {
        const auto own = static_cast<std::uint8_t>(ranks.rank());
        shared[ranks.rank()] = ranks.share([&] { return Exchange::Bytes{9, own}; });
        std::vector<Exchange::Bytes> all = ranks.gather({own, 5});
        CHECK(all.empty() == (ranks.rank() != 0));
        if (!all.empty()) {
            gathered = std::move(all);
        }
    });
    for (const Exchange::Bytes& bytes : shared) {
        CHECK(bytes == Exchange::Bytes{9, 0});
    }
    CHECK(gathered == std::vector<Exchange::Bytes>{{0, 5}, {1, 5}, {2, 5}});
}

/// Counts neighbors of a torus that are on another rank.
int torus_cut(const std::vector<std::uint16_t>& ranks,
              const std::function<std::vector<NodeId>(NodeId)>& neighbors) {
    int cut = 0;
    for (NodeId node = 0; node < ranks.size(); ++node) {
        for (const NodeId neighbor : neighbors(node)) {
            cut += ranks[node] != ranks[neighbor] ? 1 : 0;
        }
    }
    return cut;
}

TEST_CASE("placement: blocks and costs in a row, METIS with few neighbors apart") {
    constexpr NodeId kSide = 16;
    // A torus whose nodes are numbered in a drawn order, as no block could know.
    std::vector<NodeId> name(kSide * kSide);
    for (NodeId i = 0; i < name.size(); ++i) {
        name[i] = i;
    }
    RandomStream(3).shuffle(std::span(name));
    std::vector<NodeId> place(name.size());
    for (NodeId i = 0; i < name.size(); ++i) {
        place[name[i]] = i;
    }
    const auto neighbors = [&](NodeId node) {
        const NodeId row = place[node] / kSide;
        const NodeId column = place[node] % kSide;
        return std::vector<NodeId>{name[(row + 1) % kSide * kSide + column],
                                   name[(row + kSide - 1) % kSide * kSide + column],
                                   name[row * kSide + (column + 1) % kSide],
                                   name[row * kSide + (column + kSide - 1) % kSide]};
    };
    PlacementProblem problem{.num_ranks = 4,
                             .costs = std::vector<std::int64_t>(name.size(), 10),
                             .neighbors = neighbors};
    const auto blocks = deal_nodes("blocks", problem);
    for (const std::uint16_t rank : {0, 1, 2, 3}) {
        CHECK(std::count(blocks.begin(), blocks.end(), rank) == 64);
    }
    CHECK(std::is_sorted(blocks.begin(), blocks.end()));
    // The first quarter of the nodes has three quarters of the cost.
    for (NodeId node = 0; node < 64; ++node) {
        problem.costs[node] = 90;
    }
    const auto by_cost = deal_nodes("cost", problem);
    for (const std::uint16_t rank : {0, 1, 2, 3}) {
        std::int64_t cost = 0;
        for (NodeId node = 0; node < by_cost.size(); ++node) {
            cost += by_cost[node] == rank ? problem.costs[node] : 0;
        }
        CHECK(std::abs(cost - 1920) <= 90);
    }
    if (has_metis()) {
        problem.costs.assign(name.size(), 10);
        const auto metis = deal_nodes("metis", problem);
        for (const std::uint16_t rank : {0, 1, 2, 3}) {
            CHECK(std::count(metis.begin(), metis.end(), rank) >= 60);
        }
        // Four squares of a torus have 2 * 4 * 16 pairs apart, counted from both ends.
        CHECK(torus_cut(metis, neighbors) <= 2 * 2 * 4 * 16 * 3 / 4);
        CHECK(torus_cut(metis, neighbors) < torus_cut(blocks, neighbors) / 3);
    }
    CHECK_THROWS_WITH((void)deal_nodes("dice", problem),
                      "--placement: got 'dice', allowed blocks, cost, metis");
}

}  // namespace
}  // namespace murmur
