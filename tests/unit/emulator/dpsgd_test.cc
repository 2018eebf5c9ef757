#include "emulator/protocols/dpsgd.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/fake_node_context.h"

#include <memory>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using test::FakeNodeContext;

/// An encoding that tells which message it came with.
struct Marked : EncodedModel {
    explicit Marked(int mark) : mark(mark) {}
    [[nodiscard]] MessageSize size() const override { return {}; }
    int mark;
};

EncodedHandle marked(int mark) {
    return EncodedHandle::ready(std::make_shared<Marked>(mark));
}

int mark_of(const WeightedModel& model) {
    return dynamic_cast<const Marked&>(*model.content.value()).mark;
}

/// Node 4 with neighbors 1, 6 and 9.
FakeNodeContext node_four(std::uint64_t rounds) {
    return {4, {.self = 0.5, .neighbors = {{1, 0.125}, {6, 0.25}, {9, 0.125}}}, rounds};
}

TEST_CASE("a round is: train, encode, send to all neighbors, wait for all, merge") {
    FakeNodeContext node = node_four(1);
    Dpsgd protocol(node);
    protocol.on_start();
    CHECK(node.take_log() == "train 0");
    node.complete_work();
    CHECK(node.take_log() == "encode 0");
    node.complete_work();
    CHECK(node.take_log() == "send 0 to 1; send 0 to 6; send 0 to 9");
    protocol.on_message({9, 0, marked(9)});
    protocol.on_message({1, 0, marked(1)});
    CHECK(node.take_log().empty());
    CHECK(protocol.waits_for() == "round 0: messages of 1 neighbors");
    protocol.on_message({6, 0, marked(6)});
    CHECK(node.take_log() == "merge 0 self 0.5, 1 0.125, 6 0.25, 9 0.125");
    node.complete_work();
    // The run asks for one round: nothing follows.
    CHECK(node.take_log() == "finish 1");
    CHECK(node.pending_work() == 0);
}

TEST_CASE("models are merged in ascending order of node, whatever arrived first") {
    FakeNodeContext node = node_four(1);
    Dpsgd protocol(node);
    protocol.on_start();
    // All neighbors are done before this node has trained.
    for (const NodeId from : {6, 9, 1}) {
        protocol.on_message({from, 0, marked(static_cast<int>(from))});
    }
    CHECK(protocol.waits_for() == "round 0: its own training");
    node.complete_work();
    (void)node.take_log();
    node.complete_work();
    CHECK(node.take_log() ==
          "send 0 to 1; send 0 to 6; send 0 to 9; merge 0 self 0.5, 1 0.125, 6 0.25, 9 0.125");
    REQUIRE(node.merged.size() == 3);
    CHECK(mark_of(node.merged[0]) == 1);
    CHECK(mark_of(node.merged[1]) == 6);
    CHECK(mark_of(node.merged[2]) == 9);
}

TEST_CASE("a message of a neighbor that is one round ahead is kept for its round") {
    FakeNodeContext node = node_four(2);
    Dpsgd protocol(node);
    protocol.on_start();
    node.complete_work();
    node.complete_work();
    for (const NodeId from : {1, 6, 9}) {
        // Round 1 of node 6 overtakes round 0 of node 9.
        protocol.on_message({from, 0, marked(static_cast<int>(from))});
        if (from == 6) {
            protocol.on_message({from, 1, marked(106)});
        }
    }
    // While the merge is under way the next round's messages may come too.
    protocol.on_message({9, 1, marked(109)});
    (void)node.take_log();
    node.complete_work();
    CHECK(node.take_log() == "finish 1; train 1");
    node.complete_work();
    node.complete_work();
    CHECK(node.take_log() == "encode 1; send 1 to 1; send 1 to 6; send 1 to 9");
    CHECK(protocol.waits_for() == "round 1: messages of 1 neighbors");
    protocol.on_message({1, 1, marked(101)});
    CHECK(node.take_log() == "merge 1 self 0.5, 1 0.125, 6 0.25, 9 0.125");
    CHECK(mark_of(node.merged[0]) == 101);
    CHECK(mark_of(node.merged[1]) == 106);
    CHECK(mark_of(node.merged[2]) == 109);
    node.complete_work();
    CHECK(node.take_log() == "finish 2");
}

TEST_CASE("messages of the next round do not complete the present one") {
    FakeNodeContext node = node_four(2);
    Dpsgd protocol(node);
    protocol.on_start();
    node.complete_work();
    node.complete_work();
    (void)node.take_log();
    for (const NodeId from : {1, 6, 9}) {
        protocol.on_message({from, 1, marked(1)});
    }
    CHECK(node.take_log().empty());
    CHECK(protocol.waits_for() == "round 0: messages of 3 neighbors");
}

TEST_CASE("a node without neighbors learns alone") {
    FakeNodeContext node(0, {.self = 1, .neighbors = {}}, 1);
    Dpsgd protocol(node);
    protocol.on_start();
    node.complete_work();
    node.complete_work();
    CHECK(node.take_log() == "train 0; encode 0; merge 0 self 1.");
}

TEST_CASE("a message that the network gives up fails the run, with both ends and the reason") {
    FakeNodeContext node = node_four(1);
    Dpsgd protocol(node);
    CHECK_THROWS_WITH_AS(protocol.on_send_failed({.to = 6, .round = 3}, "connection reset"),
                         "the message of round 3 from node 4 to node 6 failed: connection reset",
                         std::runtime_error);
}

}  // namespace
}  // namespace murmur
