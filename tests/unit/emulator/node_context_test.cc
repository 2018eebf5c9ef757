// What a protocol can ask of its node, over a real network and device.
#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;

/// A protocol whose start and messages are the test's.
class Scripted : public Protocol {
  public:
    using Start = std::function<void(NodeContext& node)>;
    using Receive = std::function<void(NodeContext& node, const Incoming& message)>;

    Scripted(NodeContext& node, Start start, Receive receive)
        : Protocol(node), start_(std::move(start)), receive_(std::move(receive)) {}

    void on_start() override { start_(node()); }
    void on_message(const Incoming& message) override { receive_(node(), message); }
    [[nodiscard]] std::string waits_for() const override { return "nothing"; }

  private:
    Start start_;
    Receive receive_;
};

/// Runs two nodes with links of 10 ms and training of 1 ms a sample.
Summary run(Scripted::Start start,
            Scripted::Receive receive,
            const std::string& network = "ideal") {
    ExperimentOptions options;
    options.nodes = 2;
    options.topology = "full";
    options.rounds = 1;
    options.dataset = "least-squares:features=3,samples=16";
    options.model = "linear";
    options.training.batch_size = 8;
    options.clock = "modelled:1ms,merge=1s";  // per million values
    options.network = network;
    options.latency = "10ms";
    options.workers = 1;
    options.quiet = true;
    ExperimentInputs inputs;
    inputs.protocol = [start = std::move(start), receive = std::move(receive)](NodeContext& node) {
        return std::make_unique<Scripted>(node, start, receive);
    };
    return Experiment(options, std::move(inputs)).run().summary;
}

void finish(NodeContext& node) {
    node.finish_round(node.initial_model());
}

TEST_CASE("a message that is taken back under way reaches nobody, and nobody is told") {
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        CAPTURE(network);
        std::vector<std::uint64_t> arrived;
        const Summary summary = run(
            [](NodeContext& node) {
                if (node.id() == 0) {
                    const MessageId first =
                        node.send({.to = 1, .round = 5, .note = NoteWriter(0).u32(1).finish()});
                    node.send({.to = 1, .round = 6, .note = make_note(0)});
                    node.after(1ms, [&node, first] { node.cancel(first); });
                }
                node.after(1s, [&node] { finish(node); });
            },
            [&arrived](NodeContext&, const Incoming& message) { arrived.push_back(message.round); },
            network);
        CHECK(summary.status == "complete");
        CHECK(summary.messages == 2);
        CHECK(arrived == std::vector<std::uint64_t>{6});
    }
}

TEST_CASE("a message that has arrived cannot be taken back") {
    int arrived = 0;
    const Summary summary = run(
        [](NodeContext& node) {
            if (node.id() == 0) {
                const MessageId sent = node.send({.to = 1, .note = make_note(0)});
                node.after(1s, [&node, sent] {
                    node.cancel(sent);
                    node.send({.to = 1, .note = make_note(0)});
                });
            }
            node.after(2s, [&node] { finish(node); });
        },
        [&arrived](NodeContext&, const Incoming&) { ++arrived; });
    CHECK(summary.status == "complete");
    CHECK(arrived == 2);
}

TEST_CASE("a timer that is cancelled does not run; one that has run cannot be") {
    std::vector<int> ran;
    const Summary summary = run(
        [&ran](NodeContext& node) {
            if (node.id() == 0) {
                const TimerId late = node.after(20ms, [&ran] { ran.push_back(20); });
                const TimerId early = node.after(10ms, [&ran, &node, late] {
                    ran.push_back(10);
                    node.cancel(late);
                });
                node.after(30ms, [&ran, &node, early] {
                    ran.push_back(30);
                    node.cancel(early);
                });
            }
            node.after(1s, [&node] { finish(node); });
        },
        [](NodeContext&, const Incoming&) {});
    CHECK(summary.status == "complete");
    CHECK(ran == std::vector<int>{10, 30});
}

TEST_CASE("a protocol reads what was learnt at the instant at which it asks") {
    double loss = -1;
    SimTime asked{0};
    SimTime answered{0};
    bool others_first = false;
    const Summary summary = run(
        [&](NodeContext& node) {
            node.train(node.initial_model(), 0, [&, &node = node](const TrainedModel& trained) {
                if (node.id() == 1) {
                    node.finish_round(trained.model);
                    return;
                }
                asked = node.now();
                node.after(SimTime(0), [&others_first] { others_first = true; });
                node.read(trained.loss, [&, &node = node, model = trained.model](double value) {
                    CHECK(others_first);
                    answered = node.now();
                    loss = value;
                    node.finish_round(model);
                });
            });
        },
        [](NodeContext&, const Incoming&) {});
    CHECK(summary.status == "complete");
    CHECK(asked == SimTime(8ms));  // a batch of 8 samples
    CHECK(answered == asked);
    CHECK(loss > 0);
}

