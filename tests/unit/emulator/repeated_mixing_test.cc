#include "emulator/protocols/repeated_mixing.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/fake_node_context.h"

#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

using test::FakeNodeContext;

FakeNodeContext node_four(std::uint64_t rounds) {
    return {4, {.self = 0.5, .neighbors = {{1, 0.25}, {6, 0.25}}}, rounds};
}

Incoming message(NodeId from, std::uint64_t round, std::vector<std::uint32_t> fields) {
    NoteWriter writer(0);
    for (const std::uint32_t field : fields) {
        writer.u32(field);
    }
    return {.from = from,
            .round = round,
            .content = EncodedHandle::ready(nullptr),
            .note = writer.finish()};
}

TEST_CASE("repeated mixing: a round is a training and K exchanges, each with its own barrier") {
    FakeNodeContext node = node_four(1);
    RepeatedMixing protocol(node, 2);
    protocol.on_start();
    CHECK(node.take_log() == "train 0");
    CHECK(protocol.waits_for() == "round 0: its own training");
    // A neighbor is in its second exchange, where this node has not begun the first.
    protocol.on_message(message(1, 0, {0}));
    protocol.on_message(message(1, 0, {1}));
    node.complete_work();
    CHECK(node.take_log() == "encode 0");
    node.complete_work();
    CHECK(node.take_log() ==
          "note 0 of round 0 to 1 with a model; note 0 of round 0 to 6 with a model");
    CHECK(protocol.waits_for() == "round 0: messages of 1 neighbors in mixing 1 of 2");
    protocol.on_message(message(6, 0, {0}));
    CHECK(node.take_log() == "merge 0 self 0.5, 1 0.25, 6 0.25");
    node.complete_work();
    CHECK(node.take_log() == "encode 0");
    node.complete_work();
    (void)node.take_log();
    CHECK(protocol.waits_for() == "round 0: messages of 1 neighbors in mixing 2 of 2");
    protocol.on_message(message(6, 0, {1}));
    CHECK(node.take_log() == "merge 0 self 0.5, 1 0.25, 6 0.25");
    node.complete_work();
    CHECK(node.take_log() == "finish 1");
    CHECK(node.pending_work() == 0);
}

TEST_CASE("repeated mixing: damaged messages are refused") {
    FakeNodeContext node = node_four(1);
    RepeatedMixing protocol(node, 2);
    protocol.on_start();
    for (const std::vector<std::uint32_t>& fields :
         {std::vector<std::uint32_t>{}, {2}, {0, 0}, {0xffffffff}}) {
        CHECK_THROWS_AS(protocol.on_message(message(1, 0, fields)), std::invalid_argument);
    }
    CHECK_THROWS_AS(protocol.on_message({.from = 1, .content = EncodedHandle::ready(nullptr)}),
                    std::invalid_argument);
}

}  // namespace
}  // namespace murmur