// Expectation: one step of SGD from the same model on the same batch, with 2 added to the gradient.
TEST_CASE("training adds what it is given to every gradient") {
    std::vector<float> plain;
    std::vector<float> corrected;
    const auto copy = [](const Parameters& x, std::vector<float>& values) {
        values.assign(x->values().begin(), x->values().end());
    };
    const auto train_both = [&](NodeContext& node, const ModelHandle& twos) {
        node.train(node.initial_model(), 0, [&](const TrainedModel& trained) {
            node.read(trained.model, [&](const Parameters& x) { copy(x, plain); });
        });
        node.train({.model = node.initial_model(), .round = 0, .correction = twos},
                   [&](const TrainedModel& trained) {
                       node.read(trained.model, [&](const Parameters& x) {
                           copy(x, corrected);
                           finish(node);
                       });
                   });
    };
    const Summary summary = run(
        [&](NodeContext& node) {
            if (node.id() == 1) {
                finish(node);
                return;
            }
            node.compute(
                {.kind = TaskKind::kMerge},
                [](const Parameters& x) {
                    return make_parameters(std::vector<float>(x->size(), 2.0F));
                },
                [&, &node = node](const ModelHandle& twos) { train_both(node, twos); },
                node.initial_model());
        },
        [](NodeContext&, const Incoming&) {});
    CHECK(summary.status == "complete");
    REQUIRE(plain.size() == 4);
    REQUIRE(corrected.size() == 4);
    const auto lr = static_cast<float>(TrainingOptions{}.lr);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        CHECK(corrected[i] == doctest::Approx(plain[i] - 2 * lr).epsilon(1e-5));
    }
}

TEST_CASE("any pure function is work of the device, at its stated cost, with states of its own") {
    std::vector<std::string> seen;
    SimTime end{0};
    const Summary summary = run(
        [&](NodeContext& node) {
            const StateCell<int> calls(node.id(), "calls", 0);
            for (int i = 0; i < 2; ++i) {
                node.compute(
                    {.kind = TaskKind::kMerge, .values_read = 5000},
                    [](const Parameters& x, int& count) {
                        return std::pair(static_cast<double>(x->size()), ++count);
                    },
                    [&, &node = node](const Handle<double>& size, const Handle<int>& count) {
                        end = node.now();
                        if (node.id() == 0) {
                            node.read(size, [&seen](double value) {
                                seen.push_back(std::to_string(static_cast<int>(value)));
                            });
                            node.read(count, [&seen](int value) {
                                seen.push_back(std::to_string(value));
                            });
                        }
                    },
                    node.initial_model(),
                    calls);
            }
            CHECK(node.num_parameters() == 4);
            node.after(1s, [&node] { finish(node); });
        },
        [](NodeContext&, const Incoming&) {});
    CHECK(summary.status == "complete");
    CHECK(seen == std::vector<std::string>{"4", "1", "4", "2"});
    CHECK(end == SimTime(10ms));  // 2 x 5000 values of 1 us each
}

TEST_CASE("a merge costs what is read of all models, a node's own and those that came") {
    SimTime begin{0};
    SimTime end{0};
    const Summary summary = run(
        [&](NodeContext& node) {
            node.encode(node.initial_model(), 0, [&, &node = node](const EncodedHandle& encoded) {
                begin = node.now();
                node.merge(node.initial_model(),
                           0.4,
                           {{0, 0.3, encoded}, {1, 0.3, encoded}},
                           0,
                           [&, &node = node](const ModelHandle& merged) {
                               end = node.now();
                               node.finish_round(merged);
                           });
            });
        },
        [](NodeContext&, const Incoming&) {});
    CHECK(summary.status == "complete");
    CHECK(end - begin == SimTime(12us));  // 3 models of 4 values, 1 us each
}

TEST_CASE("what a message says beside a model has its exact size") {
    const Summary summary = run(
        [](NodeContext& node) {
            node.encode(node.initial_model(), 0, [&node](const EncodedHandle& encoded) {
                if (node.id() == 0) {
                    node.send({.to = 1,
                               .content = encoded,
                               .note = NoteWriter(3).f64(0.5).u64(7).finish()});
                }
                finish(node);
            });
        },
        [](NodeContext&, const Incoming& message) {
            CHECK(message.note->kind() == 3);
            NoteReader reader(*message.note, "a test");
            CHECK(reader.f64() == 0.5);
            CHECK(reader.u64() == 7);
            reader.expect_end();
        });
    CHECK(summary.status == "complete");
    // 4 parameters of 4 bytes, 8 of metadata; header of the note, and 16.
    CHECK(summary.bytes_content == 4 * 4 + 8 + 8 + 16);
    CHECK(summary.bytes_metadata == 8 + 8 + 16);
}

}  // namespace
}  // namespace murmur
